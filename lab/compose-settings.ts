import { type DefenceId, defences } from '../scenarios/vocabulary';
import { ports } from './addresses';
import { stockApiserverFlags } from './control-plane';
import { type DefenceSettings, defenceSettings } from './defences';
import { describeChange } from './flag-file';
import { type NodeName, nodeNames } from './lab-pki';

/**
 * The lab in containers: where its machines are, and the flags that a defence gives each component. Pure. A component
 * reads its flags from a file, one a line, and is started anew when the file changes.
 */
export const composeAddresses = {
  workstation: '10.78.1.5',
  controlPlane: '10.78.1.10',
  nodes: { 'node-1': '10.78.2.11', 'node-2': '10.78.2.12' },
  /** Where the attacker's own controls are, on the side of the control plane; also that side's way to the nodes. */
  attacker: { address: '10.78.1.2', port: 7000 },
  /** Profile arp: a neighbour of the control plane's that is nobody's gateway. */
  arpAttacker: { address: '10.78.1.66' },
  /** Profile tunnels: the machine of Konnectivity's proxy server, and one more neighbour in each network. */
  konnectivityServer: '10.78.1.30',
  neighbours: { 'control-plane': '10.78.1.67', node: '10.78.2.67' },
  /** The host's loopback, for the user's own kubectl. */
  published: { address: '127.0.0.1', port: 16443 },
} as const satisfies { readonly nodes: Readonly<Record<NodeName, string>>; readonly [name: string]: unknown };

export type SettingsFile = 'apiserver.flags' | `${NodeName}.flags`;
export type FlagFiles = Readonly<Record<SettingsFile, readonly string[]>>;

export const settingsFiles: readonly SettingsFile[] = ['apiserver.flags', 'node-1.flags', 'node-2.flags'];

/** Null for a defence that this release does not run here: what a client believes is in its kubeconfig, not in flags. */
export function composeSettings(defence: DefenceId): FlagFiles | null {
  const settings = defenceSettings(defence);
  // Through the apiserver the lab looks at its kubelets, plants its words and hears what came of them.
  if (defence === 'kubelet-ca-self-signed') return null;
  if (settings === null || defences.find(({ id }) => id === defence)?.guards === 'cluster-to-apiserver')
    return null;
  return composeFlags(settings);
}

/** What is different besides. */
export interface MoreFlags {
  /** Flags of kube-apiserver, behind the others. */
  readonly apiserver?: readonly string[];
  /** The kubelets' configuration file in the place of the one that came with their keys: it says all that the settings do. */
  readonly kubeletConfig?: string;
}

/** The flags by which the components have these settings. */
export function composeFlags(settings: DefenceSettings, more: MoreFlags = {}): FlagFiles {
  const { apiserver = [], kubeletConfig } = more;
  const [node1 = [], node2 = []] = nodeNames.map((node) => kubeletFlags(node, settings, kubeletConfig));
  return {
    'apiserver.flags': [...apiserverFlags(settings), ...settings.apiserver, ...apiserver],
    'node-1.flags': node1,
    'node-2.flags': node2,
  };
}

/** On every address of its container: the published port and the health check do not arrive at the one that members dial. */
function apiserverFlags({ insteadOf = {} }: DefenceSettings): readonly string[] {
  return [
    ...stockApiserverFlags
      .filter((flag) => !/^--(bind-address|secure-port)=/.test(flag))
      .map((flag) => insteadOf[flag] ?? flag)
      .filter((flag) => flag !== ''),
    '--bind-address=0.0.0.0',
    `--advertise-address=${composeAddresses.controlPlane}`,
    `--secure-port=${ports.apiserver}`,
  ];
}

function kubeletFlags(node: NodeName, settings: DefenceSettings, config: string | undefined): string[] {
  // Flags outweigh the file.
  const { authentication, authorization, readOnlyPort } = config === undefined ? settings.kubelet : {};
  return [
    `--config=${config ?? '/etc/kubernetes/kubelet.yaml'}`,
    '--kubeconfig=/etc/kubernetes/kubelet.conf',
    `--hostname-override=${node}`,
    `--node-ip=${composeAddresses.nodes[node]}`,
    // By themselves these programs listen on the loopback only.
    '--address=0.0.0.0',
    // What an approved kubelet-serving CSR would bring is minted beforehand; without it the kubelet signs its own.
    ...(settings.kubeletServing === 'cluster-authority'
      ? [
          '--tls-cert-file=/etc/kubernetes/pki/kubelet.crt',
          '--tls-private-key-file=/etc/kubernetes/pki/kubelet.key',
        ]
      : []),
    ...(authentication === undefined
      ? []
      : [
          `--anonymous-auth=${authentication.anonymous.enabled}`,
          `--authentication-token-webhook=${authentication.webhook.enabled}`,
        ]),
    ...(authorization === undefined ? [] : [`--authorization-mode=${authorization.mode}`]),
    ...(readOnlyPort === undefined ? [] : [`--read-only-port=${readOnlyPort}`]),
  ];
}

/** The defence that gives exactly these flags; null when somebody wrote others. */
export function defenceOf(flags: FlagFiles, known: readonly DefenceId[]): DefenceId | null {
  const same = (a: readonly string[], b: readonly string[]): boolean => describeChange(a, b).length === 0;
  const matches = (defence: DefenceId): boolean => {
    const wanted = composeSettings(defence);
    return wanted !== null && settingsFiles.every((file) => same(wanted[file], flags[file]));
  };
  return known.find(matches) ?? null;
}
