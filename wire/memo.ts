/**
 * Remembers what a pure function made of the bytes it was last given: the certificates of a cluster come by
 * with every handshake. Bounded, the oldest goes first. Results are shared, so they must not be changed.
 */
export function memoByBytes<Result>(
  limit: number,
  make: (bytes: Buffer) => Result,
): (bytes: Buffer) => Result {
  const known = new Map<string, Result>();
  return (bytes) => {
    const key = bytes.toString('latin1');
    const found = known.get(key);
    if (found !== undefined) return found;
    // A copy: the caller's buffer may be a view of a larger one, or be written over.
    const made = make(Buffer.from(bytes));
    const oldest = known.size >= limit ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    known.set(key, made);
    return made;
  };
}
