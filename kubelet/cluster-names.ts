import type { Service } from '../api/objects';
import { CLUSTER_DOMAIN } from './pod-dns';

/** What a name in the cluster's domain stands for. Source: the specification kubernetes/dns, docs/specification.md. */
export type ClusterName =
  | { readonly kind: 'service'; readonly name: string; readonly namespace: string }
  /** `10-244-1-2.default.pod.cluster.local`: the address that it spells. */
  | { readonly kind: 'pod'; readonly address: string }
  /** Of the domain, and of nobody in it. */
  | { readonly kind: 'nobody' };

/** Null for a name of another domain. Names are compared without regard to case. */
export function clusterName(asked: string): ClusterName | null {
  const name = asked.toLowerCase();
  if (!name.endsWith(`.${CLUSTER_DOMAIN}`)) return name === CLUSTER_DOMAIN ? { kind: 'nobody' } : null;
  const labels = name.slice(0, -CLUSTER_DOMAIN.length - 1).split('.');
  const [first = '', namespace = '', type] = labels;
  if (labels.length !== 3) return { kind: 'nobody' };
  if (type === 'svc') return { kind: 'service', name: first, namespace };
  const octets = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(first)?.slice(1) ?? [];
  const spelt = type === 'pod' && octets.length === 4 && octets.every((it) => Number(it) <= 255);
  return spelt ? { kind: 'pod', address: octets.map(Number).join('.') } : { kind: 'nobody' };
}

export type ServiceAnswer =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'alias'; readonly of: string }
  | { readonly kind: 'nobody' };

/** A service without an address of its own stands for its pods, and those are not known here. */
export function serviceAnswer(service: Service | undefined): ServiceAnswer {
  const {
    type,
    clusterIP = '',
    externalName,
  } = (service?.spec ?? {}) as Service['spec'] & {
    externalName?: string;
  };
  if (type === 'ExternalName' && externalName !== undefined) return { kind: 'alias', of: externalName };
  return clusterIP === '' || clusterIP === 'None'
    ? { kind: 'nobody' }
    : { kind: 'address', address: clusterIP };
}
