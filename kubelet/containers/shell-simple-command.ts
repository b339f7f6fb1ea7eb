import type { Process } from './process';
import { runProcess } from './process';
import { findBuiltin, SPECIAL_BUILTINS } from './shell-builtins';
import { CANNOT_FORK, type Interpreter, type Io } from './shell-interpreter';
import { openRedirections } from './shell-redirections';
import type { Variable } from './shell-state';
import type { SimpleCommand } from './shell-tree';
import { ExpansionProblem, expandFields, expandString, LONGEST_EXPANSION, TOO_LONG } from './shell-words';

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const INTERRUPTED = 130;
const CANNOT_START = 2;
const MOST_WORDS = 32 * 1024;

/** Simple commands (POSIX.1-2017, Shell Command Language, 2.9.1): words, redirections, assignments, and then what runs. */
export async function runSimpleCommand(
  shell: Interpreter,
  command: SimpleCommand,
  io: Io,
  quiet: boolean,
): Promise<number> {
  const { state } = shell;
  const context = shell.words(io);
  let argv: string[];
  try {
    argv = await expandWords(command, context);
  } catch (problem) {
    if (!(problem instanceof ExpansionProblem) || problem.text !== TOO_LONG) throw problem;
    await shell.complain(io, TOO_LONG);
    return NOT_EXECUTABLE;
  }
  const files = await openRedirections(shell, command.redirections, io);
  if (files === null) {
    if (SPECIAL_BUILTINS.has(argv[0] ?? '') && !shell.interactive) state.flow = { kind: 'exit' };
    return 1;
  }
  const inner = { files, signal: io.signal };
  const assigned: [string, string][] = [];
  for (const { name, value } of command.assignments) {
    const text = await expandString(value, context);
    assigned.push([name, text]);
    if (argv.length === 0) assign(shell, name, text);
  }
  if (state.options.has('x')) await trace(shell, io, assigned, argv);
  const [name] = argv;
  if (name === undefined) return context.substituted ?? 0;
  const body = state.functions.get(name);
  const builtin = body === undefined ? findBuiltin(name) : null;
  if (body === undefined && builtin === null) return startProgram(shell, argv, assigned, inner);
  const hidden = new Map<string, Variable | undefined>();
  for (const [key, text] of assigned) {
    if (!SPECIAL_BUILTINS.has(name) && !hidden.has(key)) hidden.set(key, state.variables.get(key));
    assign(shell, key, text, !SPECIAL_BUILTINS.has(name));
  }
  try {
    if (body !== undefined) return await shell.call(body, argv, inner, quiet);
    if (builtin === null) return 0;
    // A builtin is no process of its own: it has the shell's pid.
    const self: Process = { ...shell.self, ...shell.processFor(inner, argv) };
    return await builtin({ shell, self, io: inner, outer: io, quiet });
  } finally {
    state.restore(hidden);
  }
}

async function expandWords(
  command: SimpleCommand,
  context: ReturnType<Interpreter['words']>,
): Promise<string[]> {
  const argv: string[] = [];
  let length = 0;
  for (const word of command.words) {
    const fields = await expandFields(word, context);
    for (const field of fields) length += field.length;
    if (length > LONGEST_EXPANSION || argv.length + fields.length > MOST_WORDS)
      throw new ExpansionProblem(TOO_LONG);
    argv.push(...fields);
  }
  return argv;
}

function assign(shell: Interpreter, name: string, value: string, exported?: boolean): void {
  const refused = shell.state.set(name, value, exported === true ? { exported } : {});
  if (refused !== null) throw new ExpansionProblem(refused);
}

/** Starts what is found under this name and waits for it. */
export async function startProgram(
  shell: Interpreter,
  argv: readonly string[],
  assigned: readonly (readonly [string, string])[],
  io: Io,
): Promise<number> {
  const child = shell.processFor(io, argv);
  const [name = ''] = argv;
  const found = shell.find({ ...shell.self, ...child }, name);
  if (found === null || found === 'not-executable') {
    await shell.complain(io, `${name}: ${found === null ? 'not found' : 'Permission denied'}`);
    return found === null ? NOT_FOUND : NOT_EXECUTABLE;
  }
  for (const [key, value] of assigned) child.env.set(key, value);
  const status = await runProcess(found, child);
  if (status === null) {
    await shell.complain(io, CANNOT_FORK);
    return CANNOT_START;
  }
  return io.signal.aborted ? INTERRUPTED : status;
}

async function trace(
  shell: Interpreter,
  io: Io,
  assigned: readonly (readonly [string, string])[],
  argv: readonly string[],
): Promise<void> {
  const words = [
    ...assigned.map(([name, value]) => `${name}=${shellQuoted(value)}`),
    ...argv.map(shellQuoted),
  ];
  await shell.complainPlain(io, `${shell.state.get('PS4') ?? '+ '}${words.join(' ')}`);
}

/** As a shell would read it back. */
export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}
