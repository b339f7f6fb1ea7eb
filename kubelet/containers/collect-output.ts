import type { Sink } from './pipe';

/** A sink that keeps what is written, up to a limit; past it the writer is told that nobody reads. */
export function collectOutput(limit: number): { readonly sink: Sink; bytes(): Buffer; full(): boolean } {
  const chunks: Buffer[] = [];
  let size = 0;
  const write: Sink['write'] = async (bytes) => {
    size += bytes.length;
    if (size > limit) return false;
    chunks.push(bytes);
    return true;
  };
  return {
    sink: { write, end: () => undefined },
    bytes: () => Buffer.concat(chunks),
    full: () => size > limit,
  };
}
