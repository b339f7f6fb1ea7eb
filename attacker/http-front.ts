import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type BodyFraming, requestFraming } from '../wire/http-body';
import type { RequestHead } from '../wire/http-head';
import {
  asksForUpgrade,
  type HeaderList,
  headerValue,
  headerValues,
  parseRequestHead,
} from '../wire/http-head';
import { HttpAnswer } from './http-answer';
import { type HttpBody, HttpInput } from './http-input';
import { REQUEST_HEAD_MS } from './limits';
import { OutgoingBytes } from './outgoing-bytes';

/** One request and the two ways to answer it. */
export interface HttpExchange {
  readonly head: RequestHead;
  readonly headers: HeaderList;
  readonly body: HttpBody;
  readonly response: HttpAnswer;
  /** The stream behind the head, for a request that asks for an upgrade; null for others. */
  readonly upgradeSocket: Duplex | null;
}

const CONTINUE: Buffer = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

/**
 * Reads HTTP/1 from a stream that is already in clear, one request after the other: the next is read when the one before
 * is answered. A request that cannot be read, or that two readers could read differently, ends the stream; so does a head
 * that does not come to its end (`gaveUp` is told what was waited for).
 */
export async function serveHttp(
  socket: Duplex,
  take: (exchange: HttpExchange) => void,
  gaveUp: (waitedFor: string) => void,
  headMs: number = REQUEST_HEAD_MS,
): Promise<void> {
  const input = new HttpInput(socket);
  const out = new OutgoingBytes(socket);
  let answering = false;
  input.onLeft(() => {
    if (answering) socket.destroy();
  });
  for (;;) {
    const request = await readRequest(socket, input, { gaveUp, headMs });
    if (request === null) {
      socket.destroy();
      return;
    }
    answering = true;
    const { head, framing } = request;
    const { method, version, headers } = head;
    const upgrades = asksForUpgrade(headers) && headerValue(headers, 'upgrade') !== null;
    const last = upgrades || isLast(head);
    if (upgrades) input.release();
    else if (expectsContinue(head)) out.write(CONTINUE);
    const body = input.readBody(framing);
    body.on('error', () => undefined);
    const response = new HttpAnswer(socket, out, { method, version, last });
    take({ head, headers, body, response, upgradeSocket: upgrades ? socket : null });
    if (upgrades) {
      // It is answered like any other request when the upgrade is refused, and is the last one.
      response.once('finish', () => socket.end());
      return;
    }
    await closed(response);
    // What is left of an unread body would be taken for the next request.
    if (!response.keepsAlive || !body.complete || socket.destroyed) {
      socket.end();
      return;
    }
    answering = false;
  }
}

async function readRequest(
  socket: Duplex,
  input: HttpInput,
  { gaveUp, headMs }: { gaveUp: (waitedFor: string) => void; headMs: number },
): Promise<{ readonly head: RequestHead; readonly framing: BodyFraming } | null> {
  const timer = setTimeout(() => {
    gaveUp('the whole head of a request');
    socket.destroy();
  }, headMs);
  const read = await input.readHead();
  clearTimeout(timer);
  if (read.kind !== 'head') return null;
  const head = parseRequestHead(read.head);
  if (head.kind === 'malformed-head') return null;
  if (!/^HTTP\/1\.[01]$/.test(head.version) || head.method === 'CONNECT') return null;
  const framing = requestFraming(head);
  if (framing.kind === 'malformed-head') return null;
  const carriesBody = framing.kind !== 'none' && !(framing.kind === 'length' && framing.length === 0);
  // Whether the bytes behind the head were the body or the other protocol, two readers could see differently.
  if (carriesBody && asksForUpgrade(head.headers)) return null;
  return { head, framing };
}

function isLast({ version, headers }: RequestHead): boolean {
  const options = headerValues(headers, 'connection')
    .join(',')
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  return version === 'HTTP/1.0' || options.includes('close');
}

function expectsContinue({ version, headers }: RequestHead): boolean {
  return version === 'HTTP/1.1' && headerValue(headers, 'expect')?.toLowerCase() === '100-continue';
}

function closed(response: HttpAnswer): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) resolve();
    else response.once('close', () => resolve());
  });
}

/** Sends a head with exactly these headers and what frames the body; without a text of the genuine endpoint's, with a date, as Go does. */
export function writeHead(
  { response }: HttpExchange,
  status: number,
  statusText: string | undefined,
  headers: HeaderList,
): void {
  if (statusText !== undefined) {
    response.writeHead(status, statusText, headers);
    return;
  }
  const dated = [...headers, ['Date', new Date().toUTCString()] as const];
  response.writeHead(status, STATUS_CODES[status] ?? '', dated);
}
