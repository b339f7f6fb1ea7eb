import { type ClientHttp2Session, type ClientHttp2Stream, connect as http2Connect } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Host, joinHostPort } from '../network/network';
import { startTls } from '../network/secure-client';
import { decodeGrpcMessage } from '../wire/grpc-frames';
import type { KeyPair } from '../wire/pem';
import { AgentDials } from './konnectivity-agent-dials';
import { CONNECT_METHOD } from './konnectivity-agent-stream';

/**
 * Konnectivity's agent: dials out to the proxy server, stays connected to every instance of it, and dials whatever
 * address it is told, in plain TCP and without asking why.
 * Source: kubernetes-sigs/apiserver-network-proxy, pkg/agent/clientset.go and client.go.
 */
export interface KonnectivityAgentOptions {
  readonly host: Host;
  readonly server: { readonly host: string; readonly port: number };
  /** --ca-cert: whom it believes, for the host that it dials. */
  readonly caPem: string;
  readonly clientCertificate: KeyPair | null;
  /** Read again for every connection, as a projected token is. */
  readonly token: (() => Promise<string>) | null;
  readonly agentId: string;
  /** --agent-identifiers, as it was given. */
  readonly identifiers: string;
  readonly syncIntervalMs: number;
  readonly syncIntervalCapMs: number;
  readonly log: Logger;
}

export interface KonnectivityAgent extends AsyncDisposable {
  readonly agentId: string;
  /** How many instances of the server it is connected to. */
  readonly connections: number;
  /** Kept when the next attempt to connect is over: null when it worked, else why not. */
  nextAttempt(): Promise<string | null>;
  close(): Promise<void>;
}

export function startKonnectivityAgent(options: KonnectivityAgentOptions): KonnectivityAgent {
  const { syncIntervalMs, syncIntervalCapMs, log, agentId } = options;
  const stop = new AbortController();
  const servers = new Map<string, ServerConnection>();
  const watchers: ((problem: string | null) => void)[] = [];
  let serverCount = 0;

  const syncOnce = async (): Promise<boolean> => {
    if (serverCount !== 0 && servers.size >= serverCount) return true;
    const attempt = await connectToServer(options, stop.signal);
    const problem = typeof attempt === 'string' ? attempt : null;
    for (const tell of watchers.splice(0)) tell(problem);
    if (typeof attempt === 'string') {
      if (!stop.signal.aborted) log.error({ err: attempt, agentID: agentId }, 'cannot sync once');
      return false;
    }
    serverCount = attempt.serverCount;
    if (stop.signal.aborted || servers.has(attempt.serverId)) {
      attempt.session.destroy();
      return true;
    }
    servers.set(attempt.serverId, attempt);
    attempt.stream.once('close', () => {
      servers.delete(attempt.serverId);
      attempt.session.destroy();
    });
    // It may have left while its answer was read.
    if (attempt.stream.destroyed) servers.delete(attempt.serverId);
    log.info({ serverID: attempt.serverId, agentID: agentId }, 'Connect to server');
    return true;
  };

  const sync = async (): Promise<void> => {
    let waitMs = syncIntervalMs;
    while (!stop.signal.aborted) {
      const worked = await syncOnce();
      // Source: pkg/agent/clientset.go (resetBackoff): factor 1.5, jitter 0.1.
      const jitter = 1 + Math.random() / 10;
      await pause(waitMs * jitter, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
      waitMs = worked ? syncIntervalMs : Math.min(waitMs * 1.5, syncIntervalCapMs);
    }
  };
  const running = sync();
  const close = async (): Promise<void> => {
    stop.abort();
    for (const { session } of servers.values()) session.destroy();
    for (const tell of watchers.splice(0)) tell('the agent was closed');
    await running;
  };
  return {
    agentId,
    get connections() {
      return servers.size;
    },
    nextAttempt: () => new Promise((resolve) => watchers.push(resolve)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface ServerConnection {
  readonly serverId: string;
  readonly serverCount: number;
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
}

/** A text is why not. */
async function connectToServer(
  options: KonnectivityAgentOptions,
  signal: AbortSignal,
): Promise<ServerConnection | string> {
  const { host, server, caPem, clientCertificate, agentId, identifiers, log } = options;
  let token: string | null;
  try {
    token = (await options.token?.()) ?? null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const connection = await host.dial(server, { signal });
  if (connection.kind === 'refusal') return unavailable(connection.text);
  const secure = await startTls(connection, {
    at: host,
    trust: { kind: 'verify', bundlePem: caPem, host: server.host },
    serverName: server.host,
    alpn: ['h2'],
    ...(clientCertificate === null ? {} : { clientCertificate }),
  });
  if (secure.kind === 'refusal') {
    return unavailable(`authentication handshake failed: ${secure.text}`);
  }
  if (signal.aborted) {
    secure.socket.destroy();
    return 'the agent was closed';
  }
  const authority = joinHostPort(server.host, server.port);
  const session = http2Connect(`https://${authority}`, { createConnection: () => secure.socket });
  session.on('error', () => undefined);
  const stream = session.request(
    {
      ':method': 'POST',
      ':path': CONNECT_METHOD,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'grpc-go/1.69.2',
      agentid: agentId,
      agentidentifiers: identifiers,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    { endStream: false },
  );
  stream.on('error', () => undefined);
  const closing = (): void => session.destroy();
  signal.addEventListener('abort', closing, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', closing));
  const dials = new AgentDials(host, stream, log);
  const answer = await headersOf(stream);
  const problem = answer === null ? unavailable('error reading from server: EOF') : problemOf(answer);
  if (problem !== null) {
    dials.close();
    session.destroy();
    return problem;
  }
  return {
    serverId: String(answer?.['serverid']),
    serverCount: Number(answer?.['servercount']),
    session,
    stream,
  };
}

type Headers = Readonly<Record<string, unknown>>;

function headersOf(stream: ClientHttp2Stream): Promise<Headers | null> {
  return new Promise((resolve) => {
    stream.once('response', (headers) => resolve(headers as Headers));
    stream.once('close', () => resolve(null));
  });
}

function problemOf(headers: Headers): string | null {
  const status = headers['grpc-status'];
  if (typeof status === 'string' && status !== '0') {
    const said = headers['grpc-message'];
    const text = typeof said === 'string' ? decodeGrpcMessage(said) : '';
    return `rpc error: code = ${codeNames[Number(status)] ?? `Code(${status})`} desc = ${text}`;
  }
  if (headers[':status'] !== 200)
    return unavailable(`unexpected HTTP status code ${String(headers[':status'])}`);
  const id = headers['serverid'];
  if (typeof id !== 'string') return 'expected one server ID in the context, got []';
  const count = headers['servercount'];
  if (typeof count !== 'string') return 'expected one server count, got 0';
  if (!/^[+-]?\d+$/.test(count)) return `strconv.Atoi: parsing ${JSON.stringify(count)}: invalid syntax`;
  return null;
}

/** google.golang.org/grpc/codes, String(). */
const codeNames: Readonly<Record<number, string>> = {
  1: 'Canceled',
  2: 'Unknown',
  8: 'ResourceExhausted',
  12: 'Unimplemented',
  13: 'Internal',
  14: 'Unavailable',
  16: 'Unauthenticated',
};

/** google.golang.org/grpc clientconn.go: why a connection could not be made. */
function unavailable(text: string): string {
  return `rpc error: code = Unavailable desc = connection error: desc = ${JSON.stringify(`transport: ${text}`)}`;
}
