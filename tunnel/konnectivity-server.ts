import { randomInt } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Endpoint, Host, Listener } from '../network/network';
import { parseCertificate } from '../wire/certificate';
import { type AgentStream, admitAgent } from './konnectivity-agent-stream';
import type { CheckAgentToken } from './konnectivity-agent-token';
import { Backends, type ProxyStrategy } from './konnectivity-backends';
import { acceptSecure, type PortTls } from './konnectivity-tls';

/**
 * Konnectivity's proxy server in mode http-connect: the apiserver comes to the frontend with a CONNECT, agents come to
 * the other port and stay, and each connection of the one is carried by one of the others.
 * Source: kubernetes-sigs/apiserver-network-proxy, pkg/server/tunnel.go and server.go, cmd/server/app/server.go.
 */
export interface KonnectivityServerOptions {
  readonly host: Host;
  readonly frontend: { readonly at: Endpoint; readonly tls: PortTls };
  readonly agents: { readonly at: Endpoint; readonly tls: PortTls; readonly token: CheckAgentToken | null };
  readonly strategies: readonly ProxyStrategy[];
  readonly serverId: string;
  readonly serverCount: number;
  readonly log: Logger;
  /** A number below `count`; by default at random, as upstream. */
  readonly choose?: (count: number) => number;
}

export interface KonnectivityServer extends AsyncDisposable {
  readonly frontendAt: Endpoint;
  readonly agentsAt: Endpoint;
  /** Of the agents that are connected, in the order in which they came. */
  readonly agentIds: readonly string[];
  /** Null when it is ready; else what /readyz says. */
  readonly notReady: string | null;
  readonly counts: { readonly established: number; readonly pending: number; readonly dialFailures: number };
  /** Kept as soon as an agent of this ID is connected. */
  whenConnected(agentId: string, signal?: AbortSignal): Promise<void>;
  /** Hangs up on every agent, as a restart would; they may come again. */
  dropAgents(): void;
  close(): Promise<void>;
}

/** Throws MidplaneError LISTEN_FAILED. */
export async function startKonnectivityServer(
  options: KonnectivityServerOptions,
): Promise<KonnectivityServer> {
  const { host, frontend, agents, log } = options;
  const backends = new Backends<AgentStream>(options.strategies, options.choose ?? anyOf);
  const arrivals = new Set<() => void>();
  let dialFailures = 0;

  /** Of whoever came to the frontend: nobody looks at it, but the log has it. */
  const commonNames = new WeakMap<Duplex, string>();
  const http = createHttpServer((_, response) => {
    // http.Error of net/http.
    response.writeHead(405, {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end('this proxy only supports CONNECT passthrough\n');
  });
  http.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const address = request.url ?? '';
    socket.on('error', () => undefined);
    if (head.length > 0) socket.unshift(head);
    const backend = backends.for(withoutPort(address));
    if (backend === null) {
      log.error({ err: NO_BACKEND }, 'no tunnels available');
      dialFailures += 1;
      const status = 'HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n';
      socket.end(`${status}currently no tunnels available: ${NO_BACKEND}`);
      return;
    }
    const commonName = commonNames.get(socket) ?? '';
    log.info({ host: address, agentID: backend.agentId, commonName }, 'DIAL_REQ sent to backend');
    host.timeline.record(host.name, null, 'tunnel-dialled', { to: address, agent: backend.agentId });
    backend.carry(address, socket, () => {
      dialFailures += 1;
    });
  });

  const http2 = createHttp2Server();
  // A peer that speaks something else has told enough by leaving.
  http2.on('sessionError', () => undefined);
  http2.on('stream', (stream, headers) => {
    void admitAgent(stream, headers, { ...options, token: agents.token, backends }).then((agent) => {
      if (agent === null) return;
      for (const arrived of arrivals) arrived();
    });
  });

  const listeners: Listener[] = [];
  const open = new Set<Duplex>();
  const listen = async (
    { at, tls }: { readonly at: Endpoint; readonly tls: PortTls },
    alpn: readonly string[],
    take: (socket: Duplex) => void,
  ): Promise<Endpoint> => {
    const accept = acceptSecure(host, tls, alpn);
    const listener = await host.listen(at, (connection) => {
      void accept(connection).then((accepted) => {
        if ('text' in accepted) {
          log.info({ from: connection.remote, text: accepted.text }, 'TLS handshake error');
          return;
        }
        open.add(accepted.socket);
        accepted.socket.once('close', () => open.delete(accepted.socket));
        const [leaf] = accepted.peerCertificates;
        if (leaf !== undefined) commonNames.set(accepted.socket, commonNameOf(leaf));
        take(accepted.socket);
      });
    });
    listeners.push(listener);
    return listener.at;
  };
  const dropAgents = (): void => {
    for (const agent of [...backends.all]) agent.close();
  };
  const close = async (): Promise<void> => {
    dropAgents();
    for (const socket of open) socket.destroy();
    await Promise.all(listeners.map((listener) => listener.close()));
    http.closeAllConnections();
  };
  try {
    const frontendAt = await listen(frontend, ['http/1.1'], (socket) => http.emit('connection', socket));
    const agentsAt = await listen(agents, ['h2'], (socket) => {
      // A session of HTTP/2 does not notice a peer that has left while its socket may stay half open.
      socket.once('end', () => socket.destroy());
      http2.emit('connection', socket);
    });
    return {
      frontendAt,
      agentsAt,
      get agentIds() {
        return backends.all.map(({ agentId }) => agentId);
      },
      get notReady() {
        return backends.ready ? null : 'no connection to any proxy agent';
      },
      get counts() {
        const sum = (count: (agent: AgentStream) => number): number =>
          backends.all.reduce((total, agent) => total + count(agent), 0);
        return { established: sum((it) => it.established), pending: sum((it) => it.pending), dialFailures };
      },
      whenConnected: (agentId, signal) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (!backends.all.some((agent) => agent.agentId === agentId)) return;
            arrivals.delete(look);
            resolve();
          };
          signal?.addEventListener('abort', () => {
            arrivals.delete(look);
            reject(signal.reason as Error);
          });
          arrivals.add(look);
          look();
        }),
      dropAgents,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function commonNameOf(leaf: Buffer): string {
  const certificate = parseCertificate(leaf);
  return certificate.kind === 'unreadable-certificate' ? '' : certificate.subject.commonName;
}

/** Source: pkg/server/backend_manager.go, ErrNotFound. */
const NO_BACKEND = 'No backend available';

function anyOf(count: number): number {
  return count <= 1 ? 0 : randomInt(count);
}

/** Source: pkg/util/net.go (RemovePortFromHost). */
function withoutPort(address: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(address);
  if (bracketed !== null) return bracketed[1] ?? '';
  const parts = address.split(':');
  return parts.length === 2 ? (parts[0] ?? '') : address;
}
