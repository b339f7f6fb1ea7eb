import { isFileProblem } from './file-problem';
import { readOptions } from './options';
import { LineSource, type Source } from './pipe';
import { type Command, complain, openRead, type Process, pathIn, pathOf, print } from './process';
import { type CompiledExpression, compileExpression } from './regular-expression';
import { takeTurn } from './turns';

type Expression = Extract<CompiledExpression, { kind: 'expression' }>;

/** grep -i -v -n -r -c -E -F -o -q -l -w -x -h -H -s -e -m: streams, a line at a time. */
export const grep: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), {
    flags: 'ivnrRcEFoqlwxhHsG',
    values: 'em',
    long: { color: '_', 'line-buffered': '_' },
  });
  if (options.kind === 'refused') return refuse(self, options.text);
  const words = [...options.words];
  const given = options.all('e').length > 0 ? options.all('e') : [words.shift()];
  const expressions: Expression[] = [];
  for (const pattern of given.flatMap((it) => it?.split('\n') ?? [])) {
    const fixed = options.has('F') ? pattern.replace(/[.[\]*^$\\]/g, '\\$&') : pattern;
    const extended = options.has('E') || self.argv[0] === 'egrep';
    const whole = options.has('x') ? (extended ? `^(${fixed})$` : `^\\(${fixed}\\)$`) : fixed;
    const compiled = compileExpression(whole, { extended, ignoreCase: options.has('i') });
    if (compiled.kind === 'expression-problem') return refuse(self, compiled.text);
    expressions.push(compiled);
  }
  if (given[0] === undefined) return refuse(self, 'no pattern');
  const recursive = options.has('r') || options.has('R');
  const names = words.length > 0 ? words : [recursive ? '.' : '-'];
  const search = {
    self,
    options,
    expressions,
    titled: (names.length > 1 || recursive || options.has('H')) && !options.has('h'),
  };
  let found = false;
  let failed = false;
  for (const name of recursive ? names.flatMap((it) => filesBelow(self, it)) : names) {
    const source = name === '-' ? self.stdin : openRead(self, name);
    if (isFileProblem(source)) {
      failed = true;
      if (!options.has('s')) await complain(self, `grep: ${name}: ${source.text}`);
      continue;
    }
    const outcome = await searchOne(search, name, source);
    if (outcome === 'too long') return refuse(self, 'memory exhausted');
    found ||= outcome;
    if (found && options.has('q')) return 0;
  }
  return failed ? 2 : found ? 0 : 1;
};

function filesBelow(self: Process, name: string): string[] {
  const { files } = self.container;
  const inode = files.lstat(pathOf(self, name));
  if (isFileProblem(inode) || inode.kind !== 'directory') return [name];
  const children = files.list(pathOf(self, name));
  if (isFileProblem(children)) return [];
  return children.flatMap((child) => {
    const it = files.lstat(pathIn(pathOf(self, name), child));
    if (isFileProblem(it) || (it.kind !== 'file' && it.kind !== 'directory')) return [];
    return filesBelow(self, `${name.replace(/\/$/, '')}/${child}`);
  });
}

async function searchOne(
  {
    self,
    options,
    expressions,
    titled,
  }: {
    self: Process;
    options: Extract<ReturnType<typeof readOptions>, { kind: 'options' }>;
    expressions: readonly Expression[];
    titled: boolean;
  },
  name: string,
  source: Source,
): Promise<boolean | 'too long'> {
  const lines = source instanceof LineSource ? source : new LineSource(source);
  const shown = name === '-' ? '(standard input)' : name;
  const most = Number(options.value('m') ?? Number.POSITIVE_INFINITY);
  let [count, number] = [0, 0];
  while (count < most) {
    const bytes = await lines.readLine(self.signal);
    if (bytes === null) break;
    await takeTurn();
    number += 1;
    const line = bytes.toString().replace(/\n$/, '');
    const matches: { start: number; end: number }[] = [];
    for (const expression of expressions) {
      for (let from = 0; ; ) {
        const match = expression.find(line, from);
        if (match === 'too long') return match;
        if (match === null) break;
        const isWord =
          !options.has('w') ||
          (!/^\w$/.test(line.charAt(match.start - 1)) && !/^\w$/.test(line.charAt(match.end)));
        if (isWord) matches.push(match);
        from = Math.max(match.end, match.start + 1);
        if ((isWord && !options.has('o')) || from > line.length) break;
      }
    }
    if (matches.length > 0 === options.has('v')) continue;
    count += 1;
    if (options.has('q') || options.has('l')) break;
    if (options.has('c')) continue;
    const prefix = `${titled ? `${shown}:` : ''}${options.has('n') ? `${number}:` : ''}`;
    const texts = options.has('o')
      ? matches
          .filter((it) => it.end > it.start)
          .sort((a, b) => a.start - b.start)
          .map((it) => line.slice(it.start, it.end))
      : [line];
    for (const text of texts) if (!(await print(self, `${prefix}${text}\n`))) return true;
  }
  if (options.has('c')) await print(self, `${titled ? `${shown}:` : ''}${count}\n`);
  if (options.has('l') && count > 0) await print(self, `${shown}\n`);
  return count > 0;
}

async function refuse(self: Process, text: string): Promise<number> {
  await complain(self, `grep: ${text}`);
  return 2;
}
