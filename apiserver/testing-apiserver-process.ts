import pino from 'pino';
import { hostNetwork } from '../network/host-network';
import type { KeyPair } from '../wire/pem';
import { parseApiserverFlags } from './flags';
import { startApiserver } from './server';

/** An apiserver on loopback in a process of its own, to be killed or measured. Tells its port, then its resident memory when asked. */
export interface ApiServerAssignment {
  readonly serving: KeyPair;
  readonly clientCaPem: string;
  /** '' for memory. */
  readonly dataDir: string;
}

async function serve({ serving, clientCaPem, dataDir }: ApiServerAssignment): Promise<number> {
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
    '--authorization-mode=Node,RBAC',
    '--disable-admission-plugins=ServiceAccount',
    `--data-dir=${dataDir}`,
  ]);
  let port = 0;
  const network = hostNetwork();
  const listen: typeof network.listen = async (at, accept) => {
    const listener = await network.listen({ ...at, port: 0 }, accept);
    port = listener.at.port;
    return listener;
  };
  await startApiserver({
    host: { ...network, listen },
    flags,
    readFile: async (path) => files[path] ?? '',
    log: pino({ level: 'silent' }),
  });
  return port;
}

process.once('message', (assignment: ApiServerAssignment) => {
  void serve(assignment).then((port) => process.send?.(port));
  process.on('message', () => {
    globalThis.gc?.();
    process.send?.(process.memoryUsage().rss);
  });
});
process.once('disconnect', () => process.exit(0));
