import type { Host } from '../../network/network';
import type { Randomness } from '../../randomness';
import type { FileProblem, FileSystem } from './file-system';
import { Job } from './job';
import type { LineSource, Sink, Source } from './pipe';
import { type ProcessTable, type RunningProcess, SIGNALS, type SignalName } from './process-table';
import type { Terminal } from './terminal';

export { MOST_PROCESSES } from './process-table';

/** What a process can see of the container around it. */
export interface ContainerView {
  readonly hostname: string;
  readonly files: FileSystem;
  readonly processes: ProcessTable;
  /** The pod's own network: the only way out. */
  readonly network: Host;
  readonly address: string;
  readonly random: Randomness;
  /** `PRETTY_NAME` and the like: what the image says it is. */
  readonly release: string;
  readonly startedAt: Date;
}

/** An open file of a process: what it reads, what it writes, or both. */
export interface OpenFile {
  readonly source: LineSource | null;
  readonly sink: Sink | null;
}

/** A running command of a simulated container: arguments, environment, three streams and the signal that kills it. */
export interface Process {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly env: Map<string, string>;
  readonly cwd: string;
  /** Permission bits that new files do not get; 022 when absent. */
  readonly umask?: number;
  readonly container: ContainerView;
  readonly stdin: LineSource;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Open files beyond the three. */
  readonly files?: ReadonlyMap<number, OpenFile>;
  /** The terminal that standard input is, if it is one. */
  readonly terminal: Terminal | null;
  readonly signal: AbortSignal;
  /** Whoever handles signals says so here; true: it was taken care of, and the default does not happen. */
  readonly signals: { handler: ((signal: SignalName) => boolean) | null };
}

/** Yields the exit status. */
export type Command = (self: Process) => Promise<number>;

/** What happens by default is nothing, or nothing that a simulated process could do. */
const HARMLESS: readonly SignalName[] = ['CHLD', 'CONT', 'WINCH', 'STOP', 'TSTP'];

/**
 * Runs a command as a process of its own: with a pid, and killed by a signal or with what it belongs to. Null: the
 * container has as many processes as it may have.
 */
export async function runProcess(
  command: Command,
  child: Omit<Process, 'pid' | 'signals'> & {
    readonly parent: number;
    readonly onStart?: (pid: number) => void;
  },
): Promise<number | null> {
  const { container, parent, onStart, ...rest } = child;
  const job = new Job(child.signal);
  const signals: Process['signals'] = { handler: null };
  let killedBy: SignalName | null = null;
  const deliver: RunningProcess['deliver'] = (signal, from) => {
    if (signal !== 'KILL' && (signals.handler?.(signal) === true || HARMLESS.includes(signal))) return;
    // pid_namespaces(7). From outside only SIGKILL would be forced on it; here any signal is, so that pods go away soon.
    if (entry?.pid === 1 && from === undefined) return;
    killedBy ??= signal;
    job.kill();
  };
  const hasTerminal = child.terminal !== null;
  const entry = container.processes.add({ parent, argv: child.argv, hasTerminal, deliver });
  if (entry === null) {
    job.end();
    return null;
  }
  onStart?.(entry.pid);
  try {
    const status = await command({ ...rest, container, pid: entry.pid, signal: job.signal, signals });
    return killedBy === null ? status : 128 + SIGNALS[killedBy as SignalName];
  } finally {
    container.processes.remove(entry.pid);
    job.end();
  }
}

export function print(self: Process, text: string | Buffer): Promise<boolean> {
  return self.stdout.write(Buffer.from(text), self.signal);
}

export function complain(self: Process, text: string): Promise<boolean> {
  return self.stderr.write(Buffer.from(`${text}\n`), self.signal);
}

/** A name as a path from the root. Dots and links stay: what `..` leads to is for the file system to say. */
export function pathOf(self: Process, name: string): string {
  const path = pathIn(self.cwd, name);
  return path.startsWith('/proc/self') ? path.replace(/^\/proc\/self(?=\/|$)/, `/proc/${self.pid}`) : path;
}

export function pathIn(directory: string, name: string): string {
  if (name.startsWith('/')) return name;
  return `${directory === '/' ? '' : directory}/${name}`;
}

/** What a process gets that opens a file by its name: names of its own open files included. */
export function openRead(self: Process, name: string): Source | FileProblem {
  const fd = ownFile(self, name);
  if (fd === undefined) return self.container.files.source(pathOf(self, name));
  return fd?.source ?? { kind: 'file-problem', text: 'No such file or directory' };
}

export function openWrite(self: Process, name: string, mode: 'truncate' | 'append'): Sink | FileProblem {
  const fd = ownFile(self, name);
  if (fd === undefined) return self.container.files.sink(pathOf(self, name), mode, newFileMode(self));
  return fd?.sink ?? { kind: 'file-problem', text: 'No such file or directory' };
}

function newFileMode({ umask = 0o022 }: Process): number {
  return 0o666 & ~umask;
}

/** Undefined: no name of an open file. Null: of one that is not open. */
function ownFile(self: Process, name: string): OpenFile | null | undefined {
  const number = { '/dev/stdin': '0', '/dev/stdout': '1', '/dev/stderr': '2', '/dev/tty': 'tty' }[name];
  const fd = number ?? /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(name)?.[1];
  switch (fd) {
    case undefined:
      return undefined;
    case '0':
      return { source: self.stdin, sink: null };
    case '1':
      return { source: null, sink: self.stdout };
    case '2':
      return { source: null, sink: self.stderr };
    case 'tty':
      return self.terminal === null ? null : { source: self.terminal.stdin, sink: self.terminal.stdout };
    default:
      return self.files?.get(Number(fd)) ?? null;
  }
}

/** Status after a failed write: a full device is reported, a reader that left is SIGPIPE (128 + 13). */
export async function writeFailed(self: Process): Promise<number> {
  const problem = self.stdout.problem ?? null;
  if (problem === null) return 141;
  await complain(self, `${self.argv[0]}: write error: ${problem}`);
  return 1;
}

/** Every byte of a source, at most `limit` of them. */
export async function readAll(source: Source, signal: AbortSignal, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < limit) {
    const bytes = await source.read(signal);
    if (bytes === null) break;
    chunks.push(bytes);
    size += bytes.length;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}
