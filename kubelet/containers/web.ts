import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connection, Endpoint, Listener } from '../../network/network';
import { TlsAcceptor } from '../../network/secure-server';
import type { WebContext } from './web-programs';

/** A web server in a pod: http on one port and, with a key pair, the same over TLS on another. */
export interface WebOptions extends WebContext {
  readonly httpPort: number;
  readonly httpsPort: number;
}

export interface WebServer {
  close(): Promise<void>;
}

export async function startWeb(
  options: WebOptions,
  answer: (request: IncomingMessage, response: ServerResponse, client: Endpoint) => void,
): Promise<WebServer> {
  const { network, address, httpPort, httpsPort, keyPair } = options;
  // Node knows only the loopback address that a connection of the lab's network really has.
  const clients = new WeakMap<Duplex, Endpoint>();
  const http = createServer((request, response) =>
    answer(request, response, clients.get(request.socket) ?? { address: '', port: 0 }),
  );
  const serve = (socket: Duplex, client: Endpoint): void => {
    clients.set(socket, client);
    http.emit('connection', socket);
  };
  const listeners: Listener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    http.closeAllConnections();
    http.close();
  };
  const listen = async (port: number, accept: (connection: Connection) => void): Promise<void> => {
    listeners.push(await network.listen({ address, port }, accept));
  };
  try {
    await listen(httpPort, ({ socket, remote }) => serve(socket, remote));
    if (keyPair !== null) {
      const acceptor = new TlsAcceptor({ keyPair, requestClientCertificate: false, alpn: ['http/1.1'] });
      await listen(httpsPort, async (connection) => {
        const accepted = await acceptor.accept(connection);
        if (accepted.kind === 'secure-connection') serve(accepted.socket, connection.remote);
      });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

/**
 * The small site of `midplane/web`. The certificate of its https side is nobody's but the pod's own, as most in-cluster https
 * backends have it.
 */
export function answerAsMidplane(
  options: WebOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method = 'GET', url = '/' } = request;
  const hear = options.hear();
  hear(`${method} ${url} HTTP/${request.httpVersion}\n`);
  options.log(`${method} ${url}`);
  request.on('data', hear);
  request.on('error', () => response.destroy());
  const path = url.split('?', 1)[0];
  if (path === '/canary') {
    const secret = options.files.read('/run/secrets/canary');
    const body = Buffer.isBuffer(secret)
      ? Buffer.concat([secret, Buffer.from('\n')])
      : Buffer.from('no canary\n');
    whenRead(request, () => reply(response, Buffer.isBuffer(secret) ? 200 : 404, 'text/plain', body));
  } else if (path === '/' && (method === 'GET' || method === 'HEAD')) {
    whenRead(request, () =>
      reply(response, 200, 'text/html; charset=utf-8', Buffer.from(page(options.podName))),
    );
  } else {
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.write(`${method} ${url}\n`);
    request.pipe(response);
  }
}

/** The answer waits for the whole body, so that whoever was answered knows that the body was taken in. */
export function whenRead(request: IncomingMessage, then: () => void): void {
  request.on('end', then);
  request.resume();
}

export function reply(response: ServerResponse, code: number, contentType: string, body: Buffer): void {
  response.writeHead(code, { 'Content-Type': contentType, 'Content-Length': body.length });
  response.end(body);
}

function page(podName: string): string {
  const name = podName.replace(/[^A-Za-z0-9.-]/g, '');
  return [
    '<!doctype html>',
    `<title>${name}</title>`,
    `<h1>${name}</h1>`,
    '<p>A simulated pod of the midplane lab.</p>',
    '<p><a href="/canary">canary</a></p>',
    '',
  ].join('\n');
}
