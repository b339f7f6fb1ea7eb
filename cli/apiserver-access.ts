import { dirname, isAbsolute, join } from 'node:path';
import { parseKubeconfig } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import type { KeyPair } from '../wire/pem';
import { readNamedFile } from './read-named-file';

/** How a component reaches its apiserver. */
export interface ApiserverAccess {
  readonly host: string;
  readonly port: number;
  readonly caPem: string;
  readonly clientCertificate: KeyPair;
}

/** What a component's --kubeconfig says. Throws MidplaneError when it is unreadable, or has no certificate or authority. */
export async function apiserverAccess(kubeconfig: string, component: string): Promise<ApiserverAccess> {
  const config = await parseKubeconfig(await readNamedFile(kubeconfig), kubeconfig, (path) =>
    readNamedFile(isAbsolute(path) ? path : join(dirname(kubeconfig), path)),
  );
  if (config.clientCertificate === undefined || config.trust.kind !== 'verify') {
    throw new MidplaneError(
      'CONFIG_INVALID',
      `kubeconfig "${kubeconfig}" has no client certificate, or trusts anybody`,
      {
        hint: `this ${component} needs client-certificate, client-key and certificate-authority in it`,
      },
    );
  }
  return { ...config.server, caPem: config.trust.bundlePem, clientCertificate: config.clientCertificate };
}
