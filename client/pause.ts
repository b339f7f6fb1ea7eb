/** The longest delay that setTimeout keeps: what is longer, it takes for 1 ms. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Waits, or stops waiting when `signal` is aborted; leaves no timer behind. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(end, Math.min(ms, LONGEST_TIMER_MS));
    signal.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
