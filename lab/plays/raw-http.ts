import type { Duplex } from 'node:stream';
import { headerValue, parseResponseHead, readHttpHead } from '../../wire/http-head';

const MOST_HEAD_BYTES = 64 * 1024;

/** The next answer on a connection on which somebody writes requests by hand; null when it has ended instead. */
export async function nextAnswer(
  socket: Duplex,
): Promise<{ readonly status: number; readonly body: string } | null> {
  const read = await readHttpHead(socket, MOST_HEAD_BYTES);
  if (read.kind !== 'head') return null;
  const head = parseResponseHead(read.head);
  if (head.kind === 'malformed-head') return null;
  const length = Number(headerValue(head.headers, 'content-length') ?? 0);
  const body = await readBytes(socket, read.rest, length);
  return { status: head.status, body: body.toString('utf8') };
}

function readBytes(socket: Duplex, before: Buffer, length: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let seen = before;
    const finish = (): void => {
      socket.off('data', take).off('close', finish).off('end', finish);
      socket.pause();
      if (seen.length > length) socket.unshift(seen.subarray(length));
      resolve(seen.subarray(0, length));
    };
    const take = (bytes: Buffer): void => {
      seen = Buffer.concat([seen, bytes]);
      if (seen.length >= length) finish();
    };
    if (seen.length >= length) return finish();
    socket.on('data', take).on('close', finish).on('end', finish);
    socket.resume();
  });
}
