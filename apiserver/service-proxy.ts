import { badRequest, type Failure, notFound, serviceUnavailable } from '../api/failures';
import type { EndpointAddress, Endpoints, Pod, Service } from '../api/objects';
import { goQuote } from '../wire/go-quote';
import type { Backends } from './pod-location';
import type { ProxyTransport } from './proxy-transport';
import { kindOf } from './registry';
import type { ProxyLocation } from './reverse-proxy';
import { splitSchemeNamePort } from './scheme-name-port';
import type { Storage } from './storage';

/**
 * services/[SCHEME:]NAME[:PORT]/proxy: to the address and port of a random endpoint. Backends IPs and kube-proxy have no
 * part in it. Without a port the endpoint port without a name is meant.
 * Source: pkg/registry/core/service/storage/storage.go (ResourceLocation).
 */
export function serviceProxyLocation(
  backends: Pick<Backends, 'storage'> & { readonly proxies: ProxyTransport },
  namespace: string,
  id: string,
  random: () => number = Math.random,
): ProxyLocation | Failure {
  const asked = splitSchemeNamePort(id);
  if (asked === null) return badRequest(`invalid service request ${goQuote(id)}`);
  const portName = portNameOf(backends.storage, namespace, asked.name, asked.port);
  if (typeof portName !== 'string') return portName;
  const endpoints = kindOf('endpoints');
  const found = backends.storage.get(endpoints, namespace, asked.name) as Endpoints | null;
  if (found === null) return notFound(endpoints, asked.name);
  const subsets = found.subsets ?? [];
  if (subsets.length === 0) return serviceUnavailable(`no endpoints available for service "${asked.name}"`);

  for (const { addresses = [], ports = [] } of rotated(subsets, random)) {
    const port = ports.find(({ name = '' }) => name === portName);
    if (port === undefined) continue;
    const address = rotated(addresses, random).find((candidate) =>
      isPodOf(backends.storage, namespace, candidate),
    );
    if (address === undefined) continue;
    const scheme = asked.scheme === '' ? 'http' : asked.scheme;
    const backend = backends.proxies.backend(scheme, address.ip, port.port);
    return { kind: 'proxy-location', backend, path: `service-proxy-${scheme}` };
  }
  return serviceUnavailable(`no endpoints available for service "${id}"`);
}

/** A number must be one of the service's ports, and stands for that port's name. */
function portNameOf(storage: Storage, namespace: string, service: string, port: string): string | Failure {
  if (!/^[+-]?\d+$/.test(port)) return port;
  const services = kindOf('services');
  const found = storage.get(services, namespace, service) as Service | null;
  if (found === null) return notFound(services, service);
  const declared = found.spec.ports?.find((candidate) => candidate.port === Number(port));
  return declared === undefined
    ? serviceUnavailable(`no service port ${Number(port)} found for service "${service}"`)
    : (declared.name ?? '');
}

/** Whoever can write Endpoints must not be able to aim the proxy anywhere: only addresses of living pods count. */
function isPodOf(storage: Storage, namespace: string, { ip, targetRef }: EndpointAddress): boolean {
  if (targetRef === undefined || targetRef.namespace !== namespace) return false;
  const pod = storage.get(kindOf('pods'), namespace, targetRef.name) as Pod | null;
  const addresses = pod?.status?.podIPs?.map((entry) => entry.ip) ?? [pod?.status?.podIP];
  return addresses.includes(ip);
}

function rotated<Entry>(entries: readonly Entry[], random: () => number): Entry[] {
  const start = Math.floor(random() * entries.length);
  return [...entries.slice(start), ...entries.slice(0, start)];
}
