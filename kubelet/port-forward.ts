import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  forwardingErrorText,
  PAIR_DEADLINE_MS,
  PORT_FORWARD_PROTOCOL,
  PortForwardPairing,
  pairDeadlineText,
} from '../wire/port-forward';
import {
  ACCEPTED_STREAM_PROTOCOLS_HEADER,
  negotiateProtocol,
  negotiationFailureText,
  protocolList,
  STREAM_PROTOCOL_HEADER,
} from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import { Job } from './containers/job';
import type { Sink, Source } from './containers/pipe';
import type { RunningPod } from './running-pod';
import { finished, sinkOf, sourceOf } from './stream-pipes';
import { type Answer, httpError, missingUpgradeHeadersText, switchToSpdy, type Upgrade } from './upgrade';
import { acceptChannels, PORT_FORWARD_CHANNELS } from './websocket-channels';

/** Port-forward: pairs of streams on one side, connections to the pod's own ports on the other, half-close on both. */
export interface PortForwardRequest {
  readonly pod: RunningPod;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upgrade: Upgrade;
  readonly answer: Answer;
  /** For the WebSocket form: the ports that the query names. */
  readonly ports: readonly number[];
  readonly connectionId: string;
}

export async function servePortForward(from: PortForwardRequest): Promise<void> {
  if (from.upgrade.kind === 'websocket') await serveWebSocket(from);
  else serveSpdy(from);
}

function serveSpdy({ pod, request, response, upgrade, answer, connectionId }: PortForwardRequest): void {
  const offered = protocolList(request.headers[STREAM_PROTOCOL_HEADER.toLowerCase()]);
  if (offered.length === 0) {
    // The runtime's handler returns the error without writing it, so Go answers an empty 200.
    answer(200, '');
    return;
  }
  const supported = [PORT_FORWARD_PROTOCOL];
  const protocol = negotiateProtocol(offered, supported);
  if (protocol === null) {
    httpError(answer, 403, negotiationFailureText(offered, supported), {
      [ACCEPTED_STREAM_PROTOCOLS_HEADER]: supported,
    });
    return;
  }
  if (!(request.headers.upgrade ?? '').toLowerCase().includes('spdy/3.1')) {
    httpError(answer, 400, missingUpgradeHeadersText(request));
    return;
  }
  switchToSpdy(upgrade, response, protocol);
  const pairing = new PortForwardPairing<SpdyStream>();
  const deadlines = new Map<string, NodeJS.Timeout>();
  const gone = new AbortController();
  // Every forwarded connection listens to it, and there may be hundreds.
  setMaxListeners(0, gone.signal);
  const session = new SpdySession(upgrade.socket, {
    role: 'server',
    onStream: (stream) => {
      const step = pairing.offer(stream);
      switch (step.kind) {
        case 'refused':
          step.tell?.end(step.text);
          stream.reset();
          return;
        case 'waiting':
          stream.reply();
          deadlines.set(
            step.requestId,
            setTimeout(() => giveUp(step.requestId), PAIR_DEADLINE_MS),
          );
          return;
        case 'paired':
          stream.reply();
          clearTimeout(deadlines.get(step.requestId));
          deadlines.delete(step.requestId);
          void forwardStreams(pod, step.port, step, gone.signal);
      }
    },
  });
  const giveUp = (requestId: string): void => {
    deadlines.delete(requestId);
    const half = pairing.giveUp(requestId);
    half?.error?.end(pairDeadlineText(connectionId, requestId));
    half?.data?.reset();
  };
  void session.ended.then(() => {
    gone.abort();
    for (const deadline of deadlines.values()) clearTimeout(deadline);
  });
}

async function forwardStreams(
  pod: RunningPod,
  port: number,
  { data, error }: { data: SpdyStream; error: SpdyStream },
  session: AbortSignal,
): Promise<void> {
  const gone = new Job(session);
  data.once('close', () => {
    if (data.cutShort !== null) gone.kill();
  });
  const problem = await forward(pod, port, { source: sourceOf(data), sink: sinkOf(data) }, gone.signal);
  if (problem !== null && !error.destroyed)
    error.write(forwardingErrorText(port, pod.sandboxId, '', problem));
  await Promise.all([finished(data), finished(error)]);
  gone.end();
  // The client half-closed its error stream at once; nothing more can come on either.
  data.reset();
  error.reset();
}

/** Carries one connection until both directions have ended. Yields why it could not, in the runtime's words. */
async function forward(
  pod: RunningPod,
  port: number,
  client: { source: Source; sink: Sink },
  signal: AbortSignal,
): Promise<string | null> {
  const dialled = await pod.network?.dial({ host: pod.address, port }, { signal });
  if (dialled === undefined || dialled.kind === 'refusal') return unreachable(pod, port);
  const { socket } = dialled;
  const hear = pod.containerAt(port)?.hear();
  const cut = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  const upward = async (): Promise<void> => {
    const sink = sinkOf(socket);
    for (;;) {
      const bytes = await client.source.read();
      if (bytes === null) break;
      hear?.(bytes);
      if (!(await sink.write(bytes))) break;
    }
    sink.end();
  };
  const downward = async (): Promise<void> => {
    const source = sourceOf(socket);
    for (;;) {
      const bytes = await source.read();
      if (bytes === null || !(await client.sink.write(bytes))) break;
    }
    client.sink.end();
  };
  const down = downward();
  const up = upward();
  await down;
  // A backend that has said everything closes; the client may never end its side (kubectl keeps it open).
  if (isClosed(socket)) client.source.close();
  else socket.once('close', () => client.source.close());
  await up;
  signal.removeEventListener('abort', cut);
  socket.destroy();
  return null;
}

function isClosed(socket: Duplex): boolean {
  return socket.destroyed || (socket.readableEnded && socket.writableFinished);
}

/** containerd, sandbox_portforward_linux.go: tries IPv4, then IPv6, inside the pod's namespace. */
function unreachable(pod: RunningPod, port: number): string {
  return (
    `failed to execute portforward in network namespace "/var/run/netns/cni-${pod.networkNamespace}": ` +
    `failed to connect to localhost:${port} inside namespace "${pod.sandboxId}", ` +
    `IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused ` +
    `IPv6 dial tcp6 [::1]:${port}: connect: connection refused `
  );
}

/** Per port two channels, data 2i and error 2i+1; each begins with its port as a little-endian uint16. */
async function serveWebSocket({
  pod,
  request,
  response,
  upgrade,
  answer,
  ports,
}: PortForwardRequest): Promise<void> {
  const accepting = acceptChannels(request, upgrade, response, PORT_FORWARD_CHANNELS);
  if (accepting === null) {
    answer(403, '');
    return;
  }
  const session = await accepting;
  const forwarded = ports.map(async (port, index) => {
    const data = { source: session.source(2 * index), sink: session.sink(2 * index) };
    const error = session.sink(2 * index + 1);
    const announced = Buffer.alloc(2);
    announced.writeUInt16LE(port);
    await data.sink.write(announced);
    await error.write(announced);
    const problem = await forward(pod, port, data, session.signal);
    if (problem !== null)
      await error.write(Buffer.from(forwardingErrorText(port, pod.sandboxId, '', problem)));
  });
  await Promise.all(forwarded);
  session.close();
}
