import { lookup } from 'node:dns/promises';
import { type AddressInfo, connect, createServer, isIP, type Socket } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { MidplaneError } from '../error';
import {
  type Connection,
  type Endpoint,
  type Host,
  joinHostPort,
  type Listener,
  type Refusal,
} from './network';
import { Timeline } from './timeline';

/** The machine's own sockets behind the same contract as the fabric: what a component uses when it is a program of its own. */

/** Go's default dialer gives a connection attempt 30 s (client-go transport defaults). */
const DIAL_TIMEOUT_MS = 30_000;

export interface HostNetworkOptions {
  readonly name?: string;
  readonly timeline?: Timeline;
  /** What this machine is known by, the first one foremost. Default: the addresses of all its interfaces. */
  readonly addresses?: readonly string[];
}

export function hostNetwork(options: HostNetworkOptions = {}): Host {
  const name = options.name ?? hostname();
  const timeline = options.timeline ?? new Timeline();
  let connections = 0;
  const nextId = (): string => `${name}/${++connections}`;

  const resolve = async (wanted: string): Promise<readonly string[] | Refusal> => {
    if (isIP(wanted) !== 0) return [wanted];
    try {
      return (await lookup(wanted, { all: true })).map((it) => it.address);
    } catch {
      return { kind: 'refusal', code: 'NAME_NOT_FOUND', text: `lookup ${wanted}: no such host`, peer: null };
    }
  };

  const dial = async (
    to: { readonly host: string; readonly port: number },
    { timeoutMs = DIAL_TIMEOUT_MS, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<Connection | Refusal> => {
    const addresses = await resolve(to.host);
    if ('kind' in addresses) return { ...addresses, text: `dial tcp: ${addresses.text}` };
    const peer: Endpoint = { address: addresses[0] ?? to.host, port: to.port };
    const id = nextId();
    const socket = connect({ host: peer.address, port: peer.port, noDelay: true });
    const failure = await connected(socket, timeoutMs, signal);
    if (failure !== null) {
      const text = `dial tcp ${joinHostPort(peer.address, peer.port)}: ${failure.text}`;
      timeline.record(name, id, 'connection-refused', { to: peer, text });
      return { kind: 'refusal', code: failure.code, text, peer };
    }
    const local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    timeline.record(name, id, 'connection-opened', { from: local, to: peer, through: [], deliveredTo: null });
    return { kind: 'connection', id, socket, local, remote: peer, originalDestination: peer };
  };

  const listen = async (at: Endpoint, accept: (connection: Connection) => void): Promise<Listener> => {
    const open = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      const local = { address: plain(socket.localAddress), port: socket.localPort ?? 0 };
      const remote = { address: plain(socket.remoteAddress), port: socket.remotePort ?? 0 };
      accept({ kind: 'connection', id: nextId(), socket, local, remote, originalDestination: local });
    });
    await new Promise<void>((done, fail) => {
      server.once('error', (error: NodeJS.ErrnoException) => fail(listenError(at, error)));
      server.listen({ host: at.address, port: at.port }, done);
    });
    const close = async (): Promise<void> => {
      for (const socket of open) socket.destroy();
      if (!server.listening) return;
      await new Promise<void>((done) => server.close(() => done()));
    };
    return {
      at: { address: at.address, port: (server.address() as AddressInfo).port },
      close,
      [Symbol.asyncDispose]: close,
    };
  };

  return {
    name,
    timeline,
    get addresses() {
      if (options.addresses !== undefined) return options.addresses;
      return Object.values(networkInterfaces()).flatMap((it) => it?.map((entry) => entry.address) ?? []);
    },
    resolve,
    dial,
    listen,
  };
}

/** An IPv4 peer of a dual-stack listener shows up as `::ffff:10.0.0.1`. */
function plain(address: string | undefined): string {
  return address?.replace(/^::ffff:/, '') ?? '';
}

function connected(
  socket: Socket,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<{ code: Refusal['code']; text: string } | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end({ code: 'TIMED_OUT', text: 'i/o timeout' }), timeoutMs);
    const aborted = (): void => end({ code: 'TIMED_OUT', text: 'operation was canceled' });
    signal?.addEventListener('abort', aborted, { once: true });
    socket.once('connect', () => end(null));
    socket.once('error', (error: NodeJS.ErrnoException) => end(dialFailure(error)));
    if (signal?.aborted) aborted();

    function end(failure: { code: Refusal['code']; text: string } | null): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      if (failure !== null) socket.destroy();
      resolve(failure);
    }
  });
}

/** Go's words for the errno of connect(2): `syscall: strerror`. */
function dialFailure(error: NodeJS.ErrnoException): { code: Refusal['code']; text: string } {
  switch (error.code) {
    case 'ECONNREFUSED':
      return { code: 'CONNECTION_REFUSED', text: 'connect: connection refused' };
    case 'EHOSTUNREACH':
      return { code: 'NO_ROUTE', text: 'connect: no route to host' };
    case 'ENETUNREACH':
      return { code: 'NO_ROUTE', text: 'connect: network is unreachable' };
    case 'ETIMEDOUT':
      return { code: 'TIMED_OUT', text: 'i/o timeout' };
    default:
      return { code: 'NO_ROUTE', text: `connect: ${error.code ?? error.message}` };
  }
}

function listenError(at: Endpoint, error: NodeJS.ErrnoException): MidplaneError {
  const where = joinHostPort(at.address, at.port);
  switch (error.code) {
    case 'EADDRINUSE':
      return new MidplaneError('LISTEN_FAILED', `listen tcp ${where}: bind: address already in use`, {
        hint: 'stop the program that holds the port, or choose another with --secure-port (apiserver) or port (kubelet)',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
      return new MidplaneError(
        'LISTEN_FAILED',
        `listen tcp ${where}: bind: cannot assign requested address`,
        {
          hint: 'listen on an address that this machine has, for example 127.0.0.1 or 0.0.0.0',
          cause: error,
        },
      );
    case 'EACCES':
      return new MidplaneError('LISTEN_FAILED', `listen tcp ${where}: bind: permission denied`, {
        hint: 'ports below 1024 need privileges: choose a higher one',
        cause: error,
      });
    default:
      return new MidplaneError('LISTEN_FAILED', `listen tcp ${where}: ${error.message}`, { cause: error });
  }
}
