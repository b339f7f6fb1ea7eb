import { resolve } from 'node:path/posix';
import { aborted } from '../../client/aborted';
import { isFileProblem } from './file-problem';
import { Job } from './job';
import { complain, openRead, type Process, print, readAll } from './process';
import { SIGNALS, type SignalName, signalNamed } from './process-table';
import { getopts } from './shell-getopts';
import { type Interpreter, type Io, jobLine } from './shell-interpreter';
import { readLineInto } from './shell-read';
import { startProgram } from './shell-simple-command';
import { OPTION_NAMES } from './shell-state';

/** What only the shell itself can do. Source: POSIX.1-2017, 2.14 and the utilities of 1.6; messages as busybox ash words them. */
export interface BuiltinCall {
  readonly shell: Interpreter;
  /** The call as a process, with the shell's own pid. */
  readonly self: Process;
  /** With the call's redirections. */
  readonly io: Io;
  /** Without them: what `exec` changes. */
  readonly outer: Io;
  readonly quiet: boolean;
}

export type Builtin = (call: BuiltinCall) => Promise<number>;

const LONGEST_SCRIPT = 1024 * 1024;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Those that POSIX calls special: assignments before them stay, and their failure ends a script. */
export const SPECIAL_BUILTINS: ReadonlySet<string> = new Set([
  ...[':', '.', 'break', 'continue', 'eval', 'exec', 'exit', 'export', 'readonly', 'return', 'set', 'shift'],
  ...['trap', 'unset'],
]);

export function findBuiltin(name: string): Builtin | null {
  return BUILTINS.get(name) ?? null;
}

async function refuse({ self, shell }: BuiltinCall, text: string, status = 2): Promise<number> {
  await complain(self, `sh: ${self.argv[0]}: ${text}`);
  if (SPECIAL_BUILTINS.has(self.argv[0] ?? '') && !shell.interactive) shell.state.flow = { kind: 'exit' };
  shell.state.status = status;
  return status;
}

const exit: Builtin = async (call) => {
  const { shell, self } = call;
  const [, status] = self.argv;
  if (status !== undefined && !/^\d+$/.test(status)) return refuse(call, `Illegal number: ${status}`);
  shell.state.status = status === undefined ? shell.state.status : Number(status) & 0xff;
  shell.state.flow = { kind: self.argv[0] === 'return' ? 'return' : 'exit' };
  return shell.state.status;
};

/** Only inside a function or a sourced file; elsewhere it ends the script, as ash has it. */
const leaveLoops: Builtin = async (call) => {
  const { shell, self } = call;
  const [name, count = '1'] = self.argv;
  if (!/^[1-9]\d*$/.test(count)) return refuse(call, `Illegal number: ${count}`);
  shell.state.flow = { kind: name === 'break' ? 'break' : 'continue', levels: Number(count) };
  return 0;
};

const cd: Builtin = async ({ shell, self }) => {
  const { state } = shell;
  const operands = self.argv.slice(1).filter((it) => it !== '-L' && it !== '-P' && it !== '--');
  const name = operands[0] ?? state.get('HOME') ?? '/';
  const target = name === '-' ? (state.get('OLDPWD') ?? state.cwd) : name;
  const path = resolve(state.cwd, target);
  const inode = self.container.files.stat(path);
  if (isFileProblem(inode) || inode.kind !== 'directory') {
    const why = isFileProblem(inode) ? inode.text : 'Not a directory';
    await complain(self, `sh: cd: can't cd to ${name}: ${why}`);
    return 2;
  }
  state.set('OLDPWD', state.cwd, { exported: true });
  state.cwd = path;
  state.set('PWD', path, { exported: true });
  if (name === '-') await print(self, `${path}\n`);
  return 0;
};

const pwd: Builtin = async ({ self, shell }) => ((await print(self, `${shell.state.cwd}\n`)) ? 0 : 1);

const exportOrReadonly: Builtin = async (call) => {
  const { shell, self } = call;
  const { state } = shell;
  const [command, ...rest] = self.argv;
  const words = rest.filter((it) => it !== '-p' && it !== '--');
  const change = command === 'export' ? { exported: true } : { readOnly: true };
  if (words.length === 0) {
    for (const [name, variable] of [...state.variables].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!(command === 'export' ? variable.exported : variable.readOnly)) continue;
      await print(self, `${command} ${name}='${variable.value.replace(/'/g, "'\\''")}'\n`);
    }
    return 0;
  }
  for (const word of words) {
    const [name = '', ...value] = word.split('=');
    if (command === 'export' && name === '-n') continue;
    if (!NAME.test(name)) return refuse(call, `${name}: bad variable name`);
    const old = state.variables.get(name);
    const given = value.length > 0 ? value.join('=') : old?.value;
    if (given === undefined && old === undefined && command === 'export') continue;
    if (old?.readOnly === true && value.length === 0) {
      if (command === 'export') state.variables.set(name, { ...old, exported: true });
      continue;
    }
    const refused = state.set(name, given ?? '', change);
    if (refused !== null) return refuse(call, refused);
  }
  return 0;
};

const unset: Builtin = async (call) => {
  const { shell, self } = call;
  const functions = self.argv[1] === '-f';
  for (const name of self.argv.slice(1).filter((it) => it !== '-f' && it !== '-v')) {
    if (functions) shell.state.functions.delete(name);
    else {
      const refused = shell.state.unset(name);
      if (refused !== null) return refuse(call, refused);
    }
  }
  return 0;
};

const local: Builtin = async (call) => {
  const { shell, self } = call;
  for (const word of self.argv.slice(1)) {
    const [name = '', ...value] = word.split('=');
    if (!NAME.test(name)) return refuse(call, `${name}: bad variable name`);
    if (!shell.state.hide(name)) return refuse(call, 'not in a function');
    if (value.length > 0) {
      const refused = shell.state.set(name, value.join('='));
      if (refused !== null) return refuse(call, refused);
    }
  }
  return 0;
};

const set: Builtin = async (call) => {
  const { shell, self } = call;
  const { state } = shell;
  const words = self.argv.slice(1);
  if (words.length === 0) {
    for (const [name, { value }] of [...state.variables].sort(([a], [b]) => (a < b ? -1 : 1))) {
      await print(self, `${name}='${value.replace(/'/g, "'\\''")}'\n`);
    }
    return 0;
  }
  while (/^[-+]./.test(words[0] ?? '')) {
    const word = words.shift() ?? '';
    if (word === '--') {
      state.parameters = words.splice(0);
      return 0;
    }
    for (const letter of word.slice(1)) {
      const named = letter === 'o' ? words.shift() : undefined;
      if (letter === 'o' && named === undefined) {
        for (const [name, option] of Object.entries(OPTION_NAMES)) {
          await print(self, `${name.padEnd(15)} ${state.options.has(option) ? 'on' : 'off'}\n`);
        }
        return 0;
      }
      const option =
        letter === 'o' ? OPTION_NAMES[named ?? ''] : Object.values(OPTION_NAMES).find((it) => it === letter);
      if (option === undefined)
        return refuse(call, `illegal option ${word.charAt(0)}${named === undefined ? letter : `o ${named}`}`);
      if (word.startsWith('-')) state.options.add(option);
      else state.options.delete(option);
    }
  }
  if (words.length > 0) state.parameters = words;
  return 0;
};

const shift: Builtin = async (call) => {
  const { shell, self } = call;
  const count = self.argv[1] ?? '1';
  if (!/^\d+$/.test(count)) return refuse(call, `Illegal number: ${count}`);
  if (Number(count) > shell.state.parameters.length) return 1;
  shell.state.parameters = shell.state.parameters.slice(Number(count));
  return 0;
};

const evaluate: Builtin = async ({ shell, self, io }) => {
  shell.state.status = 0;
  return shell.text(self.argv.slice(1).join(' '), io.signal, io.files);
};

const source: Builtin = async (call) => {
  const { shell, self, io } = call;
  const [, name, ...parameters] = self.argv;
  if (name === undefined) return refuse(call, 'filename argument required');
  const file = openRead(self, name);
  if (isFileProblem(file)) {
    await complain(self, `sh: ${self.argv[0]}: can't open '${name}': ${file.text}`);
    if (!shell.interactive) shell.state.flow = { kind: 'exit' };
    return 2;
  }
  const text = (await readAll(file, io.signal, LONGEST_SCRIPT)).toString();
  const before = shell.state.parameters;
  if (parameters.length > 0) shell.state.parameters = parameters;
  shell.state.functionDepth += 1;
  shell.state.status = 0;
  await shell.text(text, io.signal, io.files);
  shell.state.functionDepth -= 1;
  if (parameters.length > 0) shell.state.parameters = before;
  if (shell.state.flow?.kind === 'return') shell.state.flow = null;
  return shell.state.status;
};

const exec: Builtin = async ({ shell, self, io, outer }) => {
  const words = self.argv.slice(1);
  if (words.length === 0) {
    outer.files.clear();
    for (const [fd, file] of io.files) outer.files.set(fd, file);
    return 0;
  }
  const status = await startProgram(shell, words, [], io);
  shell.state.status = status;
  shell.state.flow = { kind: 'exit' };
  return status;
};

const trap: Builtin = async (call) => {
  const { shell, self } = call;
  const { traps } = shell.state;
  const words = self.argv.slice(1).filter((it) => it !== '--');
  if (words.length === 0) {
    for (const [signal, action] of traps)
      await print(self, `trap -- '${action.replace(/'/g, "'\\''")}' ${signal}\n`);
    return 0;
  }
  const resets = words.length === 1 || words[0] === '-' || /^\d+$/.test(words[0] ?? '');
  const action = resets ? null : (words[0] ?? '');
  const names = resets && words[0] !== '-' ? words : words.slice(1);
  for (const name of names) {
    const signal = name === '0' || name.toUpperCase() === 'EXIT' ? 'EXIT' : signalNamed(name);
    if (signal === null) return refuse(call, `${name}: invalid signal specification`, 1);
    if (action === null) traps.delete(signal);
    else traps.set(signal, action);
    if (signal === 'INT') shell.followInterrupts();
  }
  return 0;
};

const wait: Builtin = async ({ shell, self, io }) => {
  const wanted = self.argv.slice(1);
  const chosen = wanted.length === 0 ? [...shell.jobs] : wanted.map((it) => findJob(shell, it));
  let status = 0;
  for (const job of chosen) {
    if (job === undefined) {
      status = 127;
      continue;
    }
    const ended = await orAborted(Promise.race([job.ended, shell.trapped()]), io.signal);
    if (typeof ended !== 'number') return 130;
    if (wanted.length > 0) status = ended;
    job.told = true;
    const at = shell.jobs.indexOf(job);
    if (at >= 0) shell.jobs.splice(at, 1);
  }
  return status;
};

/** What comes first; the signal, which lasts as long as the shell, is rid of its listener then. */
async function orAborted<T>(event: Promise<T>, signal: AbortSignal): Promise<T | 'aborted'> {
  const waiting = new Job(signal);
  try {
    return await Promise.race([event, aborted(waiting.signal).then(() => 'aborted' as const)]);
  } finally {
    waiting.end();
  }
}

function findJob(shell: Interpreter, word: string): Interpreter['jobs'][number] | undefined {
  if (word === '%%' || word === '%+' || word === '%') return shell.jobs.at(-1);
  const number = /^%(\d+)$/.exec(word)?.[1];
  return shell.jobs.find((it) =>
    number === undefined ? String(it.pid) === word : it.number === Number(number),
  );
}

const jobs: Builtin = async ({ shell, self }) => {
  for (const job of [...shell.jobs]) {
    await print(self, self.argv.includes('-p') ? `${job.pid}\n` : `${jobLine(job)}\n`);
    if (job.status !== null) shell.jobs.splice(shell.jobs.indexOf(job), 1);
  }
  return 0;
};

/** Waits for a job as if it had been started in the foreground; it still does not read what is typed. */
const foreground: Builtin = async (call) => {
  const { shell, self, io } = call;
  const job = findJob(shell, self.argv[1] ?? '%%');
  if (job === undefined) return refuse(call, `${self.argv[1] ?? '%%'}: no such job`);
  await print(self, `${job.text}\n`);
  const ended = await orAborted(job.ended, io.signal);
  if (ended === 'aborted') {
    shell.self.container.processes.get(job.pid)?.deliver('INT');
    await job.ended;
  }
  const at = shell.jobs.indexOf(job);
  if (at >= 0) shell.jobs.splice(at, 1);
  return job.status ?? 130;
};

const kill: Builtin = async ({ shell, self }) => {
  const words = self.argv.slice(1);
  if (words[0] === '-l') {
    for (const [name, number] of Object.entries(SIGNALS))
      await print(self, `${String(number).padStart(2)}) ${name}\n`);
    return 0;
  }
  let signal: SignalName | 'none' = 'TERM';
  if (words[0]?.startsWith('-') === true && words[0] !== '--') {
    const option = words.shift() ?? '';
    const name = option === '-s' ? (words.shift() ?? '') : option.slice(1);
    const named = name === '0' ? 'none' : signalNamed(name);
    if (named === null) {
      await complain(self, `sh: bad signal name '${name}'`);
      return 1;
    }
    signal = named;
  }
  if (words[0] === '--') words.shift();
  let status = 0;
  for (const word of words) {
    const pid = word.startsWith('%') ? (findJob(shell, word)?.pid ?? -1) : Number(word);
    const target = self.container.processes.get(pid);
    if (target !== undefined) {
      if (signal !== 'none') target.deliver(signal);
      continue;
    }
    await complain(
      self,
      /^%|^-?\d+$/.test(word)
        ? `sh: can't kill pid ${word}: No such process`
        : `sh: invalid number '${word}'`,
    );
    status = 1;
  }
  return status;
};

const type: Builtin = async ({ shell, self }) => {
  let status = 0;
  for (const name of self.argv.slice(1)) {
    const kind = describe(shell, self, name);
    await print(self, `${name}${kind === null ? ': not found' : kind}\n`);
    if (kind === null) status = 127;
  }
  return status;
};

function describe(shell: Interpreter, self: Process, name: string): string | null {
  if (KEYWORDS.has(name)) return ' is a shell keyword';
  if (shell.state.functions.has(name)) return ' is a function';
  if (SPECIAL_BUILTINS.has(name)) return ' is a special shell builtin';
  if (findBuiltin(name) !== null) return ' is a shell builtin';
  const found = shell.find(self, name);
  if (found === null || found === 'not-executable') return null;
  return ` is ${name.includes('/') ? name : `/bin/${name}`}`;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...[
    '!',
    '{',
    '}',
    'case',
    'do',
    'done',
    'elif',
    'else',
    'esac',
    'fi',
    'for',
    'if',
    'in',
    'then',
    'until',
    'while',
  ],
]);

const command: Builtin = async (call) => {
  const { shell, self, io } = call;
  const words = self.argv.slice(1);
  if (words[0] === '-v' || words[0] === '-V') {
    const name = words[1] ?? '';
    const kind = describe(shell, self, name);
    if (kind === null) {
      if (words[0] === '-V') await complain(self, `sh: ${name}: not found`);
      return 127;
    }
    const path = / is (\/.*)$/.exec(kind)?.[1] ?? name;
    await print(self, words[0] === '-v' ? `${path}\n` : `${name}${kind}\n`);
    return 0;
  }
  if (words[0] === '-p' || words[0] === '--') words.shift();
  if (words[0] === undefined) return 0;
  const builtin = findBuiltin(words[0]);
  if (builtin === null) return startProgram(shell, words, [], io);
  return builtin({ ...call, self: { ...self, argv: words } });
};

const umask: Builtin = async (call) => {
  const { shell, self } = call;
  const [, mask] = self.argv;
  if (mask === undefined) await print(self, `${shell.state.umask.toString(8).padStart(4, '0')}\n`);
  else if (/^[0-7]{1,4}$/.test(mask)) shell.state.umask = Number.parseInt(mask, 8);
  else return refuse(call, `illegal mode: ${mask}`);
  return 0;
};

const LIMITS: readonly (readonly [letter: string, name: string, value: string])[] = [
  ['c', 'core file size (blocks)         (-c)', 'unlimited'],
  ['n', 'open files                      (-n)', '1048576'],
  ['u', 'max user processes              (-u)', '256'],
  ['v', 'virtual memory (kb)             (-v)', 'unlimited'],
];

/** Tells; nothing can be set. */
const ulimit: Builtin = async ({ self }) => {
  const letter = self.argv[1]?.replace('-', '') ?? 'f';
  if (letter === 'a') for (const [, name, value] of LIMITS) await print(self, `${name} ${value}\n`);
  else await print(self, `${LIMITS.find(([it]) => it === letter)?.[2] ?? 'unlimited'}\n`);
  return 0;
};

const read: Builtin = ({ shell, self, io }) => readLineInto(shell, self, io);

const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', async () => 0],
  ['.', source],
  ['break', leaveLoops],
  ['cd', cd],
  ['command', command],
  ['continue', leaveLoops],
  ['eval', evaluate],
  ['exec', exec],
  ['exit', exit],
  ['export', exportOrReadonly],
  ['fg', foreground],
  ['getopts', ({ shell, self }) => getopts(shell, self)],
  ['jobs', jobs],
  ['kill', kill],
  ['local', local],
  ['pwd', pwd],
  ['read', read],
  ['readonly', exportOrReadonly],
  ['return', exit],
  ['set', set],
  ['shift', shift],
  ['source', source],
  ['trap', trap],
  ['type', type],
  ['ulimit', ulimit],
  ['umask', umask],
  ['unset', unset],
  ['wait', wait],
]);
