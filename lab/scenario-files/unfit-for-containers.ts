import { type DefenceId, defencesRun } from '../../scenarios/vocabulary';
import { composeSettings } from '../compose-settings';
import { composeTunnel } from '../compose-tunnels';
import type { KubeletFields } from '../defences';
import { formatFlags, parseFlags } from '../flag-file';
import { handedTechniques, isHanded } from '../handed-certificates';
import type { PlaceOfAttacker } from '../lab-descriptor';
import { specOf } from '../run-matrix';
import { clusterSettings } from './cluster-settings';
import type { AttackerWords, ClusterChanges, Setup, UserAction } from './scenario-file';

/** Where the attackers of a lab in containers are. */
export type PlaceUnder = (defence: DefenceId) => PlaceOfAttacker;

/** Why this twin cannot be played in the lab in containers, as a clause; null: it can. Pure. */
export function unfitForContainers(setup: Setup, placeUnder: PlaceUnder): string | null {
  if (setup.kind === 'play') return `its play "${setup.attacker.name}" starts clusters of its own`;
  const { cluster, attacker, user, expect } = setup;
  if (expect.object !== undefined)
    return `it expects something of ${expect.object.what} when all is over, and there objects are taken away again`;
  return (
    unfitUser(user) ??
    unfitCluster(cluster) ??
    unfitAttacker(attacker, cluster.defence, placeUnder(cluster.defence))
  );
}

function unfitUser(user: readonly UserAction[]): string | null {
  for (const { path, kubectl } of user) {
    if (kubectl !== undefined)
      return `it runs ${JSON.stringify(kubectl.command)}, and the workstation has no kubectl`;
    if (path !== undefined && specOf(path).kind === 'from-client')
      return `its path "${path}" is used by a client that starts anew for every attack, and there those only run on`;
  }
  return null;
}

function unfitCluster(cluster: ClusterChanges): string | null {
  const { defence, objects } = cluster;
  if (composeSettings(defence) === null) {
    const run = defencesRun.filter((id) => composeSettings(id) !== null);
    return `its defence "${defence}" is not run there: ${run.join(', ')} are`;
  }
  return unfitFlags(cluster) ?? unfitFields(cluster.kubelet) ?? unfitObjects(objects);
}

/** Without these nobody finds the apiserver, or the apiserver nobody. */
const placeFlags: Readonly<Record<string, string>> = {
  'advertise-address': 'says where the apiserver is, and its container is where it is',
  'bind-address': 'says where the apiserver is, and its container is where it is',
  'secure-port': 'says where the apiserver is, and its container is where it is',
  'data-dir': 'needs a disk, and its container has none that would be new for each twin',
  'egress-selector-config-file': 'needs a tunnel, which there spec.cluster.defence brings',
  'ssh-user': 'needs a tunnel, which there spec.cluster.defence brings',
};

function unfitFlags(cluster: ClusterChanges): string | null {
  const flags = [...cluster.apiserver, ...Object.values(cluster.insteadOf).filter((flag) => flag !== '')];
  const read = parseFlags(formatFlags(flags));
  const lost = flags.find((flag, at) => flag !== read[at]);
  if (lost !== undefined)
    return `the flag ${JSON.stringify(lost)} cannot stand on a line of its own in a file`;
  for (const flag of [...flags, ...Object.keys(cluster.insteadOf)]) {
    const [, name = ''] = /^--([^=]+)/.exec(flag) ?? [];
    if (Object.hasOwn(placeFlags, name)) return `the flag --${name} ${placeFlags[name]}`;
    // Through the apiserver the lab looks at its kubelets, plants its words and hears what came of them.
    if (name === 'kubelet-certificate-authority' && clusterSettings(cluster).kubeletServing === 'self-signed')
      return `under --${name} the lab would not reach its own kubelets, which signed their certificates themselves`;
  }
  return null;
}

/** The lab comes to its pods through the kubelets' own servers. */
function unfitFields(kubelet: KubeletFields): string | null {
  const { address, authentication, enableServer, enableDebuggingHandlers } = kubelet;
  const caFile = authentication?.x509?.clientCAFile;
  if (caFile !== undefined && caFile !== '/etc/kubernetes/pki/ca.crt')
    return `with clientCAFile ${JSON.stringify(caFile)} the lab would be nobody to its own kubelets`;
  const fields: Readonly<Record<string, unknown>> = { ...kubelet };
  const files = ['port', 'tlsCertFile', 'tlsPrivateKeyFile'].find((name) => fields[name] !== undefined);
  if (files !== undefined)
    return `the field ${files} of KubeletConfiguration is said by the kubelets’ flags there`;
  if (address !== undefined && address !== '0.0.0.0')
    return `with address ${JSON.stringify(address)} the lab would not reach its own kubelets`;
  if (enableServer === false) return 'with enableServer: false the lab would not reach its own kubelets';
  if (enableDebuggingHandlers === false)
    return 'with enableDebuggingHandlers: false the lab would not reach its own pods';
  return null;
}

const bringPods = [
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
];

function unfitObjects(objects: ClusterChanges['objects']): string | null {
  const found = objects.find(({ object }) => bringPods.includes(object.kind ?? ''));
  if (found === undefined) return null;
  return `its ${found.object.kind} ${found.object.metadata.name} would have pods there, where a controller-manager runs`;
}

function unfitAttacker(
  { position, side, technique }: AttackerWords,
  defence: DefenceId,
  place: PlaceOfAttacker,
): string | null {
  if (position !== undefined && position !== place)
    return `its attacker is in position "${position}", and the one there gets its traffic by ${place}${position === 'arp' ? ' (that of arp.json, with the profile arp, forges ARP)' : ''}`;
  const sides = composeTunnel(defence)?.sides;
  if (side !== undefined && sides !== undefined && !sides.includes(side))
    return `its attacker is on the side "${side}" of ${defence}, and those there are on ${sides.join(', ')}`;
  if (technique === 'steer')
    return 'its attacker leads elsewhere, and there nobody could tell what the other endpoint heard';
  if (isHanded(technique) && !handedTechniques.some((word) => word === technique))
    return `its attacker shows a certificate of the cluster’s CA with several faults ("${technique}"), and there only those with one are at hand`;
  return null;
}
