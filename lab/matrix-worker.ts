import { parentPort, workerData } from 'node:worker_threads';
import { MidplaneError } from '../error';
import type { Cell } from '../report/outcome';
import type { DefenceId } from '../scenarios/vocabulary';
import { type MatrixOptions, type PlannedLab, runLabs } from './run-matrix';

/** A thread of run-matrix-in-threads: runs the labs that it is given, and tells of each cell. */
export interface MatrixWork extends Pick<MatrixOptions, 'seed' | 'cellTimeLimitMs'> {
  readonly labs: readonly PlannedLab[];
}

export type MatrixNews =
  | { readonly kind: 'lab'; readonly defence: DefenceId }
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly error: ReturnType<typeof describeError> };

/** Errors lose their class on the way between threads. */
function describeError(error: unknown): {
  readonly code: MidplaneError['code'] | null;
  readonly text: string;
  readonly hint: string | undefined;
} {
  if (error instanceof MidplaneError) return { code: error.code, text: error.message, hint: error.hint };
  return {
    code: null,
    text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: undefined,
  };
}

async function work({ labs, ...options }: MatrixWork): Promise<void> {
  const tell = (news: MatrixNews): void => parentPort?.postMessage(news);
  try {
    await runLabs(labs, {
      ...options,
      onLab: (defence) => tell({ kind: 'lab', defence }),
      onCell: (cell) => tell({ kind: 'cell', cell }),
    });
    tell({ kind: 'over' });
  } catch (error) {
    tell({ kind: 'failed', error: describeError(error) });
  }
}

void work(workerData as MatrixWork);
