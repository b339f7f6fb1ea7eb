import { badRequest, type Failure, isFailure } from '../api/failures';
import type { Pod } from '../api/objects';
import { goQuote } from '../wire/go-quote';
import { type Backends, findPod } from './pod-location';
import { isProxyableAddress } from './proxy-address';
import type { ProxyTransport } from './proxy-transport';
import { dialablePort, type ProxyLocation } from './reverse-proxy';
import { splitSchemeNamePort } from './scheme-name-port';

/**
 * pods/[SCHEME:]NAME[:PORT]/proxy: to the pod's own address, by the proxy transport. Ports are numbers here; the name of
 * a container port is not looked up. Source: pkg/registry/core/pod/strategy.go (ResourceLocation).
 */
export function podProxyLocation(
  backends: Backends & { readonly proxies: ProxyTransport },
  namespace: string,
  id: string,
): ProxyLocation | Failure {
  const asked = splitSchemeNamePort(id);
  if (asked === null) return badRequest(`invalid pod request ${goQuote(id)}`);
  const pod = findPod(backends, namespace, asked.name);
  if (isFailure(pod)) return pod;
  const address = podAddress(pod);
  if (!isProxyableAddress(address)) return badRequest('address not allowed');
  const scheme = asked.scheme === '' ? 'http' : asked.scheme;
  const port = dialablePort(asked.port || firstPort(pod), scheme === 'https' ? 443 : 80);
  if (typeof port !== 'number') return port;
  return {
    kind: 'proxy-location',
    backend: backends.proxies.backend(scheme, address, port),
    path: `pod-proxy-${scheme}`,
  };
}

export function podAddress({ status }: Pod): string {
  return status?.podIPs?.[0]?.ip ?? status?.podIP ?? '';
}

/** Of the first container that declares any. */
function firstPort({ spec }: Pod): string {
  const ports = spec.containers.find(({ ports: declared = [] }) => declared.length > 0)?.ports ?? [];
  return ports[0] === undefined ? '' : String(ports[0].containerPort);
}
