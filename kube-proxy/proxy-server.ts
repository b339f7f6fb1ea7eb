import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Endpoint, Host } from '../network/network';
import type { ProxyHealth } from './proxy-health';
import type { ProxyMetrics } from './proxy-metrics';

/** The two ports of a kube-proxy: plain HTTP, for whoever asks. Source: cmd/kube-proxy/app/server.go (serveMetrics). */
export interface PlainServer {
  readonly at: Endpoint;
  close(): Promise<void>;
}

/** 10256: for load balancers and probes. Throws MidplaneError LISTEN_FAILED, as does the other. */
export function serveHealthz(
  host: Host,
  at: Endpoint,
  health: ProxyHealth,
  metrics: ProxyMetrics,
): Promise<PlainServer> {
  return serve(host, at, (request, response) => {
    const path = pathOf(request);
    const answer = health.answer(path);
    if (answer === null) return notFound(response);
    metrics.answered(path === '/livez' ? 'livez' : 'healthz', answer.status);
    response.writeHead(answer.status, {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(answer.body);
  });
}

/** 10249. */
export function serveMetrics(
  host: Host,
  at: Endpoint,
  { health, metrics, configz }: { health: ProxyHealth; metrics: ProxyMetrics; configz: () => object },
): Promise<PlainServer> {
  return serve(host, at, (request, response) => {
    switch (pathOf(request)) {
      case '/metrics':
        response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
        response.end(metrics.text());
        return;
      case '/proxyMode':
        response.writeHead(200, {
          'Content-Type': 'text/plain; charset=utf-8',
          'X-Content-Type-Options': 'nosniff',
        });
        response.end('nftables');
        return;
      case '/healthz':
        response.writeHead(health.isHealthy ? 200 : 500, {
          'Content-Type': 'text/plain; charset=utf-8',
          'X-Content-Type-Options': 'nosniff',
        });
        response.end(health.isHealthy ? 'ok' : 'healthz check failed\n');
        return;
      case '/configz':
        response.writeHead(200, { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' });
        response.end(JSON.stringify({ 'kubeproxy.config.k8s.io': configz() }));
        return;
      default:
        notFound(response);
    }
  });
}

async function serve(
  host: Host,
  at: Endpoint,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<PlainServer> {
  const http = createServer((request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') answer(request, response);
    else {
      response.writeHead(405, { 'Content-Type': 'text/plain; charset=utf-8', Allow: 'GET, HEAD' });
      response.end('Method Not Allowed\n');
    }
  });
  const listener = await host.listen(at, ({ socket }) => http.emit('connection', socket));
  return {
    at: listener.at,
    close: async () => {
      await listener.close();
      http.closeAllConnections();
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? '';
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end('404 page not found\n');
}
