import type { FileProblem, FileSystem } from './file-system';
import type { LineSource, Sink, Source } from './pipe';
import type { Terminal } from './terminal';

/** What a process can see of the container around it. */
export interface ContainerView {
  readonly hostname: string;
  readonly files: FileSystem;
  /** Processes that run now: shells that start each other without end stop at MOST_PROCESSES. */
  readonly processes: { running: number };
}

/** What a pids cgroup would allow. */
export const MOST_PROCESSES = 256;

/** A running command of a simulated container: arguments, environment, three streams and the signal that kills it. */
export interface Process {
  readonly argv: readonly string[];
  readonly env: Map<string, string>;
  readonly cwd: string;
  readonly container: ContainerView;
  readonly stdin: LineSource;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** The terminal that standard input is, if it is one. */
  readonly terminal: Terminal | null;
  readonly signal: AbortSignal;
}

/** Yields the exit status. */
export type Command = (self: Process) => Promise<number>;

export function print(self: Process, text: string | Buffer): Promise<boolean> {
  return self.stdout.write(Buffer.from(text), self.signal);
}

export function complain(self: Process, text: string): Promise<boolean> {
  return self.stderr.write(Buffer.from(`${text}\n`), self.signal);
}

/** A name as a path from the root. Dots and links stay: what `..` leads to is for the file system to say. */
export function pathOf(self: Process, name: string): string {
  return pathIn(self.cwd, name);
}

export function pathIn(directory: string, name: string): string {
  if (name.startsWith('/')) return name;
  return `${directory === '/' ? '' : directory}/${name}`;
}

/** What a process gets that opens a file by its name. */
export function openRead(self: Process, name: string): Source | FileProblem {
  return self.container.files.source(pathOf(self, name));
}

export function openWrite(self: Process, name: string, mode: 'truncate' | 'append'): Sink | FileProblem {
  return self.container.files.sink(pathOf(self, name), mode);
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
