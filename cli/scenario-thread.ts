import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorOf } from '../lab/thread-error';
import type { ScenarioReport } from '../report/scenario-outcome';
import type { Listeners } from './listeners';
import type { Player, Task } from './play-several';
import type { ScenarioNews, ScenarioOrder, ScenarioWork } from './scenario-worker';
import type { Terminal } from './terminal';

/** A second thread that plays scenarios: a lab keeps one processor busy. */
export class ScenarioThread implements AsyncDisposable {
  readonly #worker: Worker;

  constructor({ kubectl, warn }: Terminal) {
    const workerData: ScenarioWork = kubectl === undefined ? {} : { kubectl };
    this.#worker = new Worker(join(__dirname, 'scenario-worker.js'), { workerData });
    this.#worker.on('message', (news: ScenarioNews) => {
      if (news.kind === 'said') warn(news.text);
    });
  }

  /** One at a time. */
  readonly play: Player = async (task, listeners, signal) => {
    const stop = (): void => this.#order({ kind: 'stop' });
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.#played(task, listeners);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #order(order: ScenarioOrder): void {
    this.#worker.postMessage(order);
  }

  #played({ name, wishes }: Task, { onStep }: Listeners): Promise<ScenarioReport> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`the thread of scenario "${name}" ended before it`));
      const hear = (news: ScenarioNews): void => {
        switch (news.kind) {
          case 'step':
            onStep?.(news.step);
            return;
          case 'said':
            return;
          case 'over':
            resolve(news.report);
            break;
          case 'failed':
            reject(errorOf(news.error));
            break;
        }
        this.#worker.off('message', hear).off('error', reject).off('exit', ended);
      };
      this.#worker.on('message', hear).on('error', reject).on('exit', ended);
      this.#order({ kind: 'play', name, wishes });
    });
  }
}
