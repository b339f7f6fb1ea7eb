import type { Pod, Service } from '../api/objects';
import type { Host, Refusal } from '../network/network';
import { clusterName, serviceAnswer } from './cluster-names';
import { namesToAsk, podDns } from './pod-dns';

/**
 * The network of a pod, with the cluster's names. There is no UDP between the machines of a lab and no name server in
 * it: the node answers, from the services that the apiserver tells its kubelet, as a node-local cache would from what
 * CoreDNS told it. What is not of the cluster's domain is resolved as the node resolves it.
 */
export function clusterNetwork(
  network: Host,
  pod: Pod,
  source: { services(namespaces: readonly string[]): Promise<readonly Service[]> },
): Host {
  const dns = podDns(pod);
  if (!dns.asksCluster) return network;

  const ask = async (name: string): Promise<readonly string[] | Refusal> => {
    // Whoever answered first, and not only who was asked.
    const held = network.held?.(name);
    if (held !== undefined) return [held];
    const known = clusterName(name);
    if (known === null) return network.resolve(name);
    if (known.kind === 'pod') return [known.address];
    if (known.kind === 'nobody') return notFound(name);
    const services = await source.services([known.namespace]);
    const answer = serviceAnswer(services.find(({ metadata }) => metadata.name === known.name));
    switch (answer.kind) {
      case 'address':
        return [answer.address];
      case 'alias':
        return network.resolve(answer.of);
      case 'nobody':
        return notFound(name);
    }
  };

  const resolve = async (name: string): Promise<readonly string[] | Refusal> => {
    if (name === 'localhost' || isAddress(name)) return network.resolve(name);
    for (const each of namesToAsk(name, dns)) {
      const found = await ask(each);
      if (!('kind' in found)) return found;
    }
    return notFound(name);
  };

  return {
    name: network.name,
    timeline: network.timeline,
    get addresses() {
      return network.addresses;
    },
    resolve,
    dial: async (to, options) => {
      const found = await resolve(to.host);
      if ('kind' in found) return { ...found, text: `dial tcp: ${found.text}` };
      return network.dial({ host: found[0] ?? to.host, port: to.port }, options);
    },
    listen: (at, accept) => network.listen(at, accept),
  };
}

function isAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(':');
}

function notFound(name: string): Refusal {
  return { kind: 'refusal', code: 'NAME_NOT_FOUND', text: `lookup ${name}: no such host`, peer: null };
}
