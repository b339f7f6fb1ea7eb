import type { Endpoint } from '../network/network';

/** kube-proxy's configuration as far as it has a meaning here, whether flags or a file said it. */
export interface KubeProxySettings {
  /** --cluster-cidr */
  readonly clusterCidrs: readonly string[];
  /** --healthz-bind-address; null: it is not served. */
  readonly healthz: Endpoint | null;
  /** --metrics-bind-address */
  readonly metrics: Endpoint | null;
  /** --nodeport-addresses: prefixes, or the address that the node is known by. */
  readonly nodePortAddresses: readonly string[] | 'primary';
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  /** No two writings of the rules come closer than this. */
  readonly minSyncPeriodMs: number;
  /** Rules are written at least so often, and again so long after a failure. */
  readonly syncPeriodMs: number;
}

/** Source: pkg/proxy/apis/config/v1alpha1/defaults.go. */
export const defaultSettings: KubeProxySettings = {
  clusterCidrs: [],
  healthz: { address: '0.0.0.0', port: 10256 },
  metrics: { address: '127.0.0.1', port: 10249 },
  nodePortAddresses: 'primary',
  masqueradeAll: false,
  masqueradeBit: 14,
  minSyncPeriodMs: 1_000,
  syncPeriodMs: 30_000,
};
