import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** A request that wants another protocol on its connection, and the way to answer it with one. */
export interface Upgrade {
  readonly kind: 'spdy' | 'websocket';
  readonly socket: Duplex;
  /** What came behind the request's head. */
  readonly head: Buffer;
}

export type Answer = (
  code: number,
  body: string | Buffer,
  headers?: Readonly<Record<string, string | string[]>>,
) => void;

export const NO_SNIFF = { 'X-Content-Type-Options': 'nosniff' } as const;

/** Go's http.Error: the text ends with a newline, and is what its type says. */
export function httpError(
  answer: Answer,
  code: number,
  text: string,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  answer(code, `${text}\n`, { ...NO_SNIFF, ...headers });
}

/** httpstream.IsUpgradeRequest and wsstream.IsWebSocketRequest. */
export function upgradeKind(headers: IncomingHttpHeaders): 'spdy' | 'websocket' | null {
  if (!(headers.connection ?? '').toLowerCase().includes('upgrade')) return null;
  return (headers.upgrade ?? '').toLowerCase() === 'websocket' ? 'websocket' : 'spdy';
}

/** The 101 for SPDY/3.1 (AM:pkg/util/httpstream/spdy/upgrade.go). After it the socket carries frames. */
export function switchToSpdy(upgrade: Upgrade, response: ServerResponse, protocol: string): void {
  const { socket, head } = upgrade;
  if (response.socket !== null) response.detachSocket(response.socket);
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
  if (head.length > 0) socket.unshift(head);
}

/** Go's `%#v` of the header map, for the one error text that shows it. */
export function missingUpgradeHeadersText(request: IncomingMessage): string {
  const headers = new Map<string, string[]>();
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = canonical(request.rawHeaders[at] ?? '');
    if (name !== 'Host') headers.set(name, [...(headers.get(name) ?? []), request.rawHeaders[at + 1] ?? '']);
  }
  const shown = [...headers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, values]) =>
        `${JSON.stringify(name)}:[]string{${values.map((it) => JSON.stringify(it)).join(', ')}}`,
    );
  return `unable to upgrade: missing upgrade headers in request: http.Header{${shown.join(', ')}}`;
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
}
