import type { Pod } from '../api/objects';
import type { PodSpec } from './pod-spec';

/** The resolver of a pod: what its /etc/resolv.conf says, and how names are then looked for. Pure. */
export interface PodDns {
  /** Whether it is the cluster's names that are asked for, or those of the node alone. */
  readonly asksCluster: boolean;
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly ndots: number;
  readonly options: readonly string[];
}

interface DnsFields {
  readonly dnsPolicy?: string;
  readonly dnsConfig?: {
    readonly nameservers?: readonly string[];
    readonly searches?: readonly string[];
    readonly options?: readonly { readonly name?: string; readonly value?: string }[];
  };
}

/** As kubeadm configures kubelets (clusterDNS, clusterDomain). */
export const CLUSTER_DNS = '10.96.0.10';
export const CLUSTER_DOMAIN = 'cluster.local';

/** The resolver's own, when nobody says otherwise (resolv.conf(5)). */
const PLAIN_NDOTS = 1;

/** Source: pkg/kubelet/network/dns/dns.go (GetPodDNS, getPodDNSType, appendDNSConfig). */
export function podDns(pod: Pod): PodDns {
  const { dnsPolicy = 'ClusterFirst', dnsConfig = {}, hostNetwork } = pod.spec as PodSpec & DnsFields;
  const first =
    dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && hostNetwork !== true);
  const namespace = pod.metadata.namespace ?? 'default';
  const own = first
    ? {
        nameservers: [CLUSTER_DNS],
        searches: [`${namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN],
        options: new Map([['ndots', '5']]),
      }
    : { nameservers: [], searches: [], options: new Map<string, string>() };
  const nameservers = [...new Set([...own.nameservers, ...(dnsConfig.nameservers ?? [])])];
  const options = own.options;
  for (const { name = '', value = '' } of dnsConfig.options ?? []) options.set(name, value);
  return {
    asksCluster: nameservers.includes(CLUSTER_DNS),
    nameservers,
    searches: [...new Set([...own.searches, ...(dnsConfig.searches ?? [])])],
    ndots: Number(options.get('ndots') ?? PLAIN_NDOTS) || 0,
    options: [...options].map(([name, value]) => (value === '' ? name : `${name}:${value}`)),
  };
}

/** Empty for a pod that has the node's names only: those are in no file here. */
export function resolvConf({ searches, nameservers, options }: PodDns): string {
  return [
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}\n`]),
    ...nameservers.map((it) => `nameserver ${it}\n`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}\n`]),
  ].join('');
}

/** The names to ask for, in this order, each without a dot at its end. Source of the behaviour: resolv.conf(5). */
export function namesToAsk(name: string, { searches, ndots }: PodDns): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = searches.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= ndots ? [name, ...searched] : [...searched, name];
}
