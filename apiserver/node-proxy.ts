import { badRequest, type Failure, isFailure } from '../api/failures';
import type { Host } from '../network/network';
import { goQuote } from '../wire/go-quote';
import { hasBug } from './backend';
import { type Backends, locateNode } from './pod-location';
import { isProxyableAddress } from './proxy-address';
import type { ProxyTransport } from './proxy-transport';
import { dialablePort, type ProxyLocation } from './reverse-proxy';
import { splitSchemeNamePort } from './scheme-name-port';

/**
 * nodes/[SCHEME:]NAME[:PORT]/proxy. On the kubelet's own port it is the kubelet transport, by https whatever scheme was
 * asked for; on any other port it is the proxy transport, which no flag makes verify.
 * Source: pkg/registry/core/node/strategy.go (ResourceLocation).
 */
export async function nodeProxyLocation(
  backends: Backends & { readonly proxies: ProxyTransport; readonly host: Host },
  id: string,
): Promise<ProxyLocation | Failure> {
  const asked = splitSchemeNamePort(id);
  if (asked === null) return badRequest(`invalid node request ${goQuote(id)}`);
  const located = locateNode(backends, asked.name);
  if (isFailure(located)) return located;
  const isKubelet = asked.port === '' || asked.port === String(located.port);
  // Before its fix the address was looked at for other ports only: this check stood behind the return below.
  const unchecked = isKubelet && hasBug(backends, 'CVE-2022-3294');
  const refused = unchecked ? null : await refuseAddress(backends.host, located.address);
  if (refused !== null) return refused;
  if (isKubelet) {
    return { kind: 'proxy-location', backend: backends.kubelets.backend(located), path: 'node-proxy' };
  }
  const scheme = asked.scheme === '' ? 'http' : asked.scheme;
  const port = dialablePort(asked.port, 0);
  if (typeof port !== 'number') return port;
  return {
    kind: 'proxy-location',
    backend: backends.proxies.backend(scheme, located.address, port),
    path: `node-proxy-${scheme}`,
  };
}

/** IsProxyableHostname: every address that the name stands for must be allowed. What is dialled later may differ (CVE-2020-8562). */
async function refuseAddress(host: Host, name: string): Promise<Failure | null> {
  const addresses = await host.resolve(name);
  if ('kind' in addresses) return badRequest(addresses.text);
  if (addresses.length === 0) return badRequest('no addresses for hostname');
  return addresses.every(isProxyableAddress) ? null : badRequest('address not allowed');
}
