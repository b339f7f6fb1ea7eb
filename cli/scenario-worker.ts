import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { describeError, type ThreadError } from '../lab/thread-error';
import type { ScenarioReport, ScenarioStep } from '../report/scenario-outcome';
import { namedScenario } from './named-scenarios';
import { type PlayWishes, playNamed } from './play-named';
import type { Terminal } from './terminal';

/** A thread of scenario-thread: plays one scenario after the other, as it is told. */
export type ScenarioWork = Pick<Terminal, 'kubectl'>;

export type ScenarioOrder =
  | { readonly kind: 'play'; readonly name: string; readonly wishes: PlayWishes }
  /** What is played is given up; it is over when that is closed. */
  | { readonly kind: 'stop' };

export type ScenarioNews =
  | { readonly kind: 'step'; readonly step: ScenarioStep }
  /** For people, on stderr. */
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'over'; readonly report: ScenarioReport }
  | { readonly kind: 'failed'; readonly error: ThreadError };

function work(parent: MessagePort, { kubectl }: ScenarioWork): void {
  const stop = new AbortController();
  const tell = (news: ScenarioNews): void => parent.postMessage(news);
  const terminal: Terminal = {
    write: () => undefined,
    warn: (text) => tell({ kind: 'said', text }),
    signal: stop.signal,
    colour: false,
    width: null,
    progress: false,
    ...(kubectl === undefined ? {} : { kubectl }),
  };
  const play = async (name: string, wishes: PlayWishes): Promise<void> => {
    try {
      const { scenario } = await namedScenario(name);
      const onStep = (step: ScenarioStep): void => tell({ kind: 'step', step });
      const { report, keep } = await playNamed(scenario, wishes, { onStep }, terminal);
      await keep();
      tell({ kind: 'over', report });
    } catch (error) {
      tell({ kind: 'failed', error: describeError(error) });
    }
  };
  parent.on('message', (order: ScenarioOrder) => {
    if (order.kind === 'stop') stop.abort(new Error('the other threads have ended'));
    else void play(order.name, order.wishes);
  });
}

if (parentPort !== null) work(parentPort, workerData as ScenarioWork);
