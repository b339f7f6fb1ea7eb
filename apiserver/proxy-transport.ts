import type { Host } from '../network/network';
import { Transport } from '../network/transport';
import type { Backend } from './backend';

/**
 * How everything else is reached: pods, service endpoints, and nodes on any port but the kubelet's. It never verifies
 * and never shows a certificate, and no flag changes that: backends are dialled by address, so there is no name to check.
 * Upstream offers `h2, http/1.1` here on plain requests; midplane speaks HTTP/1.1 only, so it offers only that.
 * Source: cmd/kube-apiserver/app/server.go (CreateProxyTransport).
 */
export const proxyAlpn = ['http/1.1'];

export class ProxyTransport {
  readonly #transport: Transport;

  constructor(from: Host) {
    this.#transport = new Transport({ from, trust: () => ({ kind: 'verify-nobody' }) });
  }

  backend(scheme: 'http' | 'https', host: string, port: number): Backend {
    return {
      name: 'proxy',
      transport: this.#transport,
      target: { host, port, scheme },
      trust: scheme === 'http' ? 'plaintext' : 'verify-nobody',
    };
  }
}
