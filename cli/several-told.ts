import type { Played } from '../report/played';
import { type ScenariosTeller, scenariosTeller } from '../report/scenarios-story';
import type { Listeners } from './play-named';
import type { Audience, Task } from './play-several';
import { Progress } from './progress';
import type { Terminal } from './terminal';

/** Tells several scenarios in the order in which they were asked for, whichever is over first. */
export class SeveralTold implements Audience {
  readonly #tasks: readonly Task[];
  readonly #how: { readonly isTold: boolean; readonly whole: boolean };
  readonly #terminal: Terminal;
  readonly #progress: Progress;
  readonly #teller: ScenariosTeller;
  readonly #played = new Map<Task, Played>();
  #told = 0;

  /** @param how `isTold`: on stdout; `whole`: their stories, otherwise a line each */
  constructor(
    tasks: readonly Task[],
    how: { readonly isTold: boolean; readonly whole: boolean },
    terminal: Terminal,
  ) {
    this.#tasks = tasks;
    this.#how = how;
    this.#terminal = terminal;
    this.#progress = new Progress(terminal);
    this.#teller = scenariosTeller(
      tasks.map(({ scenario }) => scenario.id),
      { colour: terminal.colour, width: terminal.width ?? 100 },
    );
  }

  begin({ scenario }: Task): Listeners {
    const show = (what: string): void =>
      this.#progress.show(`${this.#played.size + 1}/${this.#tasks.length} ${scenario.id}  ${what}`);
    show('the lab starts');
    return { onStep: ({ who, did }) => show(`${who}: ${did}`) };
  }

  over(task: Task, played: Played): void {
    this.#played.set(task, played);
    this.clear();
    for (const next of this.#tasks.slice(this.#told)) {
      const over = this.#played.get(next);
      if (over === undefined) return;
      this.#told += 1;
      if (this.#how.isTold) this.#terminal.write(this.#teller.each(over, this.#how.whole));
    }
  }

  clear(): void {
    this.#progress.clear();
  }

  /** When all are over. */
  all(): Played[] {
    return this.#tasks.flatMap((task) => this.#played.get(task) ?? []);
  }

  closing(): string {
    return this.#teller.closing(this.all());
  }
}
