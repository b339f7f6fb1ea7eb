import type { Container, Pod } from '../../api/objects';
import { MidplaneError } from '../../error';
import type { Host } from '../../network/network';
import type { KeyPair } from '../../wire/pem';
import { collectOutput } from './collect-output';
import { findCommand } from './commands';
import { FileSystem, type Mount } from './file-system';
import { Heard, heardDevice } from './heard';
import { findImage, type Image } from './images';
import { Job } from './job';
import { LogBuffer } from './log-buffer';
import { MainProcess } from './main-process';
import { DISCARD, NOTHING, type Sink, type Source } from './pipe';
import type { ContainerView, Process } from './process';
import { cannotCreate, cannotStart, newId } from './runtime-words';
import { sessionInput } from './session-input';
import type { Terminal } from './terminal';

/**
 * One container of a simulated pod: files, a log, a main process and whatever is executed beside it. It stays the same
 * object over restarts. Nothing in it can read a file or start a program of the machine that midplane runs on.
 */
export interface ContainerOptions {
  readonly pod: Pod;
  readonly spec: Container;
  readonly network: Host;
  readonly address: string;
  readonly webKeyPair: KeyPair | null;
  /** Volumes laid into the container at every start; their content is live. */
  readonly mounts?: readonly Mount[];
  readonly now: () => Date;
}

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedAt: Date }
  | {
      readonly kind: 'terminated';
      readonly exitCode: number;
      readonly startedAt: Date;
      readonly finishedAt: Date;
    };

/** What the kubelet has made of the container's spec: references resolved, variables expanded. */
export interface Launch {
  /** Empty: the image's own. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Later ones win. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** Empty: the image's own. */
  readonly workingDir: string;
}

export type StartOutcome =
  | { readonly kind: 'started'; readonly exited: Promise<number> }
  /** The runtime could not start the first process; `text` is its error. */
  | { readonly kind: 'refused'; readonly text: string };

export interface SessionStreams {
  readonly stdin: Source | null;
  readonly stdout: Sink | null;
  readonly stderr: Sink | null;
  /** Set for a session with a terminal; its raw side is `stdout`. */
  readonly terminal: Terminal | null;
  readonly signal: AbortSignal;
}

export type SessionOutcome =
  | { readonly kind: 'exited'; readonly code: number }
  /** The runtime could not start or attach; `text` is its error. */
  | { readonly kind: 'failed'; readonly text: string };

const CANARY_FILE = '/run/secrets/canary';
const HEARD_FILE = '/run/midplane/heard';
const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const INTERRUPTED = 130;
const KILLED = 137;
const TERMINATED = 143;
/** containerd's exit code for a container whose first process cannot be started. */
const CANNOT_START = 128;
/** What `/run` gives back at most; the runtime buffers it (cri-o and containerd limit ExecSync to 16 MiB). */
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

export class SimulatedContainer {
  readonly name: string;
  readonly spec: Container;
  #id = newId();
  #state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating', message: '' };
  #restarts = -1;
  #files = new FileSystem();
  #log: LogBuffer;
  #previousLog: LogBuffer | null = null;
  #main: MainProcess | null = null;
  #canary: string | null = null;
  #ended: Promise<unknown> = Promise.resolve();
  #launch: Launch;
  #signalled: 'SIGTERM' | 'SIGKILL' | null = null;
  readonly #options: ContainerOptions;
  readonly #heard = new Heard();
  /** What its processes have done so far, over all its runs. */
  readonly #work = { commands: 0, bytes: 0 };
  readonly #processes = { running: 0 };

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.spec = options.spec;
    this.name = options.spec.name;
    this.#launch = launchOf(options.spec);
    this.#log = new LogBuffer(options.now);
  }

  /** Of the run there is now; a restarted container has new ones. */
  get files(): FileSystem {
    return this.#files;
  }

  get id(): string {
    return this.#id;
  }

  get state(): ContainerState {
    return this.#state;
  }

  get restartCount(): number {
    return Math.max(this.#restarts, 0);
  }

  get log(): LogBuffer {
    return this.#log;
  }

  /** The log of the run before this one. */
  get previousLog(): LogBuffer | null {
    return this.#previousLog;
  }

  /** Resolves when the main process has ended; at once when there is none. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** What the container holds in memory. */
  get memoryBytes(): number {
    return this.#files.sizeBytes + this.#log.sizeBytes + (this.#previousLog?.sizeBytes ?? 0);
  }

  /** Commands that were started in it and bytes that went in and out: what its use of a processor is reckoned from. */
  get work(): { readonly commands: number; readonly bytes: number } {
    const { commands, bytes } = this.#work;
    const logged = this.#log.writtenBytes + (this.#previousLog?.writtenBytes ?? 0);
    return { commands, bytes: bytes + logged };
  }

  /** Puts a secret where the container keeps them, and into one line of its log. */
  plant(secret: string): void {
    this.#canary = secret;
    this.#files.write(CANARY_FILE, Buffer.from(secret));
    const line = Buffer.from(`canary ${secret}\n`);
    if (this.#main === null) this.#log.write('stdout', line);
    else void this.#main.stdout.write(line);
  }

  /** Every byte that the container took in since the last `forget`: arguments, input, request bodies, forwarded bytes. */
  heard(): Buffer {
    return this.#heard.bytes();
  }

  forget(): void {
    this.#heard.clear();
  }

  /** A new origin of bytes that the container takes in. */
  hear(): (bytes: Buffer | string) => void {
    const origin = this.#heard.origin();
    return (bytes) => {
      this.#work.bytes += bytes.length;
      origin(bytes);
    };
  }

  /**
   * Starts the main process, or starts it again. Resolves when it is up; the result's `exited` resolves when it has
   * ended. A container that the runtime refuses to start has terminated with exit code 128 at the epoch, as containerd
   * reports it.
   */
  async start(launch: Launch = launchOf(this.spec)): Promise<StartOutcome> {
    const { spec, now } = this.#options;
    const image = findImage(spec.image);
    if (image === null) {
      const message = `failed to pull and unpack image "${spec.image}": not found`;
      this.#state = { kind: 'waiting', reason: 'ErrImagePull', message };
      return { kind: 'refused', text: message };
    }
    this.#launch = launch;
    this.#signalled = null;
    this.#restarts += 1;
    this.#work.commands += 1;
    if (this.#restarts > 0) this.#renew();
    const argv = [...launch.command, ...launch.args];
    if (launch.command.length > 0 && findCommand(argv[0] ?? '') === null) {
      this.#log.end();
      const [startedAt, finishedAt] = [new Date(0), now()];
      this.#state = { kind: 'terminated', exitCode: CANNOT_START, startedAt, finishedAt };
      return { kind: 'refused', text: cannotCreate(argv) };
    }
    const main = new MainProcess({ tty: spec.tty === true, log: this.#log });
    this.#main = main;
    const startedAt = now();
    const { exited } = await this.#run(main, image);
    this.#state = { kind: 'running', startedAt };
    const ended = exited.then((code) => {
      const exitCode = this.#exitCode(code);
      this.#log.end();
      main.end();
      this.#state = { kind: 'terminated', exitCode, startedAt, finishedAt: now() };
      return exitCode;
    });
    this.#ended = ended;
    return { kind: 'started', exited: ended };
  }

  /** A file of the container, null when there is none. */
  read(path: string): Buffer | null {
    const content = this.#files.read(path);
    return Buffer.isBuffer(content) ? content : null;
  }

  /** SIGTERM to the first process, which no program here ignores: a command dies of it, a server closes and exits 0. */
  terminate(): void {
    this.#signalled ??= 'SIGTERM';
    this.#main?.kill();
  }

  /** SIGKILL: ends every process. */
  stop(): void {
    this.#signalled ??= 'SIGKILL';
    this.#main?.kill();
  }

  /** Runs a command beside the main process. Killed when `streams.signal` is aborted or the container stops. */
  async exec(argv: readonly string[], streams: SessionStreams): Promise<SessionOutcome> {
    const hear = this.hear();
    hear(argv.join('\0'));
    this.#work.commands += 1;
    const main = this.#main;
    if (main === null || main.signal.aborted) return failed(`container not running (${this.#id})`);
    const command = findCommand(argv[0] ?? '');
    if (command === null) return failed(`failed to exec in container: ${cannotStart(argv)}`);
    const { terminal } = streams;
    const session = new Job(main.signal, streams.signal);
    const foreground = new Job(session.signal);
    if (terminal !== null) terminal.onInterrupt = () => foreground.kill();
    const stdin = sessionInput(streams, hear, session.signal);
    const stdout = terminal?.stdout ?? streams.stdout ?? DISCARD;
    const self: Process = {
      argv,
      env: this.#environment(terminal !== null),
      cwd: this.#launch.workingDir || '/',
      container: this.#view(),
      stdin,
      stdout,
      stderr: terminal?.stdout ?? streams.stderr ?? DISCARD,
      terminal,
      signal: foreground.signal,
    };
    this.#processes.running += 1;
    try {
      const code = await command(self);
      if (session.signal.aborted) return { kind: 'exited', code: KILLED };
      return { kind: 'exited', code: foreground.signal.aborted ? INTERRUPTED : code };
    } finally {
      this.#processes.running -= 1;
      stdin.close();
      foreground.end();
      session.kill();
    }
  }

  /** Runs a command and gives back what it wrote, stdout before stderr, as the kubelet's `/run` does. */
  async run(
    argv: readonly string[],
    signal: AbortSignal,
  ): Promise<{ outcome: SessionOutcome; stdout: Buffer; stderr: Buffer }> {
    const [stdout, stderr] = [collectOutput(MOST_OUTPUT_BYTES), collectOutput(MOST_OUTPUT_BYTES)];
    const streams = { stdin: null, stdout: stdout.sink, stderr: stderr.sink, terminal: null, signal };
    const outcome = await this.exec(argv, streams);
    return { outcome, stdout: stdout.bytes(), stderr: stderr.bytes() };
  }

  /** Joins a client to the main process until that ends, the client leaves, or the client's input ends. */
  async attach(streams: SessionStreams): Promise<SessionOutcome> {
    const main = this.#main;
    if (main === null || main.signal.aborted)
      return failed(`container is in ${runtimeState(this.#state)} state`);
    const hear = this.hear();
    await main.attach(streams, hear);
    return { kind: 'exited', code: 0 };
  }

  resizeMain(size: { width: number; height: number }): void {
    this.#main?.terminal?.resize(size);
  }

  /** What a process that a signal ended reports; a program of an image that ends by itself keeps its own code. */
  #exitCode(code: number): number {
    switch (this.#signalled) {
      case null:
        return code;
      case 'SIGKILL':
        return KILLED;
      case 'SIGTERM':
        return this.#launch.command.length === 0 && code === 0 ? 0 : TERMINATED;
    }
  }

  /** A restarted container has a new root file system and log; what is mounted into it stays. */
  #renew(): void {
    this.#id = newId();
    this.#files = new FileSystem();
    if (this.#canary !== null) this.#files.write(CANARY_FILE, Buffer.from(this.#canary));
    this.#work.bytes += this.#previousLog?.writtenBytes ?? 0;
    this.#previousLog = this.#log;
    this.#log = new LogBuffer(this.#options.now);
  }

  async #run(main: MainProcess, image: Image): Promise<{ exited: Promise<number> }> {
    const { spec, pod, network, address, webKeyPair } = this.#options;
    this.#furnish(main);
    const { command, args, workingDir } = this.#launch;
    const argv = [...command, ...args];
    const self: Process = {
      argv,
      env: this.#environment(spec.tty === true),
      cwd: workingDir || '/',
      container: this.#view(),
      stdin: main.stdinFor(image.readsStdin || spec.stdin === true),
      stdout: main.stdout,
      stderr: main.stderr,
      terminal: main.terminal,
      signal: main.signal,
    };
    const program = command.length > 0 ? findCommand(argv[0] ?? '') : null;
    if (program !== null) return { exited: program(self) };
    const [httpPort = 8080, httpsPort = 8443] = (spec.ports ?? []).map((it) => it.containerPort);
    const web = {
      network,
      address,
      httpPort,
      httpsPort,
      keyPair: webKeyPair,
      podName: pod.metadata.name,
      files: this.#files,
      hear: () => this.hear(),
      log: (line: string) => void main.stdout.write(Buffer.from(`${line}\n`)),
    };
    try {
      return await image.start({ self, web });
    } catch (error) {
      if (!(error instanceof MidplaneError)) throw error;
      // A port that is taken is the program's failure, not the kubelet's.
      await main.stderr.write(Buffer.from(`${error.message}\n`));
      return { exited: Promise.resolve(1) };
    }
  }

  #furnish(main: MainProcess): void {
    const { pod, address } = this.#options;
    const name = pod.metadata.name;
    this.#files.write('/etc/hostname', Buffer.from(`${name}\n`));
    this.#files.write('/etc/hosts', Buffer.from(`127.0.0.1\tlocalhost\n${address}\t${name}\n`));
    for (const mount of this.#options.mounts ?? []) this.#files.mount(mount);
    this.#files.addDevice(HEARD_FILE, heardDevice(this.#heard));
    this.#files.addDevice('/proc/1/fd/1', { source: () => NOTHING, sink: () => borrowed(main.stdout) });
    this.#files.addDevice('/proc/1/fd/2', { source: () => NOTHING, sink: () => borrowed(main.stderr) });
  }

  #view(): ContainerView {
    return { hostname: this.#options.pod.metadata.name, files: this.#files, processes: this.#processes };
  }

  #environment(withTerminal: boolean): Map<string, string> {
    const { pod } = this.#options;
    return new Map([
      ['PATH', SEARCH_PATH],
      ['HOSTNAME', pod.metadata.name],
      ...(withTerminal ? [['TERM', 'xterm'] as const] : []),
      ['HOME', '/root'],
      ...this.#launch.env,
    ]);
  }
}

/** As written, for a container whose spec refers to nothing. */
function launchOf({ command = [], args = [], env = [] }: Container): Launch {
  return { command, args, env: env.map(({ name, value = '' }) => [name, value]), workingDir: '' };
}

/** The main process's stream, lent to somebody whose end is not its end. */
function borrowed(sink: Sink): Sink {
  return { write: (bytes, signal) => sink.write(bytes, signal), end: () => undefined };
}

function failed(text: string): SessionOutcome {
  return { kind: 'failed', text };
}

function runtimeState(state: ContainerState): string {
  return state.kind === 'terminated' ? 'CONTAINER_EXITED' : 'CONTAINER_CREATED';
}
