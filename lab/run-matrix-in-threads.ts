import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Cell, type InterceptionMatrix, positionOf } from '../report/outcome';
import type { MatrixNews, MatrixWork } from './matrix-worker';
import {
  counting,
  dialsFor,
  type MatrixOptions,
  matrixOf,
  type PlannedLab,
  planMatrix,
  type RunLabsOptions,
  runLabs,
  runMatrix,
} from './run-matrix';
import { errorOf } from './thread-error';

/** Fewer cells than this are through before a second thread has begun. */
const WORTH_A_THREAD = 40;

/**
 * runMatrix on two processors: labs know nothing of each other, so a second thread takes its share of them. The same
 * document, the cells in the same order. What has to see events or logs, or works on a lab that is running, has one
 * thread. Throws as runMatrix does.
 */
export async function runMatrixInThreads(
  options: Omit<MatrixOptions, 'onEvent'>,
  processors: number,
): Promise<InterceptionMatrix> {
  const labs = planMatrix(options);
  const cells = labs.flatMap((lab) => lab.cells).length;
  const alone = processors < 2 || labs.length < 2 || cells < WORTH_A_THREAD;
  if (alone || options.log !== undefined || options.remote !== undefined) return runMatrix(options);
  const startedAt = new Date();
  options.signal?.throwIfAborted();
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const shared: RunLabsOptions = { ...options, signal, onCell: counting(labs, options) };
  const left = new LabsLeft(labs);
  const both = [runLabs(left, shared), runThere(left, shared)] as const;
  try {
    const done = (await Promise.all(both)).flat();
    const place = new Map(labs.map(({ defence, dials }, index) => [`${defence} ${dials}`, index]));
    const placeOf = (cell: Cell): number => place.get(`${cell.defence} ${dialsFor(positionOf(cell))}`) ?? 0;
    done.sort((a, b) => placeOf(a) - placeOf(b));
    return matrixOf(done, startedAt, options);
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

/** Whoever is free takes the largest one that is left: so nobody is still at work long after the other. */
class LabsLeft {
  readonly #labs: PlannedLab[];

  constructor(labs: readonly PlannedLab[]) {
    this.#labs = [...labs].sort((a, b) => b.cells.length - a.cells.length);
  }

  take(): PlannedLab | null {
    return this.#labs.shift() ?? null;
  }

  *[Symbol.iterator](): Generator<PlannedLab> {
    for (let lab = this.take(); lab !== null; lab = this.take()) yield lab;
  }
}

async function runThere(left: LabsLeft, options: RunLabsOptions): Promise<Cell[]> {
  const { seed, cellTimeLimitMs, side, signal } = options;
  const workerData: MatrixWork = {
    ...(seed === undefined ? {} : { seed }),
    ...(cellTimeLimitMs === undefined ? {} : { cellTimeLimitMs }),
    ...(side === undefined ? {} : { side }),
  };
  const worker = new Worker(join(__dirname, 'matrix-worker.js'), { workerData });
  const cells: Cell[] = [];
  const over = new Promise<void>((resolve, reject) => {
    worker.on('message', (news: MatrixNews) => {
      switch (news.kind) {
        case 'free':
          worker.postMessage(left.take());
          break;
        case 'lab':
          options.onLab?.(news.defence);
          break;
        case 'cell':
          cells.push(news.cell);
          options.onCell?.(news.cell);
          break;
        case 'over':
          resolve();
          break;
        case 'failed':
          reject(errorOf(news.error));
          break;
      }
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
