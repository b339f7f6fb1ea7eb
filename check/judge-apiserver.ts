import { admissionPlugins } from '../apiserver/admission/admission-plugins';
import { apiserverFlagTable } from '../apiserver/flag-table';
import { parseApiserverFlags } from '../apiserver/flags';
import { MidplaneError } from '../error';
import { egressSelectorFile } from '../lab/defences';
import { sshKeyFile } from '../lab/lab-tunnels';
import { nearestNames } from '../nearest';
import { parseComponentFlags } from '../pflag';
import type { JudgedSetting, SettingClass } from '../report/given-outcome';
import { type FilePlace, placeText } from '../report/outcome';
import { type GivenPart, givenAgain, type Installer } from './given';
import { k3sApiserver } from './k3s';
import { knownNames, whyNoInfluence, whyNotPlayed } from './known-flags';
import { kubeadmApiserver } from './kubeadm';

const component = 'kube-apiserver';

/** kube-apiserver's own defaults, where they differ from what a lab is started with. Source: see apiserverFlagTable. */
const upstreamDefaults: Readonly<Record<string, string>> = {
  'authorization-mode': 'AlwaysAllow',
  'enable-admission-plugins': '',
  'enable-bootstrap-token-auth': 'false',
  'kubelet-client-certificate': '',
  'kubelet-client-key': '',
  'kubelet-preferred-address-types': 'Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP',
};

/** What is handed to the lab's apiserver; of those that name a file the lab has one of its own. */
const handed: readonly string[] = [
  'anonymous-auth',
  'authorization-mode',
  'disable-admission-plugins',
  'egress-selector-config-file',
  'enable-admission-plugins',
  'enable-bootstrap-token-auth',
  'enable-kubelet-cert-cn-validation',
  'feature-gates',
  'kubelet-certificate-authority',
  'kubelet-client-certificate',
  'kubelet-client-key',
  'kubelet-preferred-address-types',
  'ssh-keyfile',
  'ssh-user',
];
const labFiles: Readonly<Record<string, string>> = {
  'egress-selector-config-file': egressSelectorFile,
  'kubelet-certificate-authority': '/etc/kubernetes/pki/ca.crt',
  'kubelet-client-certificate': '/etc/kubernetes/pki/apiserver-kubelet-client.crt',
  'kubelet-client-key': '/etc/kubernetes/pki/apiserver-kubelet-client.key',
  'ssh-keyfile': sshKeyFile,
};

/** Words of list flags that upstream has and the lab has not. */
const labModes = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC'];
const upstreamModes = [...labModes, 'ABAC', 'Webhook'];
const labPlugins: readonly string[] = admissionPlugins.map(({ name }) => name);
const labGates = ['KubeletCertCNValidation', 'AllAlpha', 'AllBeta'];

interface Effective {
  readonly name: string;
  readonly value: string;
  readonly at: FilePlace | null;
}

/** The values of the flags that the lab's apiserver is started with, by name, and what became of each given one. */
export interface JudgedApiserver {
  readonly flags: ReadonlyMap<string, string>;
  readonly settings: readonly JudgedSetting[];
}

export type ApiserverPart = GivenPart & { kind: 'apiserver' };

/** Throws MidplaneError CONFIG_INVALID for a value that kube-apiserver would refuse, with its place. */
export function judgeApiserver(part: ApiserverPart | null): JudgedApiserver {
  const effective = part === null ? setBy('kubeadm', []) : setBy(part.installer, part.flags);
  const values = new Map(Object.entries(upstreamDefaults));
  const grown = new Set<string>();
  const settings: JudgedSetting[] = [];
  for (const [index, flag] of effective.entries()) {
    const { name, value, at } = flag;
    if (!handed.includes(name) || isOwnTunnel(flag, part)) {
      settings.push(notHanded(flag, part?.installer ?? null));
      continue;
    }
    checkValue(flag);
    const isList = apiserverFlagTable.find((row) => row.name === name)?.type === 'strings';
    if (!isList && effective.slice(index + 1).some((later) => later.name === name)) {
      settings.push(givenAgain(component, `--${name}`, at));
      continue;
    }
    const words = wordsOf(name, value);
    const by = at === null ? ` (${part?.installer ?? 'kubeadm'} sets it)` : '';
    settings.push(...words.rows.map((row) => ({ ...row, why: `${row.why}${by}`, component, at })));
    // Of a list that is given again the words are added.
    const before = isList && grown.has(name) ? (values.get(name) ?? '') : '';
    grown.add(name);
    values.set(name, [before, words.played].filter((it) => it !== '').join(','));
  }
  if (values.get('authorization-mode') === '') values.set('authorization-mode', 'RBAC');
  checkTogether(values, part);
  // Of what was only assumed there is one sentence, and no list.
  return { flags: values, settings: part === null ? [] : settings };
}

/** k3s tunnels through its own agents, which the lab has not. */
function isOwnTunnel({ name, at }: Effective, part: ApiserverPart | null): boolean {
  return part?.installer === 'k3s' && at === null && name === 'egress-selector-config-file';
}

/** What an installer says, unless it is told otherwise; and what is given. */
function setBy(installer: Installer | null, flags: readonly Effective[]): Effective[] {
  const own = installer === 'kubeadm' ? kubeadmApiserver : installer === 'k3s' ? k3sApiserver : {};
  const base = Object.entries(own)
    .filter(([name]) => !flags.some((flag) => flag.name === name))
    .map(([name, value]) => ({ name, value, at: null }));
  return [...base, ...flags];
}

function notHanded({ name, at }: Effective, installer: Installer | null): JudgedSetting {
  const row = (of: SettingClass, why: string): JudgedSetting => ({
    component,
    name: `--${name}`,
    value: null,
    class: of,
    why: at === null ? `${why} (${installer} sets it)` : why,
    at,
  });
  const notPlayed = whyNotPlayed(component, name);
  if (notPlayed !== null) return row('not-played', notPlayed);
  const why = whyNoInfluence(component, name);
  if (why !== null) return row('no-influence', why);
  const [near] = nearestNames(name, knownNames(component));
  const guess = near === undefined ? '' : `; did you mean --${near}?`;
  return row('unknown', `kube-apiserver 1.33 knows no such flag and would not start with it${guess}`);
}

/** The words of a value that the lab plays, and a row for each part of it that is judged by itself. */
function wordsOf(
  name: string,
  value: string,
): { played: string; rows: Omit<JudgedSetting, 'component' | 'at'>[] } {
  const row = (text: string, of: SettingClass, why: string) => ({
    name: `--${name}`,
    value: text,
    class: of,
    why,
  });
  const split = (played: (word: string) => boolean, of: SettingClass, why: (word: string) => string) => {
    const words = value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
    const own = words.filter(played);
    const others = words.filter((word) => !played(word));
    return {
      played: own.join(','),
      rows: [
        ...(own.length === 0 && others.length > 0 ? [] : [row(own.join(','), 'used', handedAs)]),
        ...others.map((word) => row(word, of, why(word))),
      ],
    };
  };
  switch (name) {
    case 'authorization-mode':
      return split(
        (word) => !['ABAC', 'Webhook'].includes(word),
        'no-influence',
        () => 'an authorizer that the lab has not; the caller on every path is an administrator',
      );
    case 'enable-admission-plugins':
    case 'disable-admission-plugins':
      return split(
        (word) => labPlugins.includes(word),
        'no-influence',
        () => 'a plugin that the lab has not: it decides about objects, not about connections',
      );
    case 'feature-gates':
      return split(
        (word) => labGates.includes(word.split('=')[0] ?? ''),
        'not-played',
        () => 'a gate that the lab has not',
      );
    default: {
      const file = Object.hasOwn(labFiles, name) ? labFiles[name] : undefined;
      if (file === undefined || value === '')
        return { played: value, rows: [row(value, 'used', tunnelWords[name] ?? handedAs)] };
      return { played: file, rows: [row(value, 'used', tunnelWords[name] ?? withOwnFile)] };
    }
  }
}

const handedAs = 'handed to the lab';
const withOwnFile = 'handed to the lab, with a file of its own';

const longGone = 'handed to the lab, which has it still: it was removed in Kubernetes 1.22';
const tunnelWords: Readonly<Record<string, string>> = {
  'egress-selector-config-file': 'says through what the lab dials nodes and pods',
  'ssh-keyfile': longGone,
  'ssh-user': longGone,
};

/** As the program itself would check it, but with the place in the file. */
function checkValue({ name, value, at }: Effective): void {
  if (at === null) return;
  try {
    parseComponentFlags(component, apiserverFlagTable, [`--${name}=${value}`]);
    if (name === 'authorization-mode') checkModes(value);
    if (name === 'kubelet-preferred-address-types') parseApiserverFlags([`--${name}=${value}`]);
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    throw new MidplaneError('CONFIG_INVALID', `${placeText(at)}: ${error.message}`, {
      hint: error.hint ?? 'kube-apiserver would not start with it',
      cause: error,
    });
  }
}

function checkModes(value: string): void {
  const strange = value.split(',').find((word) => !upstreamModes.includes(word.trim()));
  if (strange === undefined) return;
  throw new MidplaneError(
    'CONFIG_INVALID',
    `authorization-mode ${JSON.stringify(strange)} is not a valid mode`,
    {
      hint: `--authorization-mode takes ${upstreamModes.join(', ')}`,
    },
  );
}

function checkTogether(values: ReadonlyMap<string, string>, part: ApiserverPart | null): void {
  try {
    parseApiserverFlags([...values].map(([name, value]) => `--${name}=${value}`));
  } catch (error) {
    if (!(error instanceof MidplaneError) || part === null) throw error;
    throw new MidplaneError('CONFIG_INVALID', `${placeText(part.at)}: ${error.message}`, {
      hint: error.hint ?? 'kube-apiserver would not start with it',
      cause: error,
    });
  }
}
