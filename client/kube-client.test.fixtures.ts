import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { failure } from '../api/status';
import { hostNetwork } from '../network/host-network';
import { makePair } from '../network/secure.test.fixtures';
import { KubeClient, type KubeClientOptions } from './kube-client';

/** A small real HTTPS server in the place of an apiserver, and a client that trusts it. */
export interface ScriptedApiserver extends AsyncDisposable {
  readonly client: KubeClient;
  readonly server: string;
  /** TLS connections accepted so far, and how many of them are open. */
  readonly connections: { accepted: number; open: number };
  clientWith(options: Partial<KubeClientOptions>): KubeClient;
}

export interface Script {
  readonly onRequest?: (...args: Parameters<RequestListener>) => void;
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

const authority = makePair('LAB client test', { authority: true });
const serving = makePair('apiserver.lab', { issuer: authority });

export async function scriptedApiserver(script: Script): Promise<ScriptedApiserver> {
  const server = createServer({ cert: serving.certPem, key: serving.keyPem, noDelay: true });
  const connections = { accepted: 0, open: 0 };
  const sockets = new Set<Duplex>();
  server.on('secureConnection', (socket) => {
    connections.accepted += 1;
    connections.open += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      connections.open -= 1;
      sockets.delete(socket);
    });
  });
  if (script.onRequest !== undefined) server.on('request', script.onRequest);
  if (script.onUpgrade !== undefined) server.on('upgrade', script.onUpgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const clients: KubeClient[] = [];
  const clientWith = (options: Partial<KubeClientOptions>): KubeClient => {
    const client = new KubeClient({
      from: hostNetwork(),
      server: { host: '127.0.0.1', port },
      trust: { kind: 'verify', bundlePem: authority.certPem, host: serving.name },
      ...options,
    });
    clients.push(client);
    return client;
  };
  return {
    client: clientWith({}),
    server: `127.0.0.1:${port}`,
    connections,
    clientWith,
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) await client.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Completes a WebSocket upgrade with exactly this subprotocol, also one that `ws` itself would not negotiate. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string | null,
  accepted: (webSocket: WebSocket) => void,
): void {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  delete request.headers['sec-websocket-protocol'];
  server.on('headers', (lines) => {
    if (protocol !== null) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  server.handleUpgrade(request, socket, head, accepted);
}

/** Answers an upgrade with something else than 101, and closes. */
export function refuseUpgrade(socket: Duplex, status: number, body: string, contentType: string): void {
  const length = Buffer.byteLength(body);
  socket.end(
    `HTTP/1.1 ${status} No\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** What an apiserver answers when it could not reach the kubelet for an upgrade. */
export const DIAL_FAILED = JSON.stringify(
  failure(500, 'error dialing backend: dial tcp 10.0.0.11:10250: connect: connection refused'),
);

/** One promise and what resolves it. */
export function signalled<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
