import type { ScenarioReport, ScenarioText } from '../report/scenario-outcome';
import { type ScenarioTeller, scenarioTeller } from '../report/scenario-story';
import type { Listeners } from './listeners';
import type { Progress } from './progress';
import type { Terminal } from './terminal';

/** Tells a scenario while it is played, in the words that its story has in the end. */
export class LiveStory {
  readonly #teller: ScenarioTeller;
  readonly #tell: (text: string) => void;
  readonly #progress: Progress;

  constructor(scenario: ScenarioText, progress: Progress, terminal: Terminal) {
    this.#teller = scenarioTeller(scenario, { colour: terminal.colour, width: terminal.width ?? 100 });
    this.#progress = progress;
    this.#tell = (text) => {
      progress.clear();
      terminal.write(text);
    };
  }

  begin(): Required<Pick<Listeners, 'onTwin' | 'onStep' | 'onRun'>> {
    this.#tell(this.#teller.opening());
    let steps = 0;
    return {
      onTwin: (twin) => {
        steps = 0;
        this.#tell(this.#teller.twin(twin));
        this.#progress.show('the lab starts');
      },
      onStep: (step) => {
        steps += 1;
        this.#tell(this.#teller.step(step, steps));
      },
      onRun: (run) => this.#tell(this.#teller.ending(run)),
    };
  }

  end({ runs }: ScenarioReport): void {
    this.#tell(this.#teller.closing(runs));
  }
}
