import { isIP } from 'node:net';

/**
 * Which addresses the node and pod proxies may be pointed at: Go's IP.IsGlobalUnicast. Private ranges are allowed;
 * loopback, link-local, multicast, unspecified and broadcast are not.
 * Source: k8s.io/apimachinery pkg/util/proxy, pkg/proxy/util IsProxyableHostname.
 */
export function isProxyableAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return isGlobalUnicast4(address.split('.').map(Number));
  if (version !== 6) return false;
  const mapped = /^::(?:ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && /^::ffff:/i.test(address))
    return isGlobalUnicast4(mapped.split('.').map(Number));
  const text = address.toLowerCase();
  if (/^[0:]*[01]?$/.test(text)) return false;
  return !/^ff|^fe[89ab]/.test(text);
}

function isGlobalUnicast4(bytes: readonly number[]): boolean {
  const [a = 0, b = 0] = bytes;
  if (bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 255)) return false;
  if (a === 127 || (a === 169 && b === 254)) return false;
  return a < 224 || a > 239;
}
