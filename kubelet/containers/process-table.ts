/** The processes of one container, as its pid namespace numbers them. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
  readonly startedAt: Date;
  readonly hasTerminal: boolean;
  /** The first process of a container hears a signal that it has no handler for only when it comes from the runtime. */
  deliver(signal: SignalName, from?: 'from outside'): void;
}

export type SignalName = keyof typeof SIGNALS;

/** signal(7) on x86-64; those that people send. */
export const SIGNALS = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  WINCH: 28,
} as const;

/** What a pids cgroup would allow. */
export const MOST_PROCESSES = 256;
/** Somebody must be able to look into a container that has as many processes as it may have. */
const KEPT_FOR_THE_RUNTIME = 16;
const LAST_PID = 32_767;

export class ProcessTable {
  readonly #running = new Map<number, RunningProcess>();
  #last = 0;

  get size(): number {
    return this.#running.size;
  }

  all(): RunningProcess[] {
    return [...this.#running.values()].sort((a, b) => a.pid - b.pid);
  }

  get(pid: number): RunningProcess | undefined {
    return this.#running.get(pid);
  }

  /** Null: there are as many as there may be. */
  add(process: Omit<RunningProcess, 'pid' | 'startedAt'>): RunningProcess | null {
    const room = process.parent === 0 ? MOST_PROCESSES + KEPT_FOR_THE_RUNTIME : MOST_PROCESSES;
    if (this.#running.size >= room) return null;
    do this.#last = this.#last >= LAST_PID ? 2 : this.#last + 1;
    while (this.#running.has(this.#last));
    const added = { ...process, pid: this.#last, startedAt: new Date() };
    this.#running.set(added.pid, added);
    return added;
  }

  remove(pid: number): void {
    this.#running.delete(pid);
  }
}

/** `TERM`, `SIGTERM`, `15`; null for what is no signal. */
export function signalNamed(text: string): SignalName | null {
  const bare = text.toUpperCase().replace(/^SIG/, '');
  const names = Object.keys(SIGNALS) as SignalName[];
  return names.find((name) => name === bare || String(SIGNALS[name]) === text) ?? null;
}
