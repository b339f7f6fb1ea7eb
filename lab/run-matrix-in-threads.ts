import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MidplaneError } from '../error';
import type { Cell, InterceptionMatrix } from '../report/outcome';
import type { MatrixNews, MatrixWork } from './matrix-worker';
import { countCells, type MatrixOptions, matrixOf, type PlannedLab, planMatrix, runLabs } from './run-matrix';

/** Fewer cells than this are through before a second thread has begun. */
const WORTH_A_THREAD = 40;

/**
 * runMatrix on two processors: labs know nothing of each other, so half of them run in a thread of their own. The same
 * document, the cells in the same order. What has to see events or logs, or works on a lab that is running, has one
 * thread. Throws as runMatrix does.
 */
export async function runMatrixInThreads(
  options: Omit<MatrixOptions, 'onEvent'>,
  processors: number,
): Promise<InterceptionMatrix> {
  const startedAt = new Date();
  const labs = planMatrix(options);
  // One that was aborted before tells nobody any more.
  options.signal?.throwIfAborted();
  const total = countCells(labs);
  const alone =
    processors < 2 || labs.length < 2 || total < WORTH_A_THREAD || 'log' in options || 'remote' in options;
  const [here, there] = alone ? [labs, []] : halves(labs);
  let done = 0;
  const counted: MatrixOptions = {
    ...options,
    onCell: (cell) => {
      done += 1;
      options.onCell?.(cell, done, total);
    },
  };
  if (there.length === 0) return matrixOf(await runLabs(here, counted), startedAt, options);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const both = [runLabs(here, { ...counted, signal }), runThere(there, { ...counted, signal })] as const;
  try {
    const cells = (await Promise.all(both)).flat();
    const place = new Map(labs.map(({ defence }, index) => [defence, index]));
    cells.sort((a, b) => (place.get(a.defence) ?? 0) - (place.get(b.defence) ?? 0));
    return matrixOf(cells, startedAt, options);
  } catch (error) {
    // One of them has failed: the other one is not wanted any more, and its end is waited for.
    stop.abort(error);
    await Promise.allSettled(both);
    throw error;
  } finally {
    // What listens to both signals lets go of the caller's.
    stop.abort();
  }
}

/** By their cells, each lab to the half that has less to do. */
function halves(labs: readonly PlannedLab[]): [PlannedLab[], PlannedLab[]] {
  const [here, there]: [PlannedLab[], PlannedLab[]] = [[], []];
  const largestFirst = [...labs].sort((a, b) => b.cells.length - a.cells.length);
  for (const lab of largestFirst) (countCells(there) < countCells(here) ? there : here).push(lab);
  return [here, there];
}

async function runThere(labs: readonly PlannedLab[], options: MatrixOptions): Promise<Cell[]> {
  const { seed, cellTimeLimitMs, signal } = options;
  const workerData: MatrixWork = {
    labs,
    ...(seed === undefined ? {} : { seed }),
    ...(cellTimeLimitMs === undefined ? {} : { cellTimeLimitMs }),
  };
  const worker = new Worker(join(__dirname, 'matrix-worker.js'), { workerData });
  const cells: Cell[] = [];
  const over = new Promise<void>((resolve, reject) => {
    worker.on('message', (news: MatrixNews) => {
      if (news.kind === 'cell') {
        cells.push(news.cell);
        options.onCell?.(news.cell, cells.length, 0);
      } else if (news.kind === 'lab') options.onLab?.(news.defence);
      else if (news.kind === 'over') resolve();
      else reject(errorOf(news.error));
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('the second thread of the matrix ended before its work')));
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  try {
    await over;
    return cells;
  } finally {
    await worker.terminate();
  }
}

function errorOf({ code, text, hint }: (MatrixNews & { kind: 'failed' })['error']): Error {
  return code === null ? new Error(text) : new MidplaneError(code, text, hint === undefined ? {} : { hint });
}
