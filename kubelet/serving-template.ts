import type { NodeAddress } from '../api/objects';
import type { RequestTemplate } from '../pki/certificate-request';
import { ipText, parseIp } from '../wire/ip-address';
import { nodeSubject } from './bootstrap';

/**
 * What the serving certificate of a node says: every address of its Node object. Null until there is an IP address among
 * them. Source: pkg/kubelet/certificate/kubelet.go (newGetTemplateFn, addressesToHostnamesAndIPs).
 */
export function servingTemplate(nodeName: string, addresses: readonly NodeAddress[]): RequestTemplate | null {
  const dnsNames = new Set<string>();
  const ipAddresses = new Set<string>();
  for (const { type, address } of addresses) {
    const octets = parseIp(address);
    if (address === '') continue;
    if (type === 'InternalDNS' || type === 'ExternalDNS') dnsNames.add(address);
    else if (octets !== null) ipAddresses.add(ipText(octets));
    else if (type === 'Hostname') dnsNames.add(address);
  }
  if (ipAddresses.size === 0) return null;
  return {
    ...nodeSubject(nodeName),
    dnsNames: [...dnsNames].sort(),
    ipAddresses: [...ipAddresses].sort(),
  };
}
