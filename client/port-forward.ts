import type { Duplex } from 'node:stream';
import { createWebSocketStream } from 'ws';
import {
  PORT_FORWARD_PROTOCOL,
  PORT_FORWARD_TUNNEL_PROTOCOL,
  portForwardHeaders,
} from '../wire/port-forward';
import { STREAM_PROTOCOL_HEADER } from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import { wasAborted } from './aborted';
import type { ApiserverLink } from './apiserver-link';
import { type CommandOutcome, failed, interrupted, succeeded } from './command-outcome';
import { ForwardedConnection } from './forwarded-connection';
import {
  plainWords,
  portForwardFailedWords,
  portForwardRefusedWords,
  unreachableWords,
} from './kubectl-words';
import { lookUpPod, type PodTarget } from './pod-lookup';
import { Collected, readBody } from './read-body';
import { podPath } from './resource-path';
import { openWebSocket } from './web-socket';

export interface PortForwardOptions extends PodTarget {
  /** kubectl 1.31 and later tunnel through a WebSocket; before that, and as their fallback, they speak SPDY at once. */
  readonly by: 'websocket' | 'spdy';
}

/** A session in which any number of connections to ports of the pod can be opened. */
export interface PortForward extends AsyncDisposable {
  readonly kind: 'port-forward';
  /**
   * One connection; `localPort` is only for the words of an error (default: the port itself). Rejects when the session is
   * over. A failure that the pod's node reports destroys the connection with kubectl's words, and ends the session as
   * kubectl does since 1.23.
   */
  connect(port: number, options?: { readonly localPort?: number }): Promise<Duplex>;
  /** Resolves when the session is over: ok after close(), else with kubectl's words. Never rejects. */
  readonly ended: Promise<CommandOutcome>;
  close(): void;
}

const LOST_CONNECTION = 'lost connection to pod';

/** `kubectl port-forward`, without its listening sockets. */
export async function portForward(
  link: ApiserverLink,
  options: PortForwardOptions,
): Promise<PortForward | CommandOutcome> {
  const { signal } = options;
  const pod = await lookUpPod(link, options);
  if (wasAborted(signal)) return interrupted();
  if (pod.kind === 'outcome') return pod;
  if (options.lookUpPod === true && pod.phase !== 'Running') {
    return failed(
      plainWords(`unable to forward port because pod is not running. Current status=${pod.phase}`),
    );
  }
  const path = podPath(options, 'portforward');
  const transport = await (options.by === 'websocket'
    ? tunnel(link, path, signal)
    : spdy(link, path, signal));
  if (wasAborted(signal)) {
    if (transport.kind === 'transport') transport.stream.destroy();
    return interrupted();
  }
  return transport.kind === 'transport' ? new Forwarding(transport.stream, signal) : transport;
}

type Transport = { readonly kind: 'transport'; readonly stream: Duplex } | CommandOutcome;

/** SPDY/3.1 inside the concatenated payloads of binary WebSocket messages. */
async function tunnel(
  link: ApiserverLink,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  const opened = await openWebSocket(link, { path, protocol: PORT_FORWARD_TUNNEL_PROTOCOL, signal });
  switch (opened.kind) {
    case 'refusal':
      return failed(unreachableWords(opened, link.server));
    case 'answer':
      return failed(portForwardRefusedWords(opened.body));
    case 'dropped':
      return failed(portForwardFailedWords(opened.text));
    case 'open': {
      const { socket } = opened;
      socket.on('message', (_data, binary) => {
        if (!binary) socket.terminate();
      });
      const stream = createWebSocketStream(socket, { highWaterMark: 64 * 1024 });
      return { kind: 'transport', stream };
    }
  }
}

async function spdy(link: ApiserverLink, path: string, signal: AbortSignal | undefined): Promise<Transport> {
  const answer = await link.exchange({
    method: 'POST',
    path,
    headers: {
      'Content-Length': '0',
      [STREAM_PROTOCOL_HEADER]: PORT_FORWARD_PROTOCOL,
      Connection: 'Upgrade',
      Upgrade: 'SPDY/3.1',
    },
    signal,
  });
  switch (answer.kind) {
    case 'refusal': {
      if (answer.code !== 'CONNECTION_CLOSED') return failed(unreachableWords(answer, link.server));
      const text = answer.text === 'EOF' ? 'unexpected EOF' : answer.text;
      return failed(
        portForwardFailedWords(`error sending request: Post "https://${link.server}${path}": ${text}`),
      );
    }
    case 'response': {
      const kept = new Collected();
      await readBody(answer.body, (chunk) => kept.add(chunk));
      return failed(portForwardRefusedWords(kept.bytes()));
    }
    case 'upgraded': {
      const upgrade = answer.headers.find(([name]) => name.toLowerCase() === 'upgrade')?.[1] ?? '';
      if (upgrade.toLowerCase().includes('spdy/3.1')) return { kind: 'transport', stream: answer.socket };
      answer.socket.destroy();
      return failed(portForwardFailedWords('unable to upgrade connection: '));
    }
  }
}

class Forwarding implements PortForward {
  readonly kind = 'port-forward';
  readonly ended: Promise<CommandOutcome>;
  readonly #session: SpdySession;
  readonly #connections = new Set<ForwardedConnection>();
  #nextRequestId = 0;
  #closed = false;

  constructor(transport: Duplex, signal: AbortSignal | undefined) {
    this.#session = new SpdySession(transport, { role: 'client' });
    const abort = (): void => this.close();
    signal?.addEventListener('abort', abort);
    this.ended = this.#session.ended.then(() => {
      signal?.removeEventListener('abort', abort);
      if (wasAborted(signal)) return interrupted();
      return this.#closed ? succeeded() : failed(plainWords(LOST_CONNECTION));
    });
  }

  async connect(port: number, { localPort = port }: { readonly localPort?: number } = {}): Promise<Duplex> {
    const requestId = this.#nextRequestId++;
    // Opened in one go instead of one after the other as kubectl does: one round trip less, the same frames.
    const opening = (['error', 'data'] as const).map((type) =>
      this.#session.open(portForwardHeaders(type, port, requestId)),
    );
    const opened = await Promise.allSettled(opening);
    const [error, data] = opened.map((each) => (each.status === 'fulfilled' ? each.value : null));
    if (error === null || error === undefined || data === null || data === undefined) {
      error?.destroy();
      data?.destroy();
      const why = opened.find((each) => each.status === 'rejected');
      throw new Error(`error creating forwarding stream for port ${localPort} -> ${port}: ${textOf(why)}`);
    }
    error.end();
    const onFailure = (): void => this.#session.close();
    const connection = new ForwardedConnection({ error, data, localPort, remotePort: port, onFailure });
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    return connection;
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#connections) connection.destroy();
    this.#session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
  }
}

function textOf(result: PromiseSettledResult<unknown> | undefined): string {
  if (result?.status !== 'rejected') return '';
  return result.reason instanceof Error ? result.reason.message : String(result.reason);
}
