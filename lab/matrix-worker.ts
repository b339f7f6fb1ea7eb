import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Cell } from '../report/outcome';
import type { DefenceId } from '../scenarios/vocabulary';
import { type MatrixOptions, type PlannedLab, runLabs } from './run-matrix';
import { describeError, type ThreadError } from './thread-error';

/** A thread of run-matrix-in-threads: asks for one lab after the other, runs it, and tells of each cell. */
export type MatrixWork = Pick<MatrixOptions, 'seed' | 'cellTimeLimitMs' | 'side'>;

export type MatrixNews =
  /** To be answered with a PlannedLab, or null when none is left. */
  | { readonly kind: 'free' }
  | { readonly kind: 'lab'; readonly defence: DefenceId }
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly error: ThreadError };

function tell(news: MatrixNews): void {
  parentPort?.postMessage(news);
}

async function* labsOf(parent: MessagePort): AsyncGenerator<PlannedLab> {
  for (;;) {
    const answered = once(parent, 'message');
    tell({ kind: 'free' });
    const [lab] = (await answered) as [PlannedLab | null];
    if (lab === null) return;
    yield lab;
  }
}

async function work(parent: MessagePort, options: MatrixWork): Promise<void> {
  try {
    await runLabs(labsOf(parent), {
      ...options,
      onLab: (defence) => tell({ kind: 'lab', defence }),
      onCell: (cell) => tell({ kind: 'cell', cell }),
    });
    tell({ kind: 'over' });
  } catch (error) {
    tell({ kind: 'failed', error: describeError(error) });
  }
}

if (parentPort !== null) void work(parentPort, workerData as MatrixWork);
