import type { DefenceId } from '../scenarios/vocabulary';
import { sshKeyFile, sshKnownHostsFile } from './lab-tunnels';

/**
 * A defence is a difference in settings and nothing else: kube-apiserver flags and kubelet configuration by their real
 * names, and which serving certificate the kubelets end up with under them.
 */
export interface DefenceSettings {
  readonly apiserver: readonly string[];
  /** Of the lab's own flags of kube-apiserver some, each with what stands in its place; '' for nothing. */
  readonly insteadOf?: Readonly<Record<string, string>>;
  readonly kubelet: KubeletFields;
  /** `self-signed` is the kubelet's own doing; `cluster-authority` is what an approved kubelet-serving CSR brings. */
  readonly kubeletServing: 'self-signed' | 'cluster-authority';
  /** What the kubeconfigs of kubelets, loops, pods and people say: certificate-authority, or insecure-skip-tls-verify. */
  readonly clientTrust: 'cluster-authority' | 'nobody';
  /** What else has to be started for it; without it the apiserver dials directly. */
  readonly tunnel?: 'konnectivity' | 'ssh';
}

/** The fields of KubeletConfiguration that defences differ in. */
export interface KubeletFields {
  readonly address?: string;
  readonly serverTLSBootstrap?: boolean;
  readonly authentication?: {
    readonly anonymous: { readonly enabled: boolean };
    readonly webhook: { readonly enabled: boolean };
    /** Empty: no client certificate is asked for. Default: the lab's authority. */
    readonly x509?: { readonly clientCAFile: string };
  };
  readonly authorization?: { readonly mode: 'AlwaysAllow' | 'Webhook' };
  readonly readOnlyPort?: number;
  readonly tlsMinVersion?: string;
  readonly enableServer?: boolean;
  readonly enableDebuggingHandlers?: boolean;
}

const stock: DefenceSettings = {
  apiserver: [],
  kubelet: {},
  kubeletServing: 'self-signed',
  clientTrust: 'cluster-authority',
};

const kubeletCa: DefenceSettings = {
  apiserver: ['--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'],
  kubelet: { serverTLSBootstrap: true },
  kubeletServing: 'cluster-authority',
  clientTrust: 'cluster-authority',
};

/** The apiserver's own file; what is in it is the lab's. */
export const egressSelectorFile = '/etc/kubernetes/konnectivity/egress-selector-configuration.yaml';
const egressSelectorFlag = `--egress-selector-config-file=${egressSelectorFile}`;
const sshTunnel: DefenceSettings = {
  ...stock,
  apiserver: ['--ssh-user=core', `--ssh-keyfile=${sshKeyFile}`],
  // The health check asks the kubelet at 127.0.0.1.
  kubelet: { address: '0.0.0.0' },
  tunnel: 'ssh',
};

/** Null for a word of the vocabulary that is no preset. */
export function defenceSettings(defence: DefenceId): DefenceSettings | null {
  switch (defence) {
    case 'none':
      return stock;
    case 'kubelet-ca':
      return kubeletCa;
    case 'kubelet-ca-self-signed':
      return { ...stock, apiserver: kubeletCa.apiserver };
    case 'kubelet-ca-cn':
      return {
        ...kubeletCa,
        apiserver: [
          ...kubeletCa.apiserver,
          '--feature-gates=KubeletCertCNValidation=true',
          '--enable-kubelet-cert-cn-validation',
        ],
      };
    case 'kubelet-open':
      return {
        apiserver: [],
        // What a kubelet without --config starts from; a client CA it has all the same, so that the apiserver is somebody.
        kubelet: {
          authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
          authorization: { mode: 'AlwaysAllow' },
          readOnlyPort: 10255,
        },
        kubeletServing: 'self-signed',
        clientTrust: 'cluster-authority',
      };
    case 'client-ca':
      // Scrapers dial kubelets: those have a certificate then that can be verified.
      return { ...stock, kubelet: { serverTLSBootstrap: true }, kubeletServing: 'cluster-authority' };
    case 'given':
      return null;
    case 'client-insecure':
      return { ...stock, clientTrust: 'nobody' };
    case 'ssh-tunnel':
      return sshTunnel;
    case 'ssh-tunnel-known-hosts':
      return {
        ...sshTunnel,
        apiserver: [...sshTunnel.apiserver, `--midplane-ssh-known-hosts=${sshKnownHostsFile}`],
      };
    case 'konnectivity':
      return { ...stock, apiserver: [egressSelectorFlag], tunnel: 'konnectivity' };
    case 'konnectivity-kubelet-ca':
      return {
        ...kubeletCa,
        apiserver: [...kubeletCa.apiserver, egressSelectorFlag],
        tunnel: 'konnectivity',
      };
  }
}
