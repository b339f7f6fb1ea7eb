import type { Duplex } from 'node:stream';
import type WebSocket from 'ws';
import { plainError } from '../api/failures';
import { headerValue } from '../wire/http-head';
import { TUNNEL_PREFIX } from '../wire/port-forward';
import { STREAM_PROTOCOL_HEADER } from '../wire/remote-command';
import {
  type Answered,
  type ApiRequest,
  forwardableHeaders,
  type PendingUpgrade,
  sendFailure,
} from './api-request';
import { type Caller, dialForUpgrade, upgradeOver } from './backend';
import type { PodLocation } from './pod-location';
import { relayRefusal } from './upgrade-aware';
import { acceptWebSocket, offeredSubprotocols, pumpToWebSocket } from './websocket';

/**
 * port-forward through a WebSocket: the payload of its binary messages is a SPDY session with the kubelet. Unlike for
 * exec the kubelet is dialled before the client is answered, so the client learns of a failure by its handshake.
 * Source: k8s.io/apiserver pkg/util/proxy/streamtunnel.go.
 */
export async function serveTunnel(
  api: ApiRequest,
  pending: PendingUpgrade,
  caller: Caller,
  location: PodLocation,
): Promise<Answered> {
  const { request, response, signal } = api;
  const protocols = tunnelProtocols(offeredSubprotocols(request));
  const peer = await dialForUpgrade(caller, location.backend, signal);
  if (peer.kind === 'refusal')
    return sendFailure(response, plainError(`error dialing backend: ${peer.text}`));
  const outgoing = { method: 'POST', path: location.path, headers: spdyHeaders(api, protocols) };
  const answer = await upgradeOver(caller, peer, outgoing, signal);
  switch (answer.kind) {
    case 'refusal':
      return sendFailure(response, plainError(answer.text));
    case 'response':
      if (answer.status >= 400) return relayRefusal(pending.take(), answer);
      answer.body.destroy();
      return sendFailure(response, plainError(`invalid upgrade response: status code ${answer.status}`));
    case 'upgraded': {
      const chosen = `${TUNNEL_PREFIX}${headerValue(answer.headers, STREAM_PROTOCOL_HEADER) ?? ''}`;
      const websocket = await acceptWebSocket(request, pending, chosen);
      if (websocket === null) answer.socket.destroy();
      else carryTunnel(websocket, answer.socket);
      return 'answered';
    }
  }
}

/** The stream protocols behind the tunnel's prefix, in the client's order; empty when this is no tunnel. */
export function tunnelProtocols(offered: readonly string[]): string[] {
  return offered
    .filter((each) => each.startsWith(TUNNEL_PREFIX))
    .map((each) => each.slice(TUNNEL_PREFIX.length));
}

/** The client's headers, with the WebSocket handshake exchanged for a SPDY one. */
function spdyHeaders(api: ApiRequest, protocols: readonly string[]): [string, string][] {
  const kept = forwardableHeaders(api).filter(
    ([name]) => !/^(connection|upgrade|sec-websocket-.*)$/i.test(name),
  );
  return [
    ...kept,
    ['Content-Length', '0'],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'SPDY/3.1'],
    ...protocols.map((protocol): [string, string] => [STREAM_PROTOCOL_HEADER, protocol]),
  ];
}

/** Message boundaries mean nothing, and empty messages occur; a text message is a protocol error. */
function carryTunnel(websocket: WebSocket, backend: Duplex): void {
  pumpToWebSocket(backend, websocket, (bytes) => bytes);
  backend.on('error', () => backend.destroy());
  backend.on('end', () => websocket.close(1000));
  backend.on('close', () => websocket.close(1000));
  backend.on('drain', () => websocket.resume());
  websocket.on('error', () => websocket.terminate());
  websocket.on('close', () => backend.destroy());
  websocket.on('message', (message: Buffer, binary: boolean) => {
    if (!binary) websocket.close(1003);
    else if (message.length > 0 && backend.writable && !backend.write(message)) websocket.pause();
  });
}
