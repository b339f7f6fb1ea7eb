import type { KubeNode, NodeAddressType } from '../api/objects';
import type { Host } from '../network/network';
import type { CommonNameRule, Trust } from '../network/secure';
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
  /** KEP-4872, with KubeletCertCNValidation and a bundle; null: nobody looks at common names. */
  readonly commonNames: CommonNameCheck | null;
}

export interface CommonNameCheck {
  /** --enable-kubelet-cert-cn-validation; without it a wrong name is only counted. */
  readonly enforced: boolean;
  readonly onCompared: (node: string, fault: string | null) => void;
}

/** A kubelet, as its Node object tells it. */
export interface LocatedKubelet {
  readonly node: string;
  readonly address: string;
  readonly port: number;
}

export class KubeletTransport {
  readonly #options: KubeletTransportOptions;
  readonly #insecure: Transport;

  constructor(options: KubeletTransportOptions) {
    this.#options = options;
    this.#insecure = this.#transport((host) => kubeletTrust(null, host));
  }

  /** GetConnectionInfo: address and port by what the Node object says. */
  locate(
    node: KubeNode,
  ):
    | (LocatedKubelet & { readonly kind: 'node-address' })
    | Extract<NodeAddressChoice, { kind: 'no-address' }> {
    const choice = preferredNodeAddress(node, this.#options.preferredAddressTypes);
    return choice.kind === 'no-address'
      ? choice
      : { ...choice, node: node.metadata.name, port: kubeletPort(node, this.#options.defaultPort) };
  }

  /** The scheme is always https, whatever a user asked for. */
  backend({ node, address, port }: LocatedKubelet): Backend {
    const { bundlePem, commonNames } = this.#options;
    return {
      name: 'kubelet',
      // Of its own, for it knows whom it is to reach: nothing is pooled anyway.
      transport: this.#transport((host) =>
        kubeletTrust(bundlePem, host, commonNames === null ? undefined : commonNameRule(node, commonNames)),
      ),
      target: { host: address, port, scheme: 'https' },
      trust: kubeletTrust(bundlePem, address).kind,
    };
  }

  /** InsecureSkipTLSVerifyTransport: the same identity, and nobody verified; no common name is looked at either. */
  insecureBackend(at: LocatedKubelet): Backend {
    return {
      ...this.backend(at),
      name: 'kubelet-insecure',
      transport: this.#insecure,
      trust: 'verify-nobody',
    };
  }

  #transport(trust: (host: string) => Trust): Transport {
    const { from, clientCertificate } = this.#options;
    return new Transport({ from, trust, ...(clientCertificate === null ? {} : { clientCertificate }) });
  }
}

/** The flag's whole meaning. */
export function kubeletTrust(bundlePem: string | null, host: string, commonName?: CommonNameRule): Trust {
  if (bundlePem === null) return { kind: 'verify-nobody' };
  return { kind: 'verify', bundlePem, host, ...(commonName === undefined ? {} : { commonName }) };
}

function commonNameRule(node: string, { enforced, onCompared }: CommonNameCheck): CommonNameRule {
  return {
    wanted: `system:node:${node}`,
    enforced,
    onCompared: (fault) => onCompared(node, fault),
  };
}
