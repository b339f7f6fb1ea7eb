import { Job } from './job';
import type { OpenFile, Process } from './process';
import { completeWord } from './shell-completion';
import { Interpreter, type InterpreterOptions } from './shell-interpreter';
import { OPTION_NAMES, ShellState } from './shell-state';
import { parseShell } from './shell-syntax';

/**
 * The containers' sh: reads commands and hands them to the interpreter. Streams all the way: the stages of a pipeline run at
 * the same time and nothing is collected. It knows only the commands it is given; it cannot start a program of the
 * machine that midplane runs on.
 */
export interface ShellOptions {
  /** The shell itself as a process: its streams, environment, terminal and signal. */
  readonly self: Process;
  readonly find: InterpreterOptions['find'];
  /** `$0`, `$1`, … */
  readonly parameters: readonly string[];
}

const INTERRUPTED = 130;
const KILLED = 137;
const LONGEST_COMMAND = 1024 * 1024;
const HISTORY_LINES = 200;
const HISTORY_BYTES = 64 * 1024;

export class Shell {
  readonly #self: Process;
  readonly #interpreter: Interpreter;
  readonly #state: ShellState;
  readonly #history: string[] = [];

  constructor({ self, find, parameters }: ShellOptions) {
    this.#self = self;
    const [name = 'sh', ...rest] = parameters;
    const variables = new Map(
      [...self.env].map(([key, value]) => [key, { value, exported: true, readOnly: false }]),
    );
    const files = new Map<number, OpenFile>([
      ...(self.files ?? []),
      [0, { source: self.stdin, sink: null }],
      [1, { source: null, sink: self.stdout }],
      [2, { source: null, sink: self.stderr }],
    ]);
    this.#state = new ShellState({ variables, files, name, parameters: rest, cwd: self.cwd });
    this.#state.set('PWD', self.cwd, { exported: true });
    for (const [key, value] of [
      ['IFS', ' \t\n'],
      ['PS1', '\\w \\$ '],
      ['PS2', '> '],
      ['PS4', '+ '],
      ['OPTIND', '1'],
      ['PPID', '0'],
    ] as const) {
      if (this.#state.get(key) === undefined) this.#state.set(key, value);
    }
    this.#interpreter = new Interpreter({
      self,
      state: this.#state,
      find,
      pid: self.pid,
      interactive: false,
    });
  }

  /** `sh -ex`; a text says which option there is not. */
  setOptions(words: readonly string[]): string | null {
    const pending = [...words];
    for (let word = pending.shift(); word !== undefined; word = pending.shift()) {
      for (const letter of word.slice(1)) {
        const name = letter === 'o' ? (pending.shift() ?? '') : letter;
        const option =
          letter === 'o' ? OPTION_NAMES[name] : Object.values(OPTION_NAMES).find((it) => it === letter);
        if (option === undefined) return `invalid option ${word.charAt(0)}${name}`;
        if (word.startsWith('-')) this.#state.options.add(option);
        else this.#state.options.delete(option);
      }
    }
    return null;
  }

  /** Runs a whole script: `sh -c`, or a file. */
  async run(text: string): Promise<number> {
    const restore = this.#handleSignals();
    await this.#interpreter.text(text, this.#self.signal);
    return this.#finish(restore);
  }

  /** Reads commands from standard input, a line at a time, with a prompt and Ctrl-C when that is a terminal. */
  async readCommands(): Promise<number> {
    const { signal, terminal } = this.#self;
    const restore = this.#handleSignals();
    this.#interpreter.interactive = terminal !== null;
    let text = '';
    let delimiter: string | null = null;
    while (!this.#exiting() && !signal.aborted) {
      const job = new Job(signal);
      if (terminal !== null) {
        terminal.onInterrupt = () => job.kill();
        if (text === '') await this.#tellJobs();
      }
      const line = await this.#readLine(text !== '', job.signal);
      if (line !== null) {
        text += line;
        // Inside a here-document nothing is complete before its last line.
        const inside: boolean =
          delimiter !== null && line.replace(/\n$/, '').replace(/^\t+/, '') !== delimiter;
        const left: { text: string; delimiter: string | null } = inside
          ? { text, delimiter }
          : await this.#take(text, job.signal);
        text = left.text;
        delimiter = left.delimiter;
      }
      job.end();
      if (line === null && !job.signal.aborted) break;
      if (job.signal.aborted && !signal.aborted) {
        text = '';
        delimiter = null;
        this.#state.status = INTERRUPTED;
      }
      if (!this.#exiting()) this.#state.flow = null;
    }
    if (terminal !== null) terminal.onInterrupt = null;
    if (text !== '' && !signal.aborted) await this.#interpreter.text(text, signal);
    return this.#finish(restore);
  }

  async #readLine(continued: boolean, signal: AbortSignal): Promise<string | null> {
    const { terminal, stdin } = this.#self;
    if (terminal === null || stdin !== terminal.stdin)
      return (await stdin.readLine(signal))?.toString() ?? null;
    const prompt = continued ? (this.#state.get('PS2') ?? '> ') : this.#prompt(this.#state.get('PS1') ?? '');
    const line = await terminal.readLine({
      prompt,
      history: this.#history,
      complete: (before) => completeWord(before, this.#state, this.#self.container.files),
      signal,
    });
    const text = line?.replace(/\n$/, '') ?? '';
    if (text.trim() !== '' && text !== this.#history.at(-1)) this.#history.push(text);
    let bytes = this.#history.reduce((sum, it) => sum + it.length, 0);
    while (this.#history.length > HISTORY_LINES || bytes > HISTORY_BYTES)
      bytes -= this.#history.shift()?.length ?? 0;
    return line;
  }

  #prompt(format: string): string {
    const home = this.#state.get('HOME') ?? '';
    const { cwd } = this.#state;
    const short =
      home !== '' && home !== '/' && (cwd === home || cwd.startsWith(`${home}/`))
        ? `~${cwd.slice(home.length)}`
        : cwd;
    return format.replace(/\\([wWhu$])/g, (_all, letter: string) => {
      if (letter === 'w') return short;
      if (letter === 'W') return short.replace(/^.*\/(?=.)/, '');
      if (letter === 'h') return this.#self.container.hostname;
      return letter === 'u' ? 'root' : '#';
    });
  }

  /** Runs what is complete; gives back what waits for another line. */
  async #take(text: string, signal: AbortSignal): Promise<{ text: string; delimiter: string | null }> {
    const parsed = parseShell(text);
    if (parsed.kind === 'incomplete' && text.length <= LONGEST_COMMAND)
      return { text, delimiter: parsed.delimiter };
    await this.#interpreter.text(text, signal);
    return { text: '', delimiter: null };
  }

  #exiting(): boolean {
    return this.#state.flow?.kind === 'exit';
  }

  async #tellJobs(): Promise<void> {
    for (const line of this.#interpreter.finishedJobs())
      await this.#self.stderr.write(Buffer.from(`${line}\n`));
  }

  #handleSignals(): () => void {
    this.#self.signals.handler = (signal) => this.#interpreter.hear(signal);
    const terminal = this.#self.terminal;
    if (terminal !== null) terminal.onResize = () => void this.#interpreter.hear('WINCH');
    return () => {
      this.#self.signals.handler = null;
      if (terminal !== null) terminal.onResize = null;
    };
  }

  async #finish(restore: () => void): Promise<number> {
    const status = await this.#interpreter.exitTrap(this.#self.signal);
    restore();
    return this.#self.signal.aborted ? KILLED : status;
  }
}
