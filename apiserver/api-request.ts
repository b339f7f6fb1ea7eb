import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Failure } from '../api/failures';
import type { SecureConnection } from '../network/secure';
import type { User } from './authorize';
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

export function sendJson(response: ServerResponse, code: number, body: object): Answered {
  if (response.headersSent || response.destroyed) return 'answered';
  const text = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': text.length,
    'cache-control': 'no-cache, private',
  });
  response.end(text);
  return 'answered';
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
