import { KubeClient, type KubeClientOptions } from '../../client/kube-client';
import type { Host } from '../../network/network';
import { addresses, ports } from '../addresses';
import type { Cluster } from '../cluster';

/** A client of the cluster's apiserver on one of the machines, with a credential that it has come by. */
export function clientOn(
  from: Host,
  { clientTrust }: Pick<Cluster, 'clientTrust'>,
  credential: Pick<KubeClientOptions, 'token' | 'clientCertificate'>,
): KubeClient {
  const server = { host: addresses.controlPlane, port: ports.apiserver };
  return new KubeClient({ from, server, trust: clientTrust(server.host), ...credential });
}
