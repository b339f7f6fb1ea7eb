import { isFileProblem } from './file-problem';
import type { FileSystem } from './file-system';
import type { Completion } from './line-editor';
import { pathIn } from './process';
import type { ShellState } from './shell-state';

const MOST_CANDIDATES = 200;

/** What Tab makes of the last word before the cursor: a command where one begins, else a path. */
export function completeWord(before: string, state: ShellState, files: FileSystem): Completion {
  const word = /[^\s;|&<>]*$/.exec(before)?.[0] ?? '';
  const isFirst = /(?:^|[;|&(]|\b(?:then|do|else))\s*$/.test(before.slice(0, before.length - word.length));
  const found = isFirst && !word.includes('/') ? commands(word, state, files) : paths(word, state.cwd, files);
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    return { insert: only.slice(word.length) + (only.endsWith('/') ? '' : ' '), candidates: [] };
  }
  return {
    insert: commonStart(found).slice(word.length),
    candidates: found.map((it) => it.replace(/^.*\/(?=.)/, '')).slice(0, MOST_CANDIDATES),
  };
}

function commands(word: string, state: ShellState, files: FileSystem): string[] {
  const programs = files.list('/bin');
  const names = new Set([
    ...(isFileProblem(programs) ? [] : programs),
    ...state.functions.keys(),
    'cd',
    'exit',
    'export',
  ]);
  return [...names].filter((it) => it.startsWith(word)).sort();
}

function paths(word: string, cwd: string, files: FileSystem): string[] {
  const slash = word.lastIndexOf('/') + 1;
  const base = word.slice(0, slash);
  const directory = pathIn(cwd, base === '' ? '.' : base);
  const names = files.list(directory);
  if (isFileProblem(names)) return [];
  return names
    .filter(
      (it) => it.startsWith(word.slice(slash)) && (!it.startsWith('.') || word.slice(slash).startsWith('.')),
    )
    .map((it) => `${base}${it}${files.kindOf(pathIn(directory, it)) === 'directory' ? '/' : ''}`);
}

function commonStart(words: readonly string[]): string {
  let common = words[0] ?? '';
  for (const word of words) while (!word.startsWith(common)) common = common.slice(0, -1);
  return common;
}
