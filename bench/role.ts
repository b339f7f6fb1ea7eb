import { connect, createServer } from 'node:net';
import { startRawRelay } from '../attacker/relay-raw';
import { hostNetwork } from '../network/host-network';
import { TlsAcceptor } from '../network/secure-server';
import { splice } from '../network/splice';
import type { KeyPair } from '../wire/pem';

/**
 * One process of the relay benchmark: an endpoint that sends or swallows bytes, a plain TCP relay, or the attacker's
 * terminating relay. Told what to be in one message, answers with its port, ends with its parent.
 */
export interface Assignment {
  readonly role: 'endpoint' | 'tcp-relay' | 'tls-relay';
  readonly keyPair: KeyPair;
  /** The relays' upstream. */
  readonly upstreamPort: number;
}

const CHUNK = Buffer.alloc(64 * 1024, 'x');

async function take({ role, keyPair, upstreamPort }: Assignment): Promise<number> {
  const host = hostNetwork({ name: role });
  const listenAt = { address: '127.0.0.1', port: 0 };
  switch (role) {
    case 'endpoint': {
      const acceptor = new TlsAcceptor({ keyPair, requestClientCertificate: false });
      const listener = await host.listen(listenAt, (connection) => {
        void acceptor.accept(connection).then((accepted) => {
          if (accepted.kind === 'handshake-failure') return;
          const { socket } = accepted;
          socket.on('error', () => socket.destroy());
          socket.on('end', () => socket.end());
          // One line asks for a number of bytes: "0\n" for a bare connection, more for a download.
          socket.once('data', (asked: Buffer) => send(socket, Number(asked.toString())));
        });
      });
      return listener.at.port;
    }
    case 'tcp-relay':
      return new Promise((resolve) => {
        const server = createServer({ allowHalfOpen: true, noDelay: true }, (inward) => {
          splice(
            inward,
            connect({ host: '127.0.0.1', port: upstreamPort, allowHalfOpen: true, noDelay: true }),
          );
        });
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
      });
    case 'tls-relay': {
      const genuine = { address: '127.0.0.1', port: upstreamPort };
      const relay = await startRawRelay({ host, listenAt, genuine, present: keyPair });
      return relay.at.port;
    }
  }
}

function send(socket: NodeJS.WritableStream, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      if (!socket.write(chunk)) {
        socket.once('drain', more);
        return;
      }
    }
    if (bytes === 0) socket.end('x');
    else socket.end();
  };
  more();
}

process.once('message', (assignment: Assignment) => {
  void take(assignment).then((port) => process.send?.(port));
});
process.once('disconnect', () => process.exit(0));
