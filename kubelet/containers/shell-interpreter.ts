import { LineSource, NOTHING, Pipe } from './pipe';
import type { Command as Executable, OpenFile, Process } from './process';
import { runProcess } from './process';
import type { SignalName } from './process-table';
import { findBuiltin } from './shell-builtins';
import { matchesPattern } from './shell-pattern';
import { openRedirections } from './shell-redirections';
import { runSimpleCommand } from './shell-simple-command';
import type { BackgroundJob, Flow, ShellState } from './shell-state';
import { parseLines } from './shell-syntax';
import type { AndOr, Command, CompoundCommand, List, Pipeline } from './shell-tree';
import { ShellWordContext } from './shell-word-context';
import { ExpansionProblem, expandFields, expandPattern, expandString } from './shell-words';
import { takeTurn } from './turns';

/** Where commands read and write, and what kills them. */
export interface Io {
  /** `exec` with redirections changes them for all that follows. */
  readonly files: Map<number, OpenFile>;
  readonly signal: AbortSignal;
}

export interface InterpreterOptions {
  readonly self: Process;
  readonly state: ShellState;
  readonly find: (self: Process, name: string) => Executable | 'not-executable' | null;
  readonly pid: number;
  readonly interactive: boolean;
}

const SYNTAX_ERROR = 2;
export const CANNOT_FORK = "can't fork: Resource temporarily unavailable";
const DEEPEST_CALLS = 500;
const MOST_JOBS_KEPT = 64;

/** Runs the tree of a script (POSIX.1-2017, Shell Command Language, 2.9 and 2.11). */
export class Interpreter {
  readonly self: Process;
  readonly state: ShellState;
  readonly find: InterpreterOptions['find'];
  /** `$$`: a subshell has that of the shell it came from. */
  readonly pid: number;
  readonly jobs: BackgroundJob[] = [];
  interactive: boolean;
  readonly #pending: SignalName[] = [];
  #wake: (() => void) | null = null;
  #inTrap = false;

  constructor({ self, state, find, pid, interactive }: InterpreterOptions) {
    this.self = self;
    this.state = state;
    this.find = find;
    this.pid = pid;
    this.interactive = interactive;
  }

  /** Runs a text, line by line: what comes before an error is run. */
  async text(text: string, signal: AbortSignal, files = this.state.files): Promise<number> {
    const io = { files, signal };
    for (const parsed of parseLines(text)) {
      if (parsed.kind !== 'script') {
        await this.complain(io, parsed.text);
        this.state.status = SYNTAX_ERROR;
        if (!this.interactive) this.state.flow = { kind: 'exit' };
        break;
      }
      if (!this.state.options.has('n')) await this.list(parsed.list, io, false);
      if (this.stopped(signal)) break;
    }
    return this.state.status;
  }

  async list(list: List, io: Io, quiet: boolean): Promise<number> {
    for (const andOr of list) {
      if (this.stopped(io.signal)) break;
      if (andOr.background) await this.#background(andOr, io);
      else await this.#andOr(andOr, io, quiet);
      // However long the script, the event loop turns and the signal that kills it is heard.
      await takeTurn();
      await this.runTraps(io);
    }
    return this.state.status;
  }

  stopped(signal: AbortSignal): boolean {
    return signal.aborted || this.state.flow !== null;
  }

  /** `quiet`: set -e does not apply (POSIX, set, -e). */
  async #andOr(andOr: AndOr, io: Io, quiet: boolean): Promise<void> {
    const { pipelines } = andOr;
    for (const [index, pipeline] of pipelines.entries()) {
      if (this.stopped(io.signal)) return;
      if (pipeline.after === '&&' && this.state.status !== 0) continue;
      if (pipeline.after === '||' && this.state.status === 0) continue;
      const isLast = index === pipelines.length - 1;
      const ignored = quiet || !isLast || pipeline.negated;
      const status = await this.#pipeline(pipeline, io, ignored);
      this.state.status =
        pipeline.negated && this.state.flow?.kind !== 'exit' ? Number(status === 0) : status;
      if (status !== 0 && !ignored && this.state.options.has('e')) this.state.flow ??= { kind: 'exit' };
    }
  }

  async #pipeline({ commands }: Pipeline, io: Io, quiet: boolean): Promise<number> {
    const [only] = commands;
    if (commands.length === 1 && only !== undefined) return this.command(only, io, quiet);
    let stdin = io.files.get(0);
    const stages: Promise<number>[] = [];
    commands.forEach((command, index) => {
      const pipe = index === commands.length - 1 ? null : new Pipe();
      const files = new Map(io.files);
      if (stdin !== undefined) files.set(0, stdin);
      if (pipe !== null) files.set(1, { source: null, sink: pipe });
      const reads = index > 0 ? stdin : undefined;
      const stage = this.#stage(command, { files, signal: io.signal }, quiet);
      stages.push(
        stage.finally(() => {
          pipe?.end();
          reads?.source?.close();
        }),
      );
      if (pipe !== null) stdin = { source: new LineSource(pipe), sink: null };
    });
    const statuses = await Promise.all(stages);
    const failed = statuses.findLast((it) => it !== 0);
    return (this.state.options.has('pipefail') ? failed : statuses.at(-1)) ?? 0;
  }

  /** A stage is a subshell; one that only starts a program is no process besides the program's. */
  async #stage(command: Command, io: Io, quiet: boolean): Promise<number> {
    if (command.kind === 'simple' && this.#startsProgram(command.words[0])) {
      return this.#fork(this.self).command(command, io, quiet);
    }
    return this.subshell((child, inner) => child.command(command, inner, quiet), io);
  }

  #startsProgram(word: Extract<Command, { kind: 'simple' }>['words'][0] | undefined): boolean {
    const [part, ...others] = word ?? [];
    if (part?.kind !== 'text' || others.length > 0) return false;
    return !this.state.functions.has(part.text) && findBuiltin(part.text) === null;
  }

  /** Runs something in a copy of this shell, as a process of its own. */
  async subshell(
    run: (child: Interpreter, io: Io) => Promise<number>,
    io: Io,
    onStart?: (pid: number) => void,
  ): Promise<number> {
    const status = await runProcess(
      async (process) => {
        const child = this.#fork(process);
        process.signals.handler = (signal) => child.hear(signal);
        const files = new Map(io.files);
        await run(child, { files, signal: process.signal });
        return child.exitTrap(process.signal, files);
      },
      {
        ...this.processFor(io, this.self.argv),
        ...(onStart === undefined ? {} : { onStart }),
      },
    );
    if (status !== null) return status;
    await this.complain(io, CANNOT_FORK);
    return 2;
  }

  #fork(self: Process): Interpreter {
    const { find, pid } = this;
    return new Interpreter({ self, state: this.state.copy(), find, pid, interactive: false });
  }

  /** A child of this shell as a process, before it has a pid. */
  processFor(
    io: Io,
    argv: readonly string[],
  ): Omit<Process, 'pid' | 'signals'> & { readonly parent: number } {
    const stdin = io.files.get(0)?.source ?? new LineSource(NOTHING);
    return {
      argv,
      parent: this.self.pid,
      env: this.state.environment(),
      cwd: this.state.cwd,
      umask: this.state.umask,
      container: this.self.container,
      stdin,
      stdout: io.files.get(1)?.sink ?? CLOSED,
      stderr: io.files.get(2)?.sink ?? CLOSED,
      files: io.files,
      terminal: stdin === this.self.terminal?.stdin ? this.self.terminal : null,
      signal: io.signal,
    };
  }

  async #background(andOr: AndOr, io: Io): Promise<void> {
    const files = new Map(io.files);
    // A job in the background does not read what is typed (POSIX 2.9.3.1).
    if (!this.interactive || this.self.terminal !== null)
      files.set(0, { source: new LineSource(NOTHING), sink: null });
    // It is not killed with the line that started it, only with the shell.
    const inner = { files, signal: this.self.signal };
    const number = Math.max(0, ...this.jobs.map((it) => it.number)) + 1;
    let pid: number | null = null;
    const ended = this.subshell(
      (child, own) => child.list([{ ...andOr, background: false }], own, false),
      inner,
      (started) => {
        pid = started;
      },
    );
    if (pid === null) {
      this.state.status = await ended;
      return;
    }
    this.state.lastBackground = pid;
    this.state.status = 0;
    const job: BackgroundJob = { number, pid, text: andOr.text, ended, status: null, told: false };
    this.jobs.push(job);
    if (this.jobs.length > MOST_JOBS_KEPT) this.#forgetFinished();
    void ended.then((status) => {
      job.status = status;
    });
    if (this.interactive) await this.complainPlain(io, `[${number}] ${pid}`);
  }

  #forgetFinished(): void {
    const at = this.jobs.findIndex((it) => it.status !== null);
    if (at >= 0) this.jobs.splice(at, 1);
  }

  /** Lines about jobs that have ended since the last prompt. */
  finishedJobs(): string[] {
    const done = this.jobs.filter((it) => it.status !== null && !it.told);
    for (const job of done) this.jobs.splice(this.jobs.indexOf(job), 1);
    return done.map((it) => jobLine(it));
  }

  async command(command: Command, io: Io, quiet: boolean): Promise<number> {
    try {
      switch (command.kind) {
        case 'simple':
          return await runSimpleCommand(this, command, io, quiet);
        case 'function':
          this.state.functions.set(command.name, command.body);
          return 0;
        case 'compound': {
          const files = await openRedirections(this, command.redirections, io);
          if (files === null) return 1;
          return await this.#compound(command.command, { files, signal: io.signal }, quiet);
        }
      }
    } catch (problem) {
      if (!(problem instanceof ExpansionProblem)) throw problem;
      await this.complain(io, problem.text);
      this.state.status = 2;
      this.state.flow = { kind: this.interactive ? 'abort' : 'exit' };
      return 2;
    }
  }

  async #compound(command: CompoundCommand, io: Io, quiet: boolean): Promise<number> {
    switch (command.kind) {
      case 'group':
        return this.list(command.body, io, quiet);
      case 'subshell':
        return this.subshell((child, inner) => child.list(command.body, inner, quiet), io);
      case 'if': {
        for (const { condition, body } of command.clauses) {
          const status = await this.list(condition, io, true);
          if (this.stopped(io.signal)) return this.state.status;
          if (status === 0) return this.list(body, io, quiet);
        }
        if (command.otherwise !== null) return this.list(command.otherwise, io, quiet);
        this.state.status = 0;
        return 0;
      }
      case 'while':
        return this.#loop(io, async () => {
          const status = await this.list(command.condition, io, true);
          if (this.stopped(io.signal) || (status === 0) === command.until) return false;
          await this.list(command.body, io, quiet);
          return true;
        });
      case 'for': {
        const context = this.words(io);
        const values: string[] = [];
        if (command.words === null) values.push(...this.state.parameters);
        else for (const word of command.words) values.push(...(await expandFields(word, context)));
        return this.#loop(io, async () => {
          const value = values.shift();
          if (value === undefined) return false;
          const refused = this.state.set(command.name, value);
          if (refused !== null) throw new ExpansionProblem(refused);
          await this.list(command.body, io, quiet);
          return true;
        });
      }
      case 'case': {
        const context = this.words(io);
        const subject = await expandString(command.word, context);
        for (const { patterns, body } of command.arms) {
          for (const pattern of patterns) {
            if (!matchesPattern(await expandPattern(pattern, context), subject)) continue;
            this.state.status = 0;
            return this.list(body, io, quiet);
          }
        }
        this.state.status = 0;
        return 0;
      }
    }
  }

  /** `round` says whether there is another one. The status is the body's last (POSIX 2.9.4). */
  async #loop(io: Io, round: () => Promise<boolean>): Promise<number> {
    let status = 0;
    for (;;) {
      const goesOn = await round();
      const { flow } = this.state;
      if (goesOn) status = this.state.status;
      if (flow?.kind === 'break' || flow?.kind === 'continue') {
        const { kind } = flow;
        flow.levels -= 1;
        if (flow.levels > 0) break;
        this.state.flow = null;
        status = 0;
        if (kind === 'break') break;
        continue;
      }
      if (!goesOn || this.stopped(io.signal)) break;
      await takeTurn();
    }
    if (this.state.flow === null) this.state.status = status;
    return this.state.status;
  }

  /** Calls a function: parameters of its own, and what is `local` in it goes with it. */
  async call(body: Command, argv: readonly string[], io: Io, quiet: boolean): Promise<number> {
    const { state } = this;
    if (state.functionDepth >= DEEPEST_CALLS)
      throw new ExpansionProblem(`${argv[0]}: maximum function recursion depth exceeded`);
    const parameters = state.parameters;
    state.parameters = argv.slice(1);
    state.functionDepth += 1;
    const hidden = new Map();
    state.locals.push(hidden);
    try {
      const status = await this.command(body, io, quiet);
      if (state.flow?.kind !== 'return') return status;
      state.flow = null;
      return state.status;
    } finally {
      state.locals.pop();
      state.restore(hidden);
      state.functionDepth -= 1;
      state.parameters = parameters;
    }
  }

  words(io: Io): ShellWordContext {
    return new ShellWordContext(this, io);
  }

  /** A signal has arrived; true when this shell takes care of it. */
  hear(signal: SignalName): boolean {
    const action = this.state.traps.get(signal);
    if (action === undefined)
      return this.interactive && (signal === 'TERM' || signal === 'QUIT' || signal === 'INT');
    if (action !== '' && this.#pending.length < 64) this.#pending.push(signal);
    this.#wake?.();
    return true;
  }

  /** Ctrl-C at the terminal of a script that traps it: its commands hear it, and so does the script. */
  followInterrupts(): void {
    const { terminal, container, pid } = this.self;
    if (terminal === null || this.interactive) return;
    terminal.onInterrupt = () => {
      for (const it of container.processes.all()) if (it.parent === pid) it.deliver('INT');
      container.processes.get(pid)?.deliver('INT');
    };
  }

  /** Resolves when a signal arrives that has a trap: what `wait` is interrupted by. */
  trapped(): Promise<'trapped'> {
    return new Promise((resolve) => {
      if (this.#pending.length > 0) resolve('trapped');
      else this.#wake = () => resolve('trapped');
    });
  }

  async runTraps(io: Io): Promise<void> {
    if (this.#inTrap) return;
    for (let signal = this.#pending.shift(); signal !== undefined; signal = this.#pending.shift()) {
      await this.#runTrap(this.state.traps.get(signal) ?? '', io);
    }
  }

  async #runTrap(action: string, io: Io): Promise<void> {
    const { status } = this.state;
    this.#inTrap = true;
    await this.text(action, io.signal, io.files);
    this.#inTrap = false;
    if (this.state.flow?.kind !== 'exit') this.state.status = status;
  }

  /** The last thing a shell does; yields its exit status. */
  async exitTrap(signal: AbortSignal, files = this.state.files): Promise<number> {
    const action = this.state.traps.get('EXIT') ?? '';
    this.state.traps.delete('EXIT');
    if (action !== '' && !signal.aborted) {
      this.state.flow = null;
      const { status } = this.state;
      await this.text(action, signal, files);
      if ((this.state.flow as Flow | null)?.kind !== 'exit') this.state.status = status;
    }
    return this.state.status;
  }

  complain(io: Io, text: string): Promise<boolean> {
    return this.complainPlain(io, `sh: ${text}`);
  }

  async complainPlain(io: Io, text: string): Promise<boolean> {
    return (await io.files.get(2)?.sink?.write(Buffer.from(`${text}\n`), io.signal)) ?? false;
  }
}

export function jobLine({ number, status, text }: BackgroundJob): string {
  const state =
    status === null ? 'Running' : status === 0 ? 'Done' : status > 128 ? 'Terminated' : `Done(${status})`;
  return `[${number}]+  ${state.padEnd(26)} ${text}`;
}

const CLOSED = {
  write: async () => false,
  end: () => undefined,
  problem: 'Bad file descriptor',
};
