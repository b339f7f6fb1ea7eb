/** Asked anew after every await; a property read twice is, to the compiler, still what it was. */
export function wasAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
