import { writeRule } from '../../attacker/rules';
import type { Twin } from '../../report/scenario-outcome';
import { defaultPosition, type PositionId, type Side } from '../../scenarios/vocabulary';
import { stockApiserverFlags } from '../control-plane';
import { specOf } from '../run-matrix';
import { clusterSettings } from './cluster-settings';
import type {
  Condition,
  KubectlLine,
  ObjectCondition,
  PathsSetup,
  ScenarioFile,
  Setup,
} from './scenario-file';
import { whoActs } from './who-acts';

/** What would be started and done for one of the twins. Nothing of it is. */
export interface ScenarioPlan {
  readonly twin: Twin;
  /** `name: value`. */
  readonly setting: string;
  readonly starts: readonly string[];
  /** In the place of that, where it is running already: what would be written into it. */
  readonly writes?: readonly string[];
  readonly does: readonly string[];
  readonly expects: readonly string[];
}

/** Where the attacker is when a file does not say it. */
export interface UsualPlace {
  readonly position: PositionId;
  readonly side: Side;
}

const embedded: UsualPlace = { position: defaultPosition, side: 'both' };

/** Pure. */
export function planOf(file: ScenarioFile, twin: Twin, usual = embedded): ScenarioPlan {
  const setup = file[twin];
  return {
    twin,
    setting: `${file.setting.name}: ${file.setting[twin]}`,
    starts: starts(setup),
    does: does(setup, usual),
    expects: expects(setup.expect),
  };
}

function starts({ cluster, kind }: Setup): string[] {
  const {
    kubelet,
    kubeletServing,
    apiserver,
    insteadOf = {},
    clientTrust,
    tunnel,
  } = clusterSettings(cluster);
  const flags = [...apiserver, ...cluster.apiserver];
  const others = stockApiserverFlags.filter((flag) => insteadOf[flag] !== undefined);
  const tunnels = { konnectivity: 'Konnectivity server and agent', ssh: 'an sshd on each node' } as const;
  return [
    `kube-apiserver ${flags.length === 0 ? 'with stock flags' : `with ${flags.join(' ')}`}`,
    ...others.map((flag) => `kube-apiserver with ${insteadOf[flag] || 'nothing'} instead of ${flag}`),
    `kubelets node-1 and node-2 ${
      Object.keys(kubelet).length === 0
        ? 'with stock configuration'
        : `with ${JSON.stringify(kubelet)} in their configuration`
    }, serving with certificates ${kubeletServing === 'cluster-authority' ? 'of the cluster’s CA' : 'that they signed themselves'}`,
    ...(kind === 'play' ? ['kube-controller-manager, kube-scheduler and the kube-proxies of the nodes'] : []),
    ...(tunnel === undefined ? [] : [tunnels[tunnel]]),
    `clients ${clientTrust === 'nobody' ? 'with insecure-skip-tls-verify' : 'that verify the apiserver'}`,
    ...cluster.objects.map(({ object }) => `${object.kind} ${object.metadata.name}`),
    'the attacker’s machine, on the network of the nodes',
  ];
}

function does(setup: Setup, usual: UsualPlace): string[] {
  if (setup.kind === 'paths') return attacks(setup, usual);
  const { name, play, options } = setup.attacker;
  const given = Object.entries(options).map(([option, value]) => `${option}: ${JSON.stringify(value)}`);
  return [`play ${name}${given.length === 0 ? '' : `, with ${given.join(', ')}`}`, ...play.steps];
}

function attacks({ attacker, user }: PathsSetup, usual: UsualPlace): string[] {
  const { technique, position = usual.position, side = usual.side, rules = [] } = attacker;
  return user.flatMap((action) => {
    const { path, kubectl } = action;
    const who = whoActs(action);
    if (path === undefined) return [`${who}: ${kubectl.command}${stdinOf(kubectl)} (your own kubectl)`];
    const command = kubectl === undefined ? specOf(path).command : `${kubectl.command}${stdinOf(kubectl)}`;
    const by = kubectl === undefined ? '' : 'your own kubectl, ';
    return [
      `${who}: ${command} (${by}without an attacker)`,
      `attacker: ${technique} on ${path}, from ${position}${side === 'both' ? '' : `, on the ${side} side`}`,
      ...rules.map((rule) => `attacker: in the streams ${JSON.stringify(writeRule(rule))}`),
      `${who}: ${command} (${by}under attack)`,
    ];
  });
}

function stdinOf({ stdin }: KubectlLine): string {
  return stdin === '' ? '' : ` with ${JSON.stringify(stdin)} on stdin`;
}

function expects({ outcome, paths = [], saw = [], object }: Condition): string[] {
  return [
    ...(outcome === undefined ? [] : [`outcome ${outcome}`]),
    ...paths.map(({ path, ...parts }) => {
      const told = Object.entries(parts).map(([name, value]) => `${name} ${value}`);
      return `${path}: ${told.join(', ')}`;
    }),
    ...saw.map((pattern) => `somebody is shown ${JSON.stringify(pattern)}`),
    ...(object === undefined ? [] : [objectText(object)]),
  ];
}

function objectText({ what, jsonPath, is, matches, exists = true }: ObjectCondition): string {
  const field = jsonPath === undefined ? what : `${what} ${jsonPath}`;
  if (is !== undefined) return `${field} is ${JSON.stringify(is)}`;
  if (matches !== undefined) return `${field} matches ${JSON.stringify(matches)}`;
  return `${field} is ${exists ? 'there' : 'not there'}`;
}
