import { connect, createServer } from 'node:net';
import { Attacker } from '../attacker/attacker';
import { alreadyOnPath, type OnPathHost } from '../attacker/position';
import { startRawRelay } from '../attacker/relay-raw';
import { hostNetwork } from '../network/host-network';
import { TlsAcceptor } from '../network/secure-server';
import { splice } from '../network/splice';
import type { KeyPair } from '../wire/pem';
import { answer } from './endpoint';

/**
 * One process of the relay benchmark: an endpoint that sends bytes, a plain TCP relay, the attacker's bare TLS relay, or
 * the attacker itself, which decodes what passes. Told what to be in one message, answers with its port, ends with its parent.
 */
export interface Assignment {
  readonly role: 'endpoint' | 'tcp-relay' | 'tls-relay' | 'attacker';
  readonly keyPair: KeyPair;
  /** The relays' upstream. */
  readonly upstreamPort: number;
}

const listenAt = { address: '127.0.0.1', port: 0 };

async function take({ role, keyPair, upstreamPort }: Assignment): Promise<number> {
  const host = hostNetwork({ name: role, addresses: ['127.0.0.1'] });
  const genuine = { address: '127.0.0.1', port: upstreamPort };
  switch (role) {
    case 'endpoint': {
      const acceptor = new TlsAcceptor({ keyPair, requestClientCertificate: false });
      const listener = await host.listen(listenAt, (connection) => {
        void acceptor.accept(connection).then((accepted) => {
          if (accepted.kind === 'secure-connection') answer(accepted.socket);
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
      const relay = await startRawRelay({ host, listenAt, genuine, present: keyPair });
      return relay.at.port;
    }
    case 'attacker':
      return attack(keyPair, upstreamPort);
  }
}

/** The attacker as a matrix runs it, loot and all; its traffic is brought to it by dialling where it listens. */
async function attack(present: KeyPair, upstreamPort: number): Promise<number> {
  const network = hostNetwork({ name: 'attacker', addresses: ['127.0.0.1'] });
  let port = 0;
  const host: OnPathHost = {
    ...network,
    addresses: network.addresses,
    forwards: true,
    tap: null,
    nat: {
      async redirect({ toPort }) {
        port = toPort;
        return async () => undefined;
      },
    },
  };
  await new Attacker({ host }).attack({
    technique: 'relay',
    mode: 'relay',
    targets: [{ address: '127.0.0.1', port: upstreamPort }],
    position: alreadyOnPath('the benchmark dials the attacker'),
    present,
    forged: 'FORGED',
    tampered: 'TAMPERED',
  });
  return port;
}

process.once('message', (assignment: Assignment) => {
  void take(assignment).then((port) => process.send?.(port));
});
process.once('disconnect', () => process.exit(0));
