import type { IncomingMessage, ServerResponse } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type ChannelProtocol, decodeChannel, encodeChannel } from '../wire/channel';
import { Pipe, type Sink, type Source } from './containers/pipe';
import type { Upgrade } from './upgrade';

/**
 * The server side of channel.k8s.io over WebSocket as kubelets up to 1.35 speak it: no v5.
 * Source: apimachinery/pkg/util/httpstream/wsstream/conn.go.
 */
export const REMOTE_COMMAND_CHANNELS: readonly ChannelProtocol[] = [
  '',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
];
export const PORT_FORWARD_CHANNELS: readonly ChannelProtocol[] = [
  '',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
];

/** golang.org/x/net/websocket, DefaultMaxPayloadBytes. */
const LARGEST_MESSAGE_BYTES = 32 * 1024 * 1024;
const LARGEST_SENT_BYTES = 32 * 1024;

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  maxPayload: LARGEST_MESSAGE_BYTES,
  handleProtocols: (offered) => {
    const known: readonly string[] = REMOTE_COMMAND_CHANNELS;
    return [...offered].find((protocol) => known.includes(protocol)) ?? false;
  },
});

export interface ChannelSession {
  readonly protocol: ChannelProtocol;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  source(channel: number): Source;
  sink(channel: number): Sink;
  /** Closes with code 1000, after what was sent. */
  close(): void;
}

/** Completes the WebSocket handshake, or null when no protocol is common to both: that is a 403 without a body. */
export function acceptChannels(
  request: IncomingMessage,
  upgrade: Upgrade,
  response: ServerResponse,
  supported: readonly ChannelProtocol[],
): Promise<ChannelSession> | null {
  const offered = (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((it) => it.trim())
    .filter((it) => it !== '');
  const names: readonly string[] = supported;
  const first = offered.find((it) => names.includes(it));
  if (offered.length > 0 && first === undefined) return null;
  if (response.socket !== null) response.detachSocket(response.socket);
  return new Promise((resolve) => {
    server.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      resolve(new Channels(socket, (socket.protocol || '') as ChannelProtocol));
    });
  });
}

class Channels implements ChannelSession {
  readonly protocol: ChannelProtocol;
  readonly #socket: WebSocket;
  readonly #gone = new AbortController();
  readonly #sources = new Map<number, Pipe>();

  constructor(socket: WebSocket, protocol: ChannelProtocol) {
    this.#socket = socket;
    this.protocol = protocol;
    socket.on('message', (data, binary) => this.#receive(data, binary));
    // ws closes the connection after an error of its own; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#gone.abort();
      for (const pipe of this.#sources.values()) pipe.end();
    });
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  source(channel: number): Source {
    const pipe = new Pipe();
    this.#sources.set(channel, pipe);
    return pipe;
  }

  sink(channel: number): Sink {
    let ended = false;
    return {
      write: async (bytes, signal) => {
        // An empty message is sent too: it tells the client that the session stands.
        for (let at = 0; at === 0 || at < bytes.length; at += LARGEST_SENT_BYTES) {
          if (ended || signal?.aborted) return false;
          if (!(await this.#send(channel, bytes.subarray(at, at + LARGEST_SENT_BYTES)))) return false;
        }
        return true;
      },
      end: () => {
        ended = true;
      },
    };
  }

  close(): void {
    this.#socket.close(1000);
  }

  #send(channel: number, bytes: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#socket.readyState !== this.#socket.OPEN) resolve(false);
      else this.#socket.send(encodeChannel(this.protocol, channel, bytes), (error) => resolve(!error));
    });
  }

  #receive(data: RawData, binary: boolean): void {
    const message = decodeChannel(this.protocol, data as Buffer, binary);
    if (message.kind !== 'data') return;
    // Unknown channels are ignored, as wsstream does.
    const pipe = this.#sources.get(message.channel);
    if (pipe === undefined) return;
    const written = pipe.write(message.bytes);
    if (!pipe.full) return;
    this.#socket.pause();
    void written.then(() => this.#socket.resume());
  }
}
