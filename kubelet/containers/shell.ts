import { resolve } from 'node:path/posix';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Job } from './job';
import { LineSource, Pipe, type Sink } from './pipe';
import { type Command, complain, MOST_PROCESSES, type Process, pathOf } from './process';
import { parseShell, type Redirection, type SimpleCommand, type Step } from './shell-syntax';
import { expandFields, expandString, LONGEST_EXPANSION, type Lookup } from './shell-words';

/**
 * The containers' sh. Streams all the way: the stages of a pipeline run at the same time and nothing is collected.
 * It knows only the commands it is given; it cannot start a program of the machine that midplane runs on.
 */
export interface ShellOptions {
  /** The shell itself as a process: its streams, environment, terminal and signal. */
  readonly self: Process;
  readonly find: (name: string) => Command | null;
  /** `$0`, `$1`, … */
  readonly parameters: readonly string[];
}

interface Streams {
  readonly stdin: LineSource;
  readonly stdout: Sink;
  readonly stderr: Sink;
}

const NOT_FOUND = 127;
const INTERRUPTED = 130;
const KILLED = 137;
const SYNTAX_ERROR = 2;
const CANNOT_EXECUTE = 126;

export class Shell {
  readonly #self: Process;
  readonly #find: (name: string) => Command | null;
  readonly #parameters: readonly string[];
  readonly #variables = new Map<string, string>();
  #cwd: string;
  #status = 0;
  #exiting = false;

  constructor({ self, find, parameters }: ShellOptions) {
    this.#self = self;
    this.#find = find;
    this.#parameters = parameters;
    this.#cwd = self.cwd;
  }

  /** Runs a whole script: `sh -c`. */
  async run(text: string): Promise<number> {
    const parsed = parseShell(text);
    switch (parsed.kind) {
      case 'incomplete':
        return this.#syntaxError('syntax error: unterminated quoted string');
      case 'syntax-error':
        return this.#syntaxError(parsed.text);
      case 'script':
        await this.#steps(parsed.steps, this.#self.signal);
        return this.#self.signal.aborted ? KILLED : this.#status;
    }
  }

  /** Reads commands from standard input, a line at a time, with a prompt and Ctrl-C when that is a terminal. */
  async readCommands(): Promise<number> {
    const { stdin, signal, terminal } = this.#self;
    let text = '';
    while (!this.#exiting && !signal.aborted) {
      const job = new Job(signal);
      if (terminal !== null) {
        terminal.onInterrupt = () => job.kill();
        await this.#self.stdout.write(Buffer.from(text === '' ? `${this.#cwd} # ` : '> '), signal);
      }
      const line = await stdin.readLine(job.signal);
      if (line !== null) text = await this.#line(text + line.toString(), job.signal);
      job.end();
      if (line === null && !job.signal.aborted) break;
      if (job.signal.aborted && !signal.aborted) {
        text = '';
        this.#status = INTERRUPTED;
      }
    }
    if (terminal !== null) terminal.onInterrupt = null;
    if (text !== '') await this.#syntaxError('syntax error: unterminated quoted string');
    return signal.aborted ? KILLED : this.#status;
  }

  /** Runs what is complete; gives back what waits for another line. */
  async #line(text: string, signal: AbortSignal): Promise<string> {
    const parsed = parseShell(text);
    switch (parsed.kind) {
      case 'incomplete':
        if (text.length <= LONGEST_EXPANSION) return text;
        await this.#syntaxError('syntax error: unterminated quoted string');
        return '';
      case 'syntax-error':
        await this.#syntaxError(parsed.text);
        return '';
      case 'script':
        await this.#steps(parsed.steps, signal);
        return '';
    }
  }

  async #syntaxError(text: string): Promise<number> {
    await complain(this.#self, `sh: ${text}`);
    this.#status = SYNTAX_ERROR;
    return SYNTAX_ERROR;
  }

  async #steps(steps: readonly Step[], signal: AbortSignal): Promise<void> {
    for (const step of steps) {
      if (this.#exiting || signal.aborted) return;
      if (step.after === '&&' && this.#status !== 0) continue;
      if (step.after === '||' && this.#status === 0) continue;
      const status = await this.#pipeline(step.commands, signal);
      this.#status = step.negated && !this.#exiting ? Number(status === 0) : status;
      // However long the script, the event loop turns and the signal that kills it is heard.
      await nextTurn();
    }
  }

  async #pipeline(commands: readonly SimpleCommand[], signal: AbortSignal): Promise<number> {
    const [only] = commands;
    if (commands.length === 1 && only !== undefined) return this.#command(only, this.#self, signal, true);
    let stdin: LineSource = this.#self.stdin;
    const stages: Promise<number>[] = [];
    commands.forEach((command, index) => {
      const last = index === commands.length - 1;
      const pipe = last ? null : new Pipe();
      const streams = { stdin, stdout: pipe ?? this.#self.stdout, stderr: this.#self.stderr };
      const reads = index > 0 ? stdin : null;
      stages.push(
        this.#command(command, streams, signal, false).finally(() => {
          pipe?.end();
          reads?.close();
        }),
      );
      if (pipe !== null) stdin = new LineSource(pipe);
    });
    return (await Promise.all(stages)).at(-1) ?? 0;
  }

  async #command(
    command: SimpleCommand,
    inherited: Streams,
    signal: AbortSignal,
    inThisShell: boolean,
  ): Promise<number> {
    const opened = await this.#redirect(command.redirections, inherited);
    if (opened === null) return 1;
    try {
      const words = this.#expand(command);
      if (words === null) return await this.#refuse(opened.stderr, 'Argument list too long', CANNOT_EXECUTE);
      const { argv, assigned } = words;
      const env = new Map(this.#self.env);
      const terminal = opened.stdin === this.#self.stdin ? this.#self.terminal : null;
      const { container } = this.#self;
      const child: Process = { argv, env, cwd: this.#cwd, container, terminal, signal, ...opened };
      if (argv.length === 0) {
        if (inThisShell) for (const [name, value] of assigned) this.#assign(name, value);
        return 0;
      }
      const builtin = this.#builtin(child, inThisShell);
      if (builtin !== null) return await builtin;
      for (const [name, value] of assigned) env.set(name, value);
      return await this.#start(child);
    } finally {
      if (opened.stdout !== inherited.stdout) opened.stdout.end();
    }
  }

  async #start(child: Process): Promise<number> {
    const [name = ''] = child.argv;
    const found = this.#find(name);
    if (found === null) return this.#refuse(child.stderr, `${name}: not found`, NOT_FOUND);
    const { processes } = this.#self.container;
    if (processes.running >= MOST_PROCESSES) {
      return this.#refuse(child.stderr, "can't fork: Resource temporarily unavailable", 2);
    }
    processes.running += 1;
    try {
      const status = await found(child);
      return child.signal.aborted ? INTERRUPTED : status;
    } finally {
      processes.running -= 1;
    }
  }

  #expand(command: SimpleCommand): { argv: string[]; assigned: [string, string][] } | null {
    const argv: string[] = [];
    const assigned: [string, string][] = [];
    let length = 0;
    for (const word of command.words) {
      const fields = expandFields(word, this.#lookup);
      if (fields === null) return null;
      for (const field of fields) length += field.length;
      if (length > LONGEST_EXPANSION) return null;
      argv.push(...fields);
    }
    for (const { name, value } of command.assignments) {
      const text = expandString(value, this.#lookup);
      if (text === null) return null;
      assigned.push([name, text]);
    }
    return { argv, assigned };
  }

  async #redirect(redirections: readonly Redirection[], inherited: Streams): Promise<Streams | null> {
    let { stdin, stdout, stderr } = inherited;
    const refuse = async (text: string): Promise<null> => {
      await this.#refuse(inherited.stderr, text, 1);
      return null;
    };
    for (const redirection of redirections) {
      if (redirection.kind === 'duplicate') {
        const of = expandString(redirection.of, this.#lookup);
        if (redirection.fd === 1 && of === '2') stdout = stderr;
        else if (redirection.fd === 2 && of === '1') stderr = stdout;
        else if (of !== String(redirection.fd)) return refuse(`${of}: bad file descriptor`);
        continue;
      }
      const name = expandString(redirection.path, this.#lookup) ?? '';
      const path = pathOf({ ...this.#self, cwd: this.#cwd }, name);
      if (redirection.mode === 'read') {
        const source = this.#self.container.files.source(path);
        if ('kind' in source) return refuse(`can't open ${name}: no such file`);
        if (redirection.fd === 0) stdin = new LineSource(source);
      } else {
        const sink = this.#self.container.files.sink(path, redirection.mode);
        if ('kind' in sink) {
          const why = sink.text === 'No such file or directory' ? 'nonexistent directory' : sink.text;
          return refuse(`can't create ${name}: ${why}`);
        }
        if (redirection.fd === 2) stderr = sink;
        else stdout = sink;
      }
    }
    return { stdin, stdout, stderr };
  }

  async #refuse(stderr: Sink, text: string, status: number): Promise<number> {
    await stderr.write(Buffer.from(`sh: ${text}\n`), this.#self.signal);
    return status;
  }

  readonly #lookup: Lookup = (name) => {
    switch (name) {
      case '?':
        return String(this.#status);
      case '$':
        return '1';
      case '#':
        return String(Math.max(this.#parameters.length - 1, 0));
      case '@':
      case '*':
        return this.#parameters.slice(1).join(' ');
      case '!':
        return '';
      default:
        if (/^\d$/.test(name)) return this.#parameters[Number(name)];
        return this.#variables.get(name) ?? this.#self.env.get(name);
    }
  };

  /** A variable that is already in the environment stays there. */
  #assign(name: string, value: string): void {
    if (this.#self.env.has(name)) this.#self.env.set(name, value);
    else this.#variables.set(name, value);
  }

  /** What only the shell itself can do. In a pipeline it would happen in a subshell, so nothing stays of it. */
  #builtin(child: Process, stays: boolean): Promise<number> | null {
    const [name, first] = child.argv;
    switch (name) {
      case ':':
        return Promise.resolve(0);
      case 'exit':
        return this.#exit(child, first, stays);
      case 'cd':
        return this.#cd(child, first ?? '/root', stays);
      case 'export':
        if (stays) for (const argument of child.argv.slice(1)) this.#export(argument);
        return Promise.resolve(0);
      case 'unset':
        for (const argument of stays ? child.argv.slice(1) : []) {
          this.#variables.delete(argument);
          this.#self.env.delete(argument);
        }
        return Promise.resolve(0);
      default:
        return null;
    }
  }

  async #exit(child: Process, status: string | undefined, stays: boolean): Promise<number> {
    if (status !== undefined && !/^\d+$/.test(status)) {
      await complain(child, `sh: exit: Illegal number: ${status}`);
      return 2;
    }
    this.#exiting ||= stays;
    return status === undefined ? this.#status : Number(status) & 0xff;
  }

  async #cd(child: Process, name: string, stays: boolean): Promise<number> {
    const path = resolve(child.cwd, name);
    if (child.container.files.kindOf(path) !== 'directory') {
      await complain(child, `sh: cd: can't cd to ${name}: No such file or directory`);
      return 2;
    }
    if (stays) this.#cwd = path;
    return 0;
  }

  #export(argument: string): void {
    const [name = '', ...value] = argument.split('=');
    const given = value.length > 0 ? value.join('=') : this.#variables.get(name);
    this.#variables.delete(name);
    if (given !== undefined) this.#self.env.set(name, given);
  }
}
