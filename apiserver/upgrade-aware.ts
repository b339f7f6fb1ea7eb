import type { Duplex } from 'node:stream';
import { plainError } from '../api/failures';
import type { HttpResponse, OutgoingRequest } from '../network/transport';
import { formatRequestHead, formatResponseHead } from '../wire/http-head';
import {
  type Answered,
  type ApiRequest,
  forwardableHeaders,
  type PendingUpgrade,
  sendFailure,
} from './api-request';
import { type Backend, type Caller, type DialledPeer, dialForUpgrade, hasBug, upgradeOver } from './backend';
import { followAnywhere } from './follow-redirects';

/**
 * Carries an upgrade to a backend without understanding it: the client's own request goes on, with its own Host, and
 * behind a 101 the bytes are joined. Only a 101 is joined: that check is the fix of CVE-2018-1002105.
 * Source: k8s.io/apimachinery pkg/util/proxy/upgradeaware.go.
 */
export async function serveUpgrade(
  api: ApiRequest,
  pending: PendingUpgrade,
  caller: Caller,
  backend: Backend,
  path: string,
): Promise<Answered> {
  const { request, response, signal } = api;
  const peer = await dialForUpgrade(caller, backend, signal);
  if (peer.kind === 'refusal')
    return sendFailure(response, plainError(`error dialing backend: ${peer.text}`));
  const outgoing = { method: request.method ?? 'GET', path, headers: forwardableHeaders(api) };
  if (hasBug(caller, 'CVE-2018-1002105')) return joinUnread(pending, peer, outgoing);
  const first = await upgradeOver(caller, peer, outgoing, signal);
  const answer = hasBug(caller, 'CVE-2018-1002102')
    ? await followAnywhere(caller, backend, first, outgoing, signal)
    : first;
  switch (answer.kind) {
    case 'refusal':
      return sendFailure(response, plainError(answer.text));
    case 'upgraded': {
      const client = pending.take();
      client.write(formatResponseHead(answer));
      return joinUntilEitherEnds(client, answer.socket);
    }
    case 'response':
      if (answer.status >= 400 || hasBug(caller, 'CVE-2020-8559'))
        return relayRefusal(pending.take(), answer);
      answer.body.destroy();
      return sendFailure(response, plainError(`invalid upgrade response: status code ${answer.status}`));
  }
}

/**
 * As before the fix: the request is written and both connections are joined, whatever the backend is going to answer. So
 * whoever is refused has a connection to it, on which the apiserver has said who it is.
 */
function joinUnread(pending: PendingUpgrade, peer: DialledPeer, outgoing: OutgoingRequest): Answered {
  const { method, path, headers } = outgoing;
  peer.socket.write(formatRequestHead({ method, target: path, headers }));
  return joinUntilEitherEnds(pending.take(), peer.socket);
}

/** The backend's own answer goes to the client as it is, and both connections end with it. */
export function relayRefusal(client: Duplex, answer: HttpResponse): Answered {
  const headers = answer.headers.filter(
    ([name]) => !/^(transfer-encoding|connection|keep-alive)$/i.test(name),
  );
  client.write(formatResponseHead({ ...answer, headers: [...headers, ['Connection', 'close']] }));
  answer.body.on('error', () => client.destroy());
  client.on('error', () => answer.body.destroy());
  client.on('close', () => answer.body.destroy());
  answer.body.pipe(client);
  return 'answered';
}

/** Copies both ways until one side ends; then both are closed, after what was read has been written. */
export function joinUntilEitherEnds(a: Duplex, b: Duplex): Answered {
  carry(a, b);
  carry(b, a);
  return 'answered';
}

function carry(from: Duplex, to: Duplex): void {
  from.on('error', () => from.destroy());
  from.on('close', () => finish(to));
  from.on('end', () => finish(to));
  from.pipe(to, { end: false });
}

function finish(stream: Duplex): void {
  if (stream.destroyed) return;
  stream.end(() => stream.destroy());
}
