import { integerBelow } from '../../randomness';
import { evaluateArithmetic } from './arithmetic';
import { collectOutput } from './collect-output';
import { expandGlob } from './expand-glob';
import type { Interpreter, Io } from './shell-interpreter';
import type { List } from './shell-tree';
import { ExpansionProblem, TOO_LONG, type WordContext } from './shell-words';

const LONGEST_SUBSTITUTION = 1024 * 1024;

/** What words are expanded with: the variables of a shell, and its commands. */
export class ShellWordContext implements WordContext {
  readonly #shell: Interpreter;
  readonly #io: Io;
  /** The status of the last command substitution: that of a command which is nothing but assignments. */
  substituted: number | null = null;

  constructor(shell: Interpreter, io: Io) {
    this.#shell = shell;
    this.#io = io;
  }

  get unsetIsError(): boolean {
    return this.#shell.state.options.has('u');
  }

  lookup(name: string): string | undefined {
    const { state, self, pid, interactive } = this.#shell;
    switch (name) {
      case '?':
        return String(state.status);
      case '$':
        return String(pid);
      case '!':
        return state.lastBackground === null ? '' : String(state.lastBackground);
      case '#':
        return String(state.parameters.length);
      case '-':
        return [...state.options].filter((it) => it.length === 1).join('') + (interactive ? 'i' : '');
      case '0':
        return state.name;
      case 'RANDOM':
        return state.get(name) ?? String(integerBelow(32_768, self.container.random));
      case 'COLUMNS':
        return state.get(name) ?? (interactive ? self.terminal?.size.width.toString() : undefined);
      case 'LINES':
        return state.get(name) ?? (interactive ? self.terminal?.size.height.toString() : undefined);
      default:
        return /^\d+$/.test(name) ? state.parameters[Number(name) - 1] : state.get(name);
    }
  }

  positional(): readonly string[] {
    return this.#shell.state.parameters;
  }

  assign(name: string, value: string): boolean {
    return this.#shell.state.set(name, value) === null;
  }

  async substitute(commands: List): Promise<string> {
    const output = collectOutput(LONGEST_SUBSTITUTION);
    const files = new Map(this.#io.files).set(1, { source: null, sink: output.sink });
    const io = { files, signal: this.#io.signal };
    this.substituted = await this.#shell.subshell((child, inner) => child.list(commands, inner, false), io);
    this.#shell.state.status = this.substituted;
    if (output.full()) throw new ExpansionProblem(TOO_LONG);
    return output.bytes().toString().replace(/\0/g, '').replace(/\n+$/, '');
  }

  arithmetic(expression: string): string {
    const result = evaluateArithmetic(expression, {
      get: (name) => {
        const value = this.lookup(name);
        if (value === undefined && this.unsetIsError)
          throw new ExpansionProblem(`${name}: parameter not set`);
        return value;
      },
      set: (name, value) => this.assign(name, value),
    });
    if (result.kind === 'number') return result.value.toString();
    throw new ExpansionProblem(result.text);
  }

  glob(pattern: string): readonly string[] {
    const { state, self } = this.#shell;
    return state.options.has('f') ? [] : expandGlob(pattern, state.cwd, self.container.files);
  }
}
