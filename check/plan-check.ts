import { MidplaneError } from '../error';
import type { DefenceSettings } from '../lab/defences';
import type { JudgedSetting } from '../report/given-outcome';
import { type FilePlace, placeText } from '../report/outcome';
import { forms, type GivenPart } from './given';
import { type ApiserverPart, judgeApiserver } from './judge-apiserver';
import { type ConfigurationPart, judgeKubelet, type KubeletPart } from './judge-kubelet';
import { type EgressPart, judgeTunnel } from './judge-tunnel';
import { type GivenCertificate, refuseOtherDial } from './kubelet-certificate';
import type { SettingHome } from './places';

/** What the lab is started with, and how it came about. Pure. */
export interface CheckPlan {
  readonly lab: GivenLab;
  readonly settings: readonly JudgedSetting[];
  readonly assumptions: readonly string[];
  /** Where a setting would be added; null for what was not given. */
  readonly homes: Readonly<Record<SettingHome, FilePlace | null>>;
  /** What the attacked node serves with, when it was given. */
  readonly certificate: GivenCertificate | null;
}

export interface GivenLab {
  readonly settings: DefenceSettings;
  readonly dials: 'addresses' | 'names';
}

/** Throws MidplaneError CONFIG_INVALID for what contradicts itself or would not start, USAGE for one thing given twice. */
export function planCheck(
  given: readonly GivenPart[],
  certificate: GivenCertificate | null = null,
): CheckPlan {
  const parts = given.some(isJoining) ? given.map(leftOutBesideJoining) : given;
  const apiserver = onlyOne(parts, 'apiserver', 'the flags of kube-apiserver') as ApiserverPart | null;
  const flags = onlyOne(parts, 'kubelet', 'the flags of kubelet') as KubeletPart | null;
  const configuration = onlyOne(
    parts,
    'kubelet-configuration',
    'a KubeletConfiguration',
  ) as ConfigurationPart | null;
  const [first] = parts;
  if (
    certificate === null &&
    first !== undefined &&
    parts.every(({ kind }) => ['other', 'egress-selector'].includes(kind))
  ) {
    throw new MidplaneError(
      'CONFIG_INVALID',
      `${placeText(first.at)}: nothing that was given speaks of kube-apiserver, kubelet or a kubeconfig`,
      { hint: forms },
    );
  }
  const kubeconfigs = parts.filter((part) => part.kind === 'kubeconfig');
  const byKubeadm = apiserver?.installer === 'kubeadm' && flags?.installer !== 'k3s';
  const control = judgeApiserver(apiserver);
  const way = judgeTunnel(
    control.flags,
    onlyOne(parts, 'egress-selector', 'an EgressSelectorConfiguration') as EgressPart | null,
  );
  const node = judgeKubelet({ flags, configuration, byKubeadm });
  const value = (name: string): string => control.flags.get(name) ?? '';
  const settings: DefenceSettings = {
    apiserver: labFlags(way.flags),
    insteadOf: insteadOf(control.flags),
    kubelet: way.tunnel === 'ssh' ? { ...node.fields, address: '0.0.0.0' } : node.fields,
    kubeletServing: certificate === null ? node.serving : 'cluster-authority',
    clientTrust: kubeconfigs.some((part) => part.skipsVerification) ? 'nobody' : 'cluster-authority',
    ...(way.tunnel === null ? {} : { tunnel: way.tunnel }),
  };
  const lab: GivenLab = { settings, dials: dialsBy(value('kubelet-preferred-address-types')) };
  if (certificate !== null) refuseOtherDial(certificate, lab);
  return {
    lab,
    certificate,
    homes: {
      'kube-apiserver': apiserver?.at ?? null,
      kubelet: (configuration ?? flags)?.at ?? null,
      kubeconfig: kubeconfigs[0]?.at ?? null,
    },
    settings: [
      ...control.settings,
      ...way.settings,
      ...node.settings,
      ...kubeconfigs.map(
        ({ skipsVerification, at }): JudgedSetting => ({
          component: 'kubeconfig',
          name: 'insecure-skip-tls-verify',
          value: String(skipsVerification),
          class: 'used',
          why: 'said by every kubeconfig of the lab',
          at,
        }),
      ),
      ...parts.flatMap((part) => (part.kind === 'other' ? [told(part)] : [])),
    ],
    assumptions: [
      ...(apiserver === null
        ? ['No kube-apiserver was given: it is taken to be as kubeadm sets it up.']
        : []),
      ...way.assumptions,
      ...node.assumptions,
      ...(certificate !== null
        ? []
        : node.bringsCertificate
          ? [
              'What the kubelets serve with (tlsCertFile) is taken to be signed by the authority that the apiserver is to believe, for the address that it dials; --kubelet-cert, --kubelet-ca and --kubelet-host let yours be looked at.',
            ]
          : node.serving === 'cluster-authority'
            ? ['serverTLSBootstrap: the kubelet-serving requests of all nodes are taken to be approved.']
            : []),
      ...(kubeconfigs.length === 0
        ? ['No kubeconfig was given: those of the cluster are taken to verify the apiserver.']
        : []),
    ],
  };
}

function isJoining(part: GivenPart): boolean {
  return part.kind === 'kubelet' && part.of === 'JoinConfiguration';
}

function leftOutBesideJoining(part: GivenPart): GivenPart {
  if (part.kind !== 'kubelet' || part.of !== 'InitConfiguration') return part;
  return {
    kind: 'other',
    component: 'kubeadm',
    name: 'nodeRegistration.kubeletExtraArgs',
    class: 'no-influence',
    why: 'about the first machine of the control plane; the node that is attacked joins as JoinConfiguration says',
    at: part.at,
  };
}

function onlyOne(parts: readonly GivenPart[], kind: GivenPart['kind'], what: string): GivenPart | null {
  const [first, second] = parts.filter((part) => part.kind === kind);
  if (first === undefined) return null;
  if (second === undefined) return first;
  throw new MidplaneError(
    'USAGE',
    `${what} are given twice: at ${placeText(first.at)} and at ${placeText(second.at)}`,
    {
      hint: 'check one machine of each kind at a time',
    },
  );
}

/** The flags that come behind the lab's own. */
function labFlags(flags: ReadonlyMap<string, string>): string[] {
  const inPlace = Object.keys(insteadOf(flags)).map(nameOf);
  return [...flags]
    .filter(([name, value]) => value !== '' && !inPlace.includes(name))
    .map(([name, value]) => `--${name}=${value}`);
}

/** Lists grow when they are given again, so what was given stands in the place of the lab's own. */
function insteadOf(flags: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    replaced.map((own) => {
      const value = flags.get(nameOf(own)) ?? '';
      return [own, value === '' ? '' : `--${nameOf(own)}=${value}`];
    }),
  );
}

const replaced: readonly string[] = [
  '--authorization-mode=Node,RBAC',
  '--enable-admission-plugins=NodeRestriction',
  '--kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt',
  '--kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key',
  '--enable-bootstrap-token-auth=true',
  '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
];

function nameOf(flag: string): string {
  return flag.slice(2, flag.indexOf('='));
}

/** The nodes of the lab have a name and an internal address: the first kind that they have is dialled. */
function dialsBy(types: string): 'addresses' | 'names' {
  const first = types
    .split(',')
    .map((it) => it.trim())
    .find((it) => it === 'Hostname' || it === 'InternalIP');
  return first === 'Hostname' ? 'names' : 'addresses';
}

function told({ component, name, class: of, why, at }: GivenPart & { kind: 'other' }): JudgedSetting {
  return { component, name, value: null, class: of, why, at };
}
