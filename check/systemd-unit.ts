import type { FilePlace } from '../report/outcome';
import { readCommand } from './command-line';
import type { GivenPart } from './given';
import { shellWords, type Word } from './shell-words';

/**
 * What a unit starts. `$NAME` is replaced by what its own Environment= lines say; what comes from elsewhere (EnvironmentFile=)
 * stays away, and is told. Source: systemd.exec(5), systemd.service(5).
 */
export function readUnit(text: string, file: string): GivenPart[] {
  const lines = unfolded(text, file);
  const environment = new Map(
    lines
      .filter(({ key }) => key === 'Environment')
      .flatMap(({ value, at }) => shellWords(value, at))
      .map(
        ({ text: pair }) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const,
      ),
  );
  // An empty ExecStart= takes back those before it, as drop-ins do.
  const starts = lines.filter(({ key }) => key === 'ExecStart');
  const last = starts.findLastIndex(({ value }) => value === '');
  return starts.slice(last + 1).flatMap(({ value, at }): GivenPart[] => {
    const missing: { name: string; at: FilePlace }[] = [];
    const words = shellWords(value, at).flatMap((word) => expand(word, environment, missing));
    const part = readCommand(words);
    if (part === null) return [];
    return [
      part,
      ...missing.map(({ name, at }): GivenPart => {
        const why =
          'this unit does not say what it holds; put its value in, where EnvironmentFile= or somebody else does';
        return { kind: 'other', component: '', name: `variable $${name}`, class: 'not-played', why, at };
      }),
    ];
  });
}

function expand(
  word: Word,
  environment: ReadonlyMap<string, string>,
  missing: { name: string; at: FilePlace }[],
): Word[] {
  const alone = /^\$(\w+)$/.exec(word.text)?.[1];
  const look = (name: string): string => {
    const value = environment.get(name);
    if (value === undefined) missing.push({ name, at: word.at });
    return value ?? '';
  };
  if (alone !== undefined) return shellWords(look(alone), word.at).map(({ text }) => ({ text, at: word.at }));
  return [{ ...word, text: word.text.replace(/\$\{(\w+)\}/g, (_, name: string) => look(name)) }];
}

interface UnitLine {
  readonly key: string;
  readonly value: string;
  /** Where the value begins. */
  readonly at: FilePlace;
}

/** A backslash at its end continues a line. The continuation stays in the value, so that places stay true. */
function unfolded(text: string, file: string): UnitLine[] {
  const found: UnitLine[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const match = /^\s*(\w+)\s*=\s*/.exec(lines[index] ?? '');
    if (match === null) continue;
    const at = { file, line: index + 1, column: match[0].length + 1 };
    let value = (lines[index] ?? '').slice(match[0].length);
    while (value.endsWith('\\') && index + 1 < lines.length) {
      index += 1;
      value += `\n${lines[index] ?? ''}`;
    }
    found.push({ key: match[1] ?? '', value, at });
  }
  return found;
}
