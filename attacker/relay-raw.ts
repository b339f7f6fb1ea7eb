import type { Duplex } from 'node:stream';
import type { Connection, Endpoint, Host, Listener } from '../network/network';
import { TlsAcceptor } from '../network/secure-server';
import type { KeyPair } from '../wire/pem';
import { GenuineEndpoint } from './genuine';
import type { Direction } from './loot';
import { OpenSockets } from './open-sockets';

export interface RawRelayOptions {
  readonly host: Host;
  readonly listenAt: Endpoint;
  readonly genuine: Endpoint;
  readonly present: KeyPair;
  /** Sees every byte in clear. */
  readonly tap?: (direction: Direction, bytes: Buffer) => void;
}

export interface RawRelay extends AsyncDisposable {
  readonly at: Endpoint;
  close(): Promise<void>;
}

/**
 * A relay that ends TLS on both sides and looks at nothing else: for protocols that nobody here knows, and for measuring
 * what terminating costs. Both handshakes run at the same time, with one secure context a side for all connections.
 */
export async function startRawRelay(options: RawRelayOptions): Promise<RawRelay> {
  const { host, listenAt, genuine, present, tap } = options;
  const acceptor = new TlsAcceptor({ keyPair: present, requestClientCertificate: false });
  const held = new OpenSockets();

  const relay = async (connection: Connection): Promise<void> => {
    held.add(connection.socket);
    const upstream = new GenuineEndpoint(host, genuine, held).reach({ kind: 'tls', alpn: [] });
    const [victim, reached] = await Promise.all([acceptor.accept(connection), upstream]);
    if (victim.kind === 'secure-connection' && reached.kind === 'secure-connection') {
      held.add(victim.socket);
      passBytes(victim.socket, reached.socket, tap);
      return;
    }
    connection.socket.destroy();
    if (reached.kind !== 'refusal') reached.socket.destroy();
  };

  const listener: Listener = await host.listen(listenAt, (connection) => void relay(connection));
  const close = async (): Promise<void> => {
    await listener.close();
    await held.close();
  };
  return { at: listener.at, close, [Symbol.asyncDispose]: close };
}

/** Node's own mark is one TLS record, and would stop and start the other side for each. */
const MAX_WAITING_BYTES = 256 * 1024;

/** Joins two streams: bytes, backpressure, ends and failures of the one become those of the other. */
export function passBytes(
  victim: Duplex,
  genuine: Duplex,
  tap?: (direction: Direction, bytes: Buffer) => void,
): void {
  pass(victim, genuine, tap && ((bytes) => tap('up', bytes)));
  pass(genuine, victim, tap && ((bytes) => tap('down', bytes)));
}

function pass(from: Duplex, to: Duplex, see: ((bytes: Buffer) => void) | undefined): void {
  from.on('data', (bytes: Buffer) => {
    see?.(bytes);
    to.write(bytes);
    if (to.writableLength > MAX_WAITING_BYTES) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  from.on('close', () => {
    if (!from.readableEnded) to.destroy();
    // Nobody is left to read what `to` says; but what it is still being told has to arrive.
    else if (to.writableFinished) to.destroy();
    else to.once('finish', () => to.destroy());
  });
}
