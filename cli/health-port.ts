import { createServer } from 'node:http';
import type { Endpoint, Host } from '../network/network';
import { TlsAcceptor } from '../network/secure-server';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';

export interface HealthPort {
  readonly at: Endpoint;
  close(): Promise<void>;
}

/** /healthz, /livez and /readyz of a component that serves nothing else, as upstream with TLS and a certificate of its own making. */
export async function serveHealth(host: Host, at: Endpoint): Promise<HealthPort> {
  const acceptor = new TlsAcceptor({
    keyPair: await selfSignedKubeletServing('localhost'),
    requestClientCertificate: false,
    alpn: ['http/1.1'],
    at: host,
  });
  const http = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const found = ['/healthz', '/livez', '/readyz'].includes(path);
    response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(found ? 'ok' : '404 page not found\n');
  });
  const listener = await host.listen(at, (connection) => {
    void acceptor.accept(connection).then((accepted) => {
      if (accepted.kind !== 'handshake-failure') http.emit('connection', accepted.socket);
    });
  });
  return {
    at: listener.at,
    close: async () => {
      await listener.close();
      http.closeAllConnections();
    },
  };
}
