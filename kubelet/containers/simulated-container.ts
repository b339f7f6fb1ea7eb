import type { Container, Pod } from '../../api/objects';
import type { Host } from '../../network/network';
import { type Randomness, systemRandomness } from '../../randomness';
import type { KeyPair } from '../../wire/pem';
import { collectOutput } from './collect-output';
import { findExecutable, SEARCH_PATH } from './commands';
import { FileSystem, type Mount } from './file-system';
import { furnish } from './furnish';
import { Heard } from './heard';
import { findImage, type Image } from './images';
import { Job } from './job';
import { LogBuffer } from './log-buffer';
import { MainProcess } from './main-process';
import { DISCARD, type Sink, type Source } from './pipe';
import { type Command, type ContainerView, runProcess } from './process';
import { ProcessTable } from './process-table';
import { cannotCreate, cannotFork, cannotStart, newId } from './runtime-words';
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
  /** For its identifiers, and for the programs in it. Default: the system's. */
  readonly random?: Randomness;
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
const INTERRUPTED = 130;
const KILLED = 137;
/** containerd's exit code for a container whose first process cannot be started. */
const CANNOT_START = 128;
/** What `/run` gives back at most; the runtime buffers it (cri-o and containerd limit ExecSync to 16 MiB). */
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

export class SimulatedContainer {
  readonly name: string;
  readonly spec: Container;
  readonly #random: Randomness;
  #id: string;
  #state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating', message: '' };
  #restarts = -1;
  #files: FileSystem;
  #log: LogBuffer;
  #previousLog: LogBuffer | null = null;
  #main: MainProcess | null = null;
  #canary: string | null = null;
  #ended: Promise<unknown> = Promise.resolve();
  #launch: Launch;
  #killed = false;
  #startedAt: Date;
  #release = '';
  readonly #options: ContainerOptions;
  readonly #heard = new Heard();
  /** What its processes have done so far, over all its runs. */
  readonly #work = { commands: 0, bytes: 0 };
  #processes = new ProcessTable();

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.#random = options.random ?? systemRandomness;
    this.#id = newId(this.#random);
    this.#files = new FileSystem({ random: this.#random });
    this.spec = options.spec;
    this.name = options.spec.name;
    this.#launch = launchOf(options.spec);
    this.#startedAt = options.now();
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
    this.#killed = false;
    this.#processes = new ProcessTable();
    this.#startedAt = now();
    this.#release = image.release;
    this.#restarts += 1;
    this.#work.commands += 1;
    if (this.#restarts > 0) this.#renew();
    const main = new MainProcess({
      tty: spec.tty === true,
      stdinOnce: spec.stdinOnce === true,
      log: this.#log,
    });
    furnish(this.#files, {
      ...this.#options,
      main,
      heard: this.#heard,
      release: image.release,
      view: () => this.#view(),
    });
    const argv = commandOf(launch, image);
    if (argv !== null && this.#find(argv, this.#environment(false)) === null) {
      this.#log.end();
      const [startedAt, finishedAt] = [new Date(0), now()];
      this.#state = { kind: 'terminated', exitCode: CANNOT_START, startedAt, finishedAt };
      return { kind: 'refused', text: cannotCreate(argv) };
    }
    this.#main = main;
    const startedAt = now();
    const { exited } = await this.#run(main, image);
    this.#state = { kind: 'running', startedAt };
    const ended = exited.then((code) => {
      const exitCode = this.#killed ? KILLED : code;
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

  /** SIGTERM to the first process: a command dies of it unless it traps it, a server closes and exits 0. */
  terminate(): void {
    this.#processes.get(1)?.deliver('TERM', 'from outside');
  }

  /** SIGKILL: ends every process. */
  stop(): void {
    if (this.#main?.signal.aborted === false) this.#killed = true;
    this.#main?.kill();
  }

  /** Runs a command beside the main process. Killed when `streams.signal` is aborted or the container stops. */
  async exec(argv: readonly string[], streams: SessionStreams): Promise<SessionOutcome> {
    const hear = this.hear();
    hear(argv.join('\0'));
    this.#work.commands += 1;
    const main = this.#main;
    if (main === null || main.signal.aborted) return failed(`container not running (${this.#id})`);
    const env = this.#environment(streams.terminal !== null);
    const command = this.#find(argv, env);
    if (command === null)
      return failed(`failed to exec in container: ${cannotStart(argv, newId(this.#random))}`);
    const { terminal } = streams;
    const session = new Job(main.signal, streams.signal);
    const foreground = new Job(session.signal);
    if (terminal !== null) terminal.onInterrupt = () => foreground.kill();
    const stdin = sessionInput(streams, hear, session.signal);
    const stdout = terminal?.stdout ?? streams.stdout ?? DISCARD;
    try {
      const code = await runProcess(command, {
        argv,
        env,
        parent: 0,
        cwd: this.#workingDirectory(),
        container: this.#view(),
        stdin,
        stdout,
        stderr: terminal?.stdout ?? streams.stderr ?? DISCARD,
        terminal,
        signal: foreground.signal,
      });
      if (code === null) return failed(`failed to exec in container: ${cannotFork(newId(this.#random))}`);
      if (session.signal.aborted) return { kind: 'exited', code: KILLED };
      return { kind: 'exited', code: foreground.signal.aborted ? INTERRUPTED : code };
    } finally {
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

  /** A restarted container has a new root file system and log; what is mounted into it stays. */
  #renew(): void {
    this.#id = newId(this.#random);
    this.#files = new FileSystem({ random: this.#random });
    if (this.#canary !== null) this.#files.write(CANARY_FILE, Buffer.from(this.#canary));
    this.#work.bytes += this.#previousLog?.writtenBytes ?? 0;
    this.#previousLog = this.#log;
    this.#log = new LogBuffer(this.#options.now);
  }

  /** Resolves when the first process is up. */
  async #run(main: MainProcess, image: Image): Promise<{ exited: Promise<number> }> {
    const { spec, pod, network, address, webKeyPair } = this.#options;
    const env = this.#environment(spec.tty === true);
    const argv = commandOf(this.#launch, image);
    const program = argv === null ? null : this.#find(argv, env);
    const ports = (spec.ports ?? []).map((it) => it.containerPort);
    const web = {
      network,
      address,
      ports,
      keyPair: webKeyPair,
      podName: pod.metadata.name,
      files: this.#files,
      hear: () => this.hear(),
      log: (line: string) => void main.stdout.write(Buffer.from(`${line}\n`)),
    };
    let up: () => void = () => undefined;
    const isUp = new Promise<void>((resolve) => {
      up = resolve;
    });
    const first: Command = async (self) => {
      if (program === null) return image.run({ self, web, args: this.#launch.args, up });
      up();
      return program(self);
    };
    const exited = runProcess(first, {
      argv: argv ?? image.argv,
      env,
      parent: 0,
      cwd: this.#workingDirectory(),
      container: this.#view(),
      stdin: main.stdinFor(spec.stdin === true || image.readsStdin),
      stdout: main.stdout,
      stderr: main.stderr,
      terminal: main.terminal,
      signal: main.signal,
    }).then((code) => code ?? CANNOT_START);
    void exited.then(up);
    await isUp;
    return { exited };
  }

  #view(): ContainerView {
    const { pod, network, address } = this.#options;
    return {
      hostname: pod.metadata.name,
      files: this.#files,
      processes: this.#processes,
      network,
      address,
      random: this.#random,
      release: this.#release,
      startedAt: this.#startedAt,
    };
  }

  #workingDirectory(): string {
    return this.#launch.workingDir || '/';
  }

  #find(argv: readonly string[], env: Map<string, string>): Command | null {
    const self = { env, cwd: this.#workingDirectory(), container: this.#view() };
    const found = findExecutable(self, argv[0] ?? '');
    return found === 'not-executable' ? null : found;
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

/** Null: the image's own program, which is none of the commands. */
function commandOf({ command, args }: Launch, image: Image): readonly string[] | null {
  if (command.length > 0) return [...command, ...args];
  return image.argsAreCommand && args.length > 0 ? args : image.command;
}

function failed(text: string): SessionOutcome {
  return { kind: 'failed', text };
}

function runtimeState(state: ContainerState): string {
  return state.kind === 'terminated' ? 'CONTAINER_EXITED' : 'CONTAINER_CREATED';
}
