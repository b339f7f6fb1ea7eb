import pino from 'pino';
import { hostNetwork } from '../network/host-network';
import type { KeyPair } from '../wire/pem';
import { parseApiserverFlags } from './flags';
import { startApiserver } from './server';

/** A process for tests to kill: an apiserver on loopback with a data directory, that tells its port. */
export interface Assignment {
  readonly directory: string;
  readonly serving: KeyPair;
  readonly clientCaPem: string;
}

async function serve({ directory, serving, clientCaPem }: Assignment): Promise<number> {
  const files: Record<string, string> = {
    's.crt': serving.certPem,
    's.key': serving.keyPem,
    'ca.crt': clientCaPem,
  };
  const flags = parseApiserverFlags([
    '--bind-address=127.0.0.1',
    '--tls-cert-file=s.crt',
    '--tls-private-key-file=s.key',
    '--client-ca-file=ca.crt',
    '--authorization-mode=RBAC',
    '--disable-admission-plugins=ServiceAccount',
    `--data-dir=${directory}`,
  ]);
  let port = 0;
  const network = hostNetwork();
  const host: typeof network = {
    ...network,
    listen: async (at, accept) => {
      const listener = await network.listen({ ...at, port: 0 }, accept);
      port = listener.at.port;
      return listener;
    },
  };
  const readFile = async (path: string): Promise<string> => files[path] ?? '';
  await startApiserver({ host, flags, readFile, log: pino({ level: 'silent' }) });
  return port;
}

process.once('message', (assignment: Assignment) => {
  void serve(assignment).then((port) => process.send?.(port));
});
