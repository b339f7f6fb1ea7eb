import type { IncomingMessage } from 'node:http';
import { impersonationHeader } from '../impersonate';
import { webSocketToken } from './web-socket-token';

/**
 * Takes what proved the client's identity out of the request, so that no handler and no backend behind it sees it.
 * Source: k8s.io/apiserver pkg/endpoints/filters/{authentication,impersonation}.go, request/websocket/protocol.go.
 */
export function removeCredentials(request: IncomingMessage): void {
  const kept: string[] = [];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(at, at + 2);
    if (name.toLowerCase() === 'authorization' || impersonationHeader.test(name)) continue;
    kept.push(name, name.toLowerCase() === 'sec-websocket-protocol' ? withoutToken(value) : value);
  }
  request.rawHeaders.splice(0, request.rawHeaders.length, ...kept);
  for (const name of Object.keys(request.headers))
    if (name === 'authorization' || impersonationHeader.test(name)) delete request.headers[name];
  const protocols = request.headers['sec-websocket-protocol'];
  if (protocols !== undefined) request.headers['sec-websocket-protocol'] = withoutToken(protocols);
}

function withoutToken(protocols: string): string {
  const offered = webSocketToken(protocols);
  return offered?.kind === 'token' ? offered.others : protocols;
}
