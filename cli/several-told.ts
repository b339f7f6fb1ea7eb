import type { Played } from '../report/played';
import { type ScenariosTeller, scenariosTeller } from '../report/scenarios-story';
import { type Listeners, together } from './listeners';
import { LiveStory } from './live-story';
import type { Audience, Task } from './play-several';
import type { Progress } from './progress';
import type { Terminal } from './terminal';

export interface Telling {
  /** Whether stories are wanted on stdout. */
  readonly isTold: boolean;
  /** Their stories, otherwise a line each. */
  readonly whole: boolean;
  /** Who holds them up; null: they are told when they are over. */
  readonly paces: readonly Listeners[] | null;
  readonly progress: Progress;
}

/** Tells several scenarios in the order in which they were asked for, whichever is over first. */
export class SeveralTold implements Audience {
  readonly #tasks: readonly Task[];
  readonly #how: Telling;
  readonly #terminal: Terminal;
  readonly #teller: ScenariosTeller;
  readonly #live = new Map<Task, LiveStory>();
  readonly #played = new Map<Task, Played>();
  #told = 0;

  constructor(tasks: readonly Task[], how: Telling, terminal: Terminal) {
    this.#tasks = tasks;
    this.#how = how;
    this.#terminal = terminal;
    this.#teller = scenariosTeller(
      tasks.map(({ scenario }) => scenario.id),
      { colour: terminal.colour, width: terminal.width ?? 100, whole: how.whole },
    );
  }

  begin(task: Task): Listeners {
    const { scenario } = task;
    const { paces } = this.#how;
    if (paces !== null) {
      const story = new LiveStory(scenario, this.#how.progress, this.#terminal);
      this.#live.set(task, story);
      return together([story.begin(), ...paces]);
    }
    const show = (what: string): void =>
      this.#how.progress.show(`${this.#played.size + 1}/${this.#tasks.length} ${scenario.id}  ${what}`);
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
      if (this.#how.isTold) this.#tell(next, over);
    }
  }

  #tell(task: Task, played: Played): void {
    const story = this.#live.get(task);
    if (story === undefined || played.kind !== 'report') {
      this.#terminal.write(this.#teller.each(played));
      return;
    }
    story.end(played.report);
    this.#terminal.write('\n');
  }

  clear(): void {
    this.#how.progress.clear();
  }

  /** When all are over. */
  all(): Played[] {
    return this.#tasks.flatMap((task) => this.#played.get(task) ?? []);
  }

  closing(): string {
    return this.#teller.closing(this.all());
  }
}
