import { createServer } from 'node:http';
import type { Endpoint, Host } from '../network/network';

export interface PlainHealth {
  readonly at: Endpoint;
  close(): Promise<void>;
}

/**
 * /healthz, /ready, /readyz and /metrics in plain HTTP. Upstream has /metrics at the admin port, which midplane has not.
 * Source: kubernetes-sigs/apiserver-network-proxy, cmd/server/app/server.go (runHealthServer), cmd/agent/app/server.go.
 */
export async function servePlainHealth(
  host: Host,
  at: Endpoint,
  asked: { readonly notReady: () => string | null; readonly metrics: () => string },
): Promise<PlainHealth> {
  const http = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const say = (status: number, text: string): void => {
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(text);
    };
    if (path === '/healthz') say(200, 'ok');
    else if (path === '/ready' || path === '/readyz') {
      const problem = asked.notReady();
      say(problem === null ? 200 : 500, problem ?? 'ok');
    } else if (path === '/metrics') say(200, asked.metrics());
    else say(404, '404 page not found\n');
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

/** The text format of Prometheus, for figures without labels. */
export function metricsText(
  figures: readonly {
    readonly name: string;
    readonly type: 'gauge' | 'counter';
    readonly help: string;
    readonly value: number;
  }[],
): string {
  return figures
    .map(
      ({ name, type, help, value }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`,
    )
    .join('');
}
