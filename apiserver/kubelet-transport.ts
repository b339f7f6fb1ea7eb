import type { KubeNode, NodeAddressType } from '../api/objects';
import type { Host } from '../network/network';
import type { Trust } from '../network/secure';
import { Transport } from '../network/transport';
import type { KeyPair } from '../wire/pem';
import type { Backend } from './backend';
import { kubeletPort, type NodeAddressChoice, preferredNodeAddress } from './node-address';

/**
 * How kubelets are reached for logs, exec, attach, port-forward and the node proxy on the kubelet's own port.
 *
 * Whom it believes: without --kubelet-certificate-authority nobody is verified; with it only that bundle, for the host
 * part of the address that is dialled. The client certificate is offered either way, and also on the insecure variant
 * that one log request may ask for. The bundle is read once, at start.
 * Source: pkg/kubelet/client/kubelet_client.go, client-go transport/transport.go (TLSConfigFor).
 */
export interface KubeletTransportOptions {
  readonly from: Host;
  /** Content of --kubelet-certificate-authority; null when the flag is not set. */
  readonly bundlePem: string | null;
  readonly clientCertificate: KeyPair | null;
  readonly preferredAddressTypes: readonly NodeAddressType[];
  /** --kubelet-port: for nodes that do not tell theirs. */
  readonly defaultPort: number;
}

export class KubeletTransport {
  readonly #options: KubeletTransportOptions;
  readonly #configured: Transport;
  readonly #insecure: Transport;

  constructor(options: KubeletTransportOptions) {
    const { from, clientCertificate } = options;
    this.#options = options;
    const identity = clientCertificate === null ? {} : { clientCertificate };
    this.#configured = new Transport({
      from,
      trust: (host) => kubeletTrust(options.bundlePem, host),
      ...identity,
    });
    this.#insecure = new Transport({ from, trust: (host) => kubeletTrust(null, host), ...identity });
  }

  /** GetConnectionInfo: address and port by what the Node object says. */
  locate(
    node: KubeNode,
  ): (NodeAddressChoice & { readonly port: number }) | Extract<NodeAddressChoice, { kind: 'no-address' }> {
    const choice = preferredNodeAddress(node, this.#options.preferredAddressTypes);
    return choice.kind === 'no-address'
      ? choice
      : { ...choice, port: kubeletPort(node, this.#options.defaultPort) };
  }

  /** The scheme is always https, whatever a user asked for. */
  backend(at: { readonly address: string; readonly port: number }): Backend {
    return {
      name: 'kubelet',
      transport: this.#configured,
      target: { host: at.address, port: at.port, scheme: 'https' },
      trust: kubeletTrust(this.#options.bundlePem, at.address).kind,
    };
  }

  /** InsecureSkipTLSVerifyTransport: the same identity, and nobody verified. */
  insecureBackend(at: { readonly address: string; readonly port: number }): Backend {
    return {
      ...this.backend(at),
      name: 'kubelet-insecure',
      transport: this.#insecure,
      trust: 'verify-nobody',
    };
  }
}

/** The flag's whole meaning. */
export function kubeletTrust(bundlePem: string | null, host: string): Trust {
  return bundlePem === null ? { kind: 'verify-nobody' } : { kind: 'verify', bundlePem, host };
}
