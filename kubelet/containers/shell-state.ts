import type { OpenFile } from './process';
import type { AndOr, Command } from './shell-tree';

/** What a shell remembers between commands; a subshell begins with a copy. */
export interface Variable {
  readonly value: string;
  readonly exported: boolean;
  readonly readOnly: boolean;
}

/** Why commands that follow are not run. */
export type Flow =
  | { readonly kind: 'break' | 'continue'; levels: number }
  | { readonly kind: 'return' | 'exit' }
  /** An expansion that cannot be done, or Ctrl-C, at a terminal: the line is given up. */
  | { readonly kind: 'abort' };

export type ShellOption = 'e' | 'u' | 'x' | 'f' | 'n' | 'v' | 'C' | 'a' | 'm' | 'b' | 'pipefail';

/** `set -o` name → letter. */
export const OPTION_NAMES: Readonly<Record<string, ShellOption>> = {
  ...{ errexit: 'e', nounset: 'u', xtrace: 'x', noglob: 'f', noexec: 'n', verbose: 'v', noclobber: 'C' },
  ...{ allexport: 'a', monitor: 'm', notify: 'b', pipefail: 'pipefail' },
};

/** Together, so that a loop cannot fill memory with variables. */
const MOST_VARIABLE_BYTES = 4 * 1024 * 1024;

export class ShellState {
  readonly variables: Map<string, Variable>;
  readonly functions: Map<string, Command>;
  readonly options: Set<ShellOption>;
  readonly traps: Map<string, string>;
  readonly files: Map<number, OpenFile>;
  parameters: readonly string[];
  name: string;
  cwd: string;
  umask: number;
  status = 0;
  lastBackground: number | null = null;
  flow: Flow | null = null;
  functionDepth = 0;
  /** What `local` has hidden, one map a function call. */
  readonly locals: Map<string, Variable | undefined>[] = [];
  #bytes = 0;

  constructor(from: {
    variables: Map<string, Variable>;
    files: Map<number, OpenFile>;
    name: string;
    parameters: readonly string[];
    cwd: string;
  }) {
    this.variables = from.variables;
    this.functions = new Map();
    this.options = new Set();
    this.traps = new Map();
    this.files = from.files;
    this.name = from.name;
    this.parameters = from.parameters;
    this.cwd = from.cwd;
    this.umask = 0o022;
  }

  /** Traps are not inherited (POSIX 2.12), but for those that ignore. */
  copy(): ShellState {
    const copy = new ShellState({ ...this, variables: new Map(this.variables) });
    for (const [name, body] of this.functions) copy.functions.set(name, body);
    for (const option of this.options) copy.options.add(option);
    for (const [signal, action] of this.traps) if (action === '') copy.traps.set(signal, action);
    copy.umask = this.umask;
    copy.status = this.status;
    copy.lastBackground = this.lastBackground;
    copy.functionDepth = this.functionDepth;
    copy.#bytes = this.#bytes;
    return copy;
  }

  get(name: string): string | undefined {
    return this.variables.get(name)?.value;
  }

  /** Null when it was set, else why not. */
  set(name: string, value: string, change: { exported?: boolean; readOnly?: boolean } = {}): string | null {
    const old = this.variables.get(name);
    if (old?.readOnly === true) return `${name}: is read only`;
    const bytes =
      this.#bytes + value.length + name.length - (old === undefined ? 0 : old.value.length + name.length);
    if (bytes > MOST_VARIABLE_BYTES) return 'out of memory';
    this.#bytes = bytes;
    const exported = change.exported ?? old?.exported ?? this.options.has('a');
    this.variables.set(name, { value, exported, readOnly: change.readOnly ?? false });
    return null;
  }

  unset(name: string): string | null {
    const old = this.variables.get(name);
    if (old?.readOnly === true) return `${name}: is read only`;
    if (old !== undefined) this.#bytes -= old.value.length + name.length;
    this.variables.delete(name);
    return null;
  }

  environment(): Map<string, string> {
    const exported = [...this.variables].filter(([, it]) => it.exported);
    return new Map(exported.map(([name, it]) => [name, it.value]));
  }

  /** Hides a variable until the function that is running returns. */
  hide(name: string): boolean {
    const here = this.locals.at(-1);
    if (here === undefined) return false;
    if (!here.has(name)) here.set(name, this.variables.get(name));
    return true;
  }

  restore(hidden: ReadonlyMap<string, Variable | undefined>): void {
    for (const [name, variable] of hidden) {
      if (variable === undefined) this.variables.delete(name);
      else this.variables.set(name, variable);
    }
  }
}

export interface BackgroundJob {
  readonly number: number;
  readonly pid: number;
  readonly text: AndOr['text'];
  readonly ended: Promise<number>;
  status: number | null;
  /** `jobs` and the prompt tell once that it is done. */
  told: boolean;
}
