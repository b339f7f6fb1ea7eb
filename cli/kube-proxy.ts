import { parseKubeProxyFlags, renderKubeProxyHelp } from '../kube-proxy/flags';
import { startKubeProxy } from '../kube-proxy/kube-proxy';
import { nftablesBackend } from '../kube-proxy/nftables-backend';
import { nodeNameOf } from '../kubelet/node-name';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { networkTools } from '../network/nft';
import { emulatedKubernetes } from '../version';
import { apiserverAccess } from './apiserver-access';
import { componentLog } from './component-log';
import { LOOPBACK } from './loopback';
import { readNamedFile } from './read-named-file';
import type { Terminal } from './terminal';

const defaults: ReadonlyMap<string, string> = new Map([['healthz-bind-address', `${LOOPBACK}:10256`]]);

export function kubeProxyHelp(): string {
  return renderKubeProxyHelp(defaults);
}

/**
 * `midplane kube-proxy`: programs this machine's kernel. Null when --cleanup is done. Throws MidplaneError for flags,
 * files, ports, and where there is no nft or no right to use it.
 */
export async function runKubeProxy(
  argv: readonly string[],
  terminal: Terminal,
): Promise<{ close(): Promise<void> } | null> {
  const flags = await parseKubeProxyFlags(argv, (path) => readNamedFile(path), defaults);
  const backend = nftablesBackend(networkTools());
  if (flags.cleanup) {
    await backend.cleanup();
    return null;
  }
  const access = await apiserverAccess(flags.kubeconfig);
  await backend.check();
  const from = hostNetwork();
  const nodeName = nodeNameOf(flags.hostnameOverride, from.name);
  const log = componentLog(terminal).child({ component: 'kube-proxy' });
  const proxy = await startKubeProxy({
    client: {
      from,
      ...access,
      userAgent: `kube-proxy/${emulatedKubernetes} (linux/amd64) kubernetes/midplane`,
    },
    nodeName,
    backend,
    settings: flags.settings,
    log,
  });
  const [healthz, metrics] = [proxy.healthzAt, proxy.metricsAt].map((at) =>
    at === null ? null : joinHostPort(at.address, at.port),
  );
  log.info({ node: nodeName, healthz, metrics }, 'serving');
  proxy.synced.then(
    () => log.info({ node: nodeName }, 'rules written'),
    () => undefined,
  );
  return proxy;
}
