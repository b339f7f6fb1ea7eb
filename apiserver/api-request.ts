import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Failure, internalError } from '../api/failures';
import type { SecureConnection } from '../network/secure';
import { noteStatus } from './answered-status';
import type { User } from './authorize';
import { negotiate } from './negotiate';
import type { RequestInfo } from './request-info';

/** One request on its way through the server, with all that the filters found out about it. */
export interface ApiRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly info: RequestInfo;
  /** Behind the question mark, as sent. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  readonly user: User;
  /** The client's connection: addresses and the id that joins timeline events. */
  readonly client: SecureConnection;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  readonly upgrade: PendingUpgrade | null;
}

/** A request that asked for an upgrade and has not been answered: the answer is either the response or this socket. */
export interface PendingUpgrade {
  /** Takes the connection over from HTTP; whatever the client already sent behind its head is the first to be read. */
  take(): Duplex;
}

/** What a handler returns: the compiler then sees to it that no path leaves a request without its answer. */
export type Answered = 'answered';

/** Answers that wait for something: see `holdAnswer`. */
const holds = new WeakMap<ServerResponse, () => Promise<void> | null>();

/**
 * From here on the response is not written before `until` says so: with a journal, nobody hears of a change that is not
 * on disk. Null when there is nothing to wait for.
 */
export function holdAnswer(response: ServerResponse, until: () => Promise<void> | null): void {
  holds.set(response, until);
}

/** Writes the answer now, or as soon as what it tells is on disk; when that failed, a 500 in its place. */
export function release(response: ServerResponse, send: () => void): Answered {
  const wait = holds.get(response)?.() ?? null;
  if (wait === null) send();
  else {
    wait.then(send, (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      sendText(response, 500, 'application/json', `${JSON.stringify(internalError(why))}\n`);
    });
  }
  return 'answered';
}

export function sendJson(response: ServerResponse, code: number, body: object): Answered {
  noteStatus(response, body);
  // What is no resource is at least not refused for its format: JSON when nothing fits.
  const wanted = negotiate(response.req?.headers.accept ?? '', 'object');
  return release(response, () => {
    if (wanted.kind === 'media-type' && wanted.format === 'yaml')
      sendText(response, code, 'application/yaml', yamlText(JSON.stringify(body)));
    else sendText(response, code, 'application/json', `${JSON.stringify(body)}\n`);
  });
}

/** The text at once, whole. */
export function sendText(
  response: ServerResponse,
  code: number,
  contentType: string,
  body: string | Buffer,
): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(code, {
    'content-type': contentType,
    'content-length': bytes.length,
    'cache-control': 'no-cache, private',
  });
  response.end(bytes);
}

/** JSON as sigs.k8s.io/yaml writes it: keys in order, lists as far left as their keys. */
export function yamlText(json: string): string {
  const yaml: typeof import('yaml') = require('yaml');
  return yaml.stringify(JSON.parse(json), { sortMapEntries: true, lineWidth: 0, indentSeq: false });
}

export function sendFailure(response: ServerResponse, failure: Failure): Answered {
  if (failure.details?.retryAfterSeconds !== undefined && !response.headersSent) {
    response.setHeader('retry-after', failure.details.retryAfterSeconds);
  }
  if (failure.code === 403 && !response.headersSent) response.setHeader('x-content-type-options', 'nosniff');
  return sendJson(response, failure.code, failure);
}

/** Name and value pairs as the client wrote them, in its order. */
export function rawHeaders(request: IncomingMessage): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    pairs.push([request.rawHeaders[at] ?? '', request.rawHeaders[at + 1] ?? '']);
  }
  return pairs;
}

/**
 * The client's headers as a backend may see them. The Authorization header never gets there: the login filter of
 * upstream deletes it, with the headers of the authenticating proxy (pkg/endpoints/filters/authentication.go).
 */
export function forwardableHeaders(api: ApiRequest): [name: string, value: string][] {
  const headers = rawHeaders(api.request).filter(
    ([name]) => !/^(authorization|x-remote-(user|group|uid|extra-.*))$/i.test(name),
  );
  return appendForwardedFor(headers, api.client.connection.remote.address);
}

/** net.AppendForwardedForHeader: one line, the addresses in the order of the hops. */
function appendForwardedFor(headers: [string, string][], address: string): [string, string][] {
  const before = headers
    .filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    .map(([, value]) => value);
  const others = headers.filter(([name]) => name.toLowerCase() !== 'x-forwarded-for');
  return [...others, ['X-Forwarded-For', [...before, address].join(', ')]];
}
