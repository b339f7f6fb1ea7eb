import type { Readable } from 'node:stream';

/** The first bytes of a body as text; what follows is not waited for, and one that breaks off is as long as it came. */
export async function readSome(body: Readable, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= limitBytes) break;
    }
  } catch {
    // What came before the break is still the best there is to show.
  }
  return Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8');
}
