/** Resolves when the signal is aborted, at once if it was. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Asked anew after every await; a property read twice is, to the compiler, still what it was. */
export function wasAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
