import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ChannelProtocol, decodeChannel, encodeChannel } from '../wire/channel';
import type { RequestHead } from '../wire/http-head';
import type { Outlet } from './outlet';

/** A message larger than this is no client of a kubelet. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

type StreamHeaders = Readonly<Record<string, string>>;

export interface ChannelListener {
  opened(channel: number, headers: StreamHeaders, outlet: Outlet): void;
  data(channel: number, headers: StreamHeaders, bytes: Buffer): void;
  finished(channel: number): void;
}

/**
 * The server's end of channel.k8s.io, as a kubelet's runtime speaks it over WebSocket: every channel is open from the
 * start. Returns the function that ends the session with a close frame 1000, without which kubectl reports a failure.
 */
export function serveChannels(
  head: RequestHead,
  socket: Duplex,
  upgrade: { readonly streamProtocol: string; readonly channels: readonly StreamHeaders[] },
  listener: ChannelListener,
): () => void {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: () => upgrade.streamProtocol || false,
  });
  const protocol = upgrade.streamProtocol as ChannelProtocol;
  let close = (): void => undefined;
  server.handleUpgrade(asMessage(head), socket, Buffer.alloc(0), (webSocket) => {
    close = () => webSocket.close(1000);
    webSocket.on('error', () => socket.destroy());
    webSocket.on('message', (message, isBinary) => {
      const read = decodeChannel(protocol, message as Buffer, isBinary);
      switch (read.kind) {
        case 'data': {
          const headers = upgrade.channels[read.channel];
          if (headers !== undefined && read.bytes.length > 0)
            listener.data(read.channel, headers, read.bytes);
          break;
        }
        case 'close':
          listener.finished(read.channel);
          break;
        case 'malformed':
          webSocket.close(1002);
          break;
      }
    });
    greet(webSocket, protocol, upgrade.channels);
    // After the caller has the function that ends the session: a shell without stdin ends as soon as it is open.
    process.nextTick(() => {
      for (const [channel, headers] of upgrade.channels.entries()) {
        listener.opened(channel, headers, outletOf(webSocket, protocol, channel));
      }
    });
  });
  return () => close();
}

/** Of a request `ws` reads nothing but these three (ws lib/websocket-server.js, handleUpgrade). */
function asMessage({ method, target, headers }: RequestHead): IncomingMessage {
  const byName = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = byName.get(key);
    byName.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return { method, url: target, headers: Object.fromEntries(byName) } as IncomingMessage;
}

/** The first messages: the port on each channel of a port-forward, else an empty message on stdout (wsstream/conn.go). */
function greet(webSocket: WebSocket, protocol: ChannelProtocol, channels: readonly StreamHeaders[]): void {
  let ports = 0;
  for (const [channel, headers] of channels.entries()) {
    if (headers['port'] === undefined) continue;
    const port = Buffer.alloc(2);
    port.writeUInt16LE(Number(headers['port']));
    webSocket.send(encodeChannel(protocol, channel, port));
    ports += 1;
  }
  if (ports > 0) return;
  const stdout = channels.findIndex((headers) => headers['streamtype'] === 'stdout');
  webSocket.send(encodeChannel(protocol, stdout, Buffer.alloc(0)));
}

function outletOf(webSocket: WebSocket, protocol: ChannelProtocol, channel: number): Outlet {
  return {
    accept: () => undefined,
    refuse: () => undefined,
    write: (text) => webSocket.send(encodeChannel(protocol, channel, Buffer.from(text))),
    // No protocol before v5 can end a single channel, and clients of v5 wait for the close frame all the same.
    finish: () => undefined,
  };
}
