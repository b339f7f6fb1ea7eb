import { isFileProblem } from './file-problem';
import type { Inode } from './inode';
import { type Command, complain, type Process, pathIn, pathOf, print } from './process';
import { matchesPattern } from './shell-pattern';
import { takeTurn } from './turns';

/** find: -name, -iname, -path, -type, -maxdepth, -mindepth, -empty, -delete, -print, -print0 and `!`; all of them must hold. */
export const find: Command = async (self) => {
  const words = self.argv.slice(1);
  const roots: string[] = [];
  while (words.length > 0 && !/^[-!(]/.test(words[0] ?? '')) roots.push(words.shift() ?? '');
  const plan = readPlan(words);
  if (typeof plan === 'string') {
    await complain(self, `find: ${plan}`);
    return 1;
  }
  let status = 0;
  for (const root of roots.length === 0 ? ['.'] : roots) {
    const inode = self.container.files.lstat(pathOf(self, root));
    if (!isFileProblem(inode)) await visit(self, plan, root, pathOf(self, root), 0);
    else {
      await complain(self, `find: ${root}: ${inode.text}`);
      status = 1;
    }
  }
  return status;
};

interface Plan {
  readonly tests: readonly ((name: string, path: string, inode: Inode) => boolean)[];
  readonly least: number;
  readonly most: number;
  readonly end: '\n' | '\0';
  readonly deletes: boolean;
}

function readPlan(words: string[]): Plan | string {
  const tests: Plan['tests'][number][] = [];
  let [least, most] = [0, Number.POSITIVE_INFINITY];
  let end: Plan['end'] = '\n';
  let deletes = false;
  let negated = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const takesValue = ['-name', '-iname', '-path', '-type', '-maxdepth', '-mindepth'].includes(word);
    const value = takesValue ? words.shift() : '';
    if (value === undefined) return `${word} requires an argument`;
    let test: Plan['tests'][number] | null = null;
    if (word === '!' || word === '-not') {
      negated = true;
      continue;
    }
    if (word === '-name') test = (name) => matchesPattern(value, name.replace(/^.*\/(?=.)/, ''));
    else if (word === '-iname')
      test = (name) => matchesPattern(value.toLowerCase(), name.replace(/^.*\/(?=.)/, '').toLowerCase());
    else if (word === '-path') test = (name) => matchesPattern(value, name);
    else if (word === '-type')
      test = (_name, _path, inode) =>
        ({ f: 'file', d: 'directory', l: 'symlink', c: 'device' })[value] === inode.kind;
    else if (word === '-empty')
      test = (_name, _path, inode) =>
        (inode.kind === 'file' ? inode.content.size : inode.kind === 'directory' ? inode.entries.size : 1) ===
        0;
    else if (word === '-maxdepth') most = Number(value);
    else if (word === '-mindepth') least = Number(value);
    else if (word === '-delete') deletes = true;
    else if (word === '-print0') end = '\0';
    else if (word !== '-print' && word !== '-a') return `unrecognized: ${word}`;
    if (test !== null) {
      const holds = test;
      const turned = negated;
      tests.push((name, path, inode) => holds(name, path, inode) !== turned);
      negated = false;
    }
  }
  return { tests, least, most, end, deletes };
}

async function visit(self: Process, plan: Plan, name: string, path: string, depth: number): Promise<void> {
  const { files } = self.container;
  const inode = files.lstat(path);
  if (isFileProblem(inode) || self.signal.aborted) return;
  await takeTurn();
  const matches = depth >= plan.least && plan.tests.every((it) => it(name, path, inode));
  if (matches && !plan.deletes && !(await print(self, name + plan.end))) return;
  if (inode.kind === 'directory' && depth < plan.most) {
    for (const child of [...inode.entries.keys()].sort()) {
      await visit(self, plan, `${name === '/' ? '' : name}/${child}`, pathIn(path, child), depth + 1);
    }
  }
  if (!matches || !plan.deletes || name === '.') return;
  const problem = inode.kind === 'directory' ? files.removeDirectory(path) : files.remove(path);
  if (problem !== null) await complain(self, `find: ${name}: ${problem.text}`);
}
