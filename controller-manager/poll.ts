import type { Context, Controller } from './context';

/**
 * Works now, and again a while after the work is done, until the controllers end; what it throws is for the log, and the
 * next time. Source: k8s.io/apimachinery pkg/util/wait (Until).
 */
export function poll(
  { clock, log, signal }: Pick<Context, 'clock' | 'log' | 'signal'>,
  periodMs: number,
  work: () => Promise<void>,
): Controller {
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const loop = run();

  async function run(): Promise<void> {
    while (!ended.aborted) {
      try {
        await work();
      } catch (error) {
        log.debug({ why: error instanceof Error ? error.message : error }, 'again');
      }
      await clock.pause(periodMs, ended);
    }
  }

  return {
    close: async () => {
      stop.abort();
      await loop;
    },
  };
}
