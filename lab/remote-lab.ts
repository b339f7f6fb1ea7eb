import { join } from 'node:path';
import { redialPath } from '../apiserver/egress';
import { KubeClient } from '../client/kube-client';
import { parseKubeconfig } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import { hostNetwork } from '../network/host-network';
import type { Cell } from '../report/outcome';
import { type DefenceId, defencesRun, type PositionId } from '../scenarios/vocabulary';
import { composeAddresses, composeSettings, defenceOf } from './compose-settings';
import { composeTunnel, neighbourBetween, orderAtTunnels } from './compose-tunnels';
import { createWorkloads } from './create-workloads';
import { handedTechniques, isHanded } from './handed-certificates';
import { type PlaceOfAttacker, parseLabDescriptor } from './lab-descriptor';
import { nodeNames } from './lab-pki';
import { type ContainerAccess, type LabUnderTest, throughApiserver } from './lab-under-test';
import {
  firstAway,
  firstRestarted,
  kubeletStart,
  lookAtParts,
  type PartState,
  partAway,
  partRestarted,
} from './parts';
import type { ContainerName } from './paths';
import { type RemoteAttacker, remoteAttacker } from './remote-attacker';
import {
  type DefenceChange,
  type LabFiles,
  type PlannedChange,
  type RemoteSettings,
  remoteSettings,
} from './remote-settings';
import { onNewTunnels, requireTunnel } from './remote-tunnels';
import { type CellRun, runCell } from './run-cell';

/** A lab whose parts are programs of their own: everything goes over the network, as for anybody who works with it. */
export interface RemoteLab extends AsyncDisposable {
  readonly lab: LabUnderTest;
  /** The administrator's client. */
  readonly admin: KubeClient;
  /** Where its attacker is already: there is nothing to take, and nothing to give back. */
  readonly place: PlaceOfAttacker;
  /** How an attacker gets the traffic under this defence. */
  placeUnder(defence: DefenceId): PlaceOfAttacker;
  parts(): Promise<readonly PartState[]>;
  /**
   * Gives every component the flags of the defence and waits until those that had to be restarted are back, with their
   * workloads. Throws MidplaneError: USAGE, LAB_START_FAILED naming the part that did not come back.
   */
  setDefence(defence: DefenceId, signal?: AbortSignal): Promise<DefenceChange>;
  /** Throws MidplaneError USAGE when what carries the connections under this defence was not started. */
  requireTunnel(defence: DefenceId): Promise<void>;
  readonly flagFiles: RemoteSettings;
  /** Writes it and waits as `setDefence` does. Throws MidplaneError LAB_START_FAILED. */
  apply(change: PlannedChange, signal?: AbortSignal): Promise<void>;
  /** Only the first half of `setDefence`: for a lab that is just being started. Throws USAGE. */
  writeFlags(defence: DefenceId): Promise<DefenceChange>;
  /** The folder of the flag files. */
  readonly settings: string;
  /** Throws MidplaneError CONFIG_INVALID when the flag files are no known defence's. */
  defence(): Promise<DefenceId>;
  /** Waits until every part is up; creates the workloads when they are missing. */
  whenReady(options?: { withinMs?: number; signal?: AbortSignal }): Promise<readonly PartState[]>;
  /** Creates what is missing of the workloads. */
  populate(signal?: AbortSignal): Promise<{ readonly created: readonly string[] }>;
  /** One cell; throws MidplaneError LAB_START_FAILED instead of a verdict when a part was away or restarted meanwhile. */
  run(cell: Omit<CellRun, 'lab'>): Promise<Cell>;
  close(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
/** Parts cannot tell us that they are back. */
const LOOK_AGAIN_MS = 100;

export async function openRemoteLab(descriptorFile: string, files: LabFiles): Promise<RemoteLab> {
  const descriptor = parseLabDescriptor(await files.read(descriptorFile), descriptorFile);
  const { kubeconfig, settings, addresses } = descriptor;
  const config = await parseKubeconfig(await files.read(kubeconfig), kubeconfig, files.read);
  const { position: place = 'route' } = descriptor.attacker;
  const token = (await files.read(descriptor.attacker.tokenFile)).trim();
  const from = hostNetwork({ name: 'workstation' });
  const admin = new KubeClient({ from, ...config });
  const { host: address, port } = config.server;
  const attackerAt = (server: { readonly host: string; readonly port: number }): RemoteAttacker =>
    remoteAttacker({ from, server, token, authorityAt: { address, port } });
  const attacker = attackerAt(descriptor.attacker);
  const neighbourAt = (host: string): RemoteAttacker =>
    attackerAt({ host, port: composeAddresses.attacker.port });
  const neighbours = {
    'control-plane': neighbourAt(composeAddresses.neighbours['control-plane']),
    node: neighbourAt(composeAddresses.neighbours.node),
  };
  const placeUnder = (defence: DefenceId): PlaceOfAttacker => composeTunnel(defence)?.position ?? place;

  const hand: LabUnderTest['hand'] = async (technique, { address }) => {
    if (!isHanded(technique)) return null;
    if (!handedTechniques.some((it) => it === technique)) {
      throw new MidplaneError('USAGE', `technique "${technique}" is not run in the lab in containers`, {
        hint: 'its attacker holds certificates of the cluster CA with one fault each: name one word, or run it in the embedded lab, without MIDPLANE_LAB',
      });
    }
    const name = join(descriptor.handed, `${technique}-${address}`);
    return { certPem: await files.read(`${name}.crt`), keyPem: await files.read(`${name}.key`) };
  };
  const containers: ContainerAccess = {
    plant: async (container, secret) => {
      const script = `echo -n ${secret} > /run/secrets/canary; echo canary ${secret} > /proc/1/fd/1`;
      await inContainer(admin, container, ['sh', '-c', script]);
    },
    heard: (container) => inContainer(admin, container, ['cat', '/run/midplane/heard']),
    forget: async (container) => {
      await inContainer(admin, container, ['sh', '-c', 'echo > /run/midplane/heard']);
    },
  };
  const lab: LabUnderTest = {
    addresses: { ...addresses, controlPlane: address },
    converse: (path) => {
      if (path.kind === 'from-apiserver') return throughApiserver(path, admin, containers);
      throw new MidplaneError('USAGE', `path "${path.id}" is not run in the lab in containers`, {
        hint: 'its client starts anew for every cell: run it in the embedded lab, without MIDPLANE_LAB',
      });
    },
    legs: (defence) => composeTunnel(defence)?.legs ?? null,
    stand: (position, _path, _talk, tunnelled) => {
      // Which of them it is under a defence was settled before.
      if (position !== place && !(tunnelled && position === 'arp')) throw noSuchPlace(position, place);
      return { kind: 'stands', at: 'legs' };
    },
    elsewhere: () => ({
      kind: 'nowhere-else',
      reason:
        'The lab in containers cannot tell what another endpoint heard: run steer in the embedded lab, without MIDPLANE_LAB.',
    }),
    attack: async ({ position: _, ...order }, path, { victim }) => {
      const { target } = order;
      const between = neighbourBetween(victim, target);
      const more = orderAtTunnels(target, path.target(lab.addresses));
      const attack = await (between === null ? attacker : neighbours[between]).attack({ ...order, ...more });
      if (more === null) return attack;
      const tunnels = [target, ...more.also];
      return onNewTunnels(attack, async () => {
        await Promise.all(tunnels.map((it) => redial(it.address)));
      });
    },
    hand,
  };

  /** Under another defence the apiserver has no such path. */
  const redial = async (tunnelTo: string | null, signal?: AbortSignal): Promise<void> => {
    const query = tunnelTo === null ? '' : `?address=${tunnelTo}`;
    await admin.request('POST', `${redialPath}${query}`, signal === undefined ? {} : { signal });
  };
  const parts = (): Promise<readonly PartState[]> =>
    lookAtParts({ admin, attacker: () => attacker.status() });
  const populate = (signal?: AbortSignal) => createWorkloads(admin, addresses.webPod, signal);
  const flagFiles = remoteSettings(settings, files);

  const until = async (
    good: (parts: readonly PartState[]) => PartState | null,
    withinMs: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly PartState[]> => {
    const end = performance.now() + withinMs;
    for (;;) {
      signal?.throwIfAborted();
      const now = await parts();
      const bad = firstAway(now) ?? good(now);
      if (bad === null) return now;
      if (performance.now() > end) throw partAway(bad);
      // An apiserver notices a new Node within 15 s; the lab does not wait for that.
      if (nodeNames.some((node) => node === bad.part)) await redial(null, signal);
      const lost = now.some(({ part, up }) => part === 'workloads' && !up);
      if (lost && bad.part !== 'apiserver') await populate(signal).catch(onlyMidplaneErrors);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  };

  const planDefence = async (defence: DefenceId): Promise<PlannedChange> => {
    const wanted = composeSettings(defence);
    if (wanted !== null) return flagFiles.plan(wanted);
    const run = defencesRun.filter((id) => composeSettings(id) !== null);
    throw new MidplaneError('USAGE', `defence "${defence}" is not run in the lab in containers`, {
      hint: `it runs ${run.join(', ')}; others run in the embedded lab, without MIDPLANE_LAB`,
    });
  };

  const apply: RemoteLab['apply'] = async (change, signal) => {
    known = null;
    const before = change.files.length === 0 ? [] : await parts();
    await change.write();
    const restarted = change.files.map(({ file }) => file.replace('.flags', ''));
    await until(
      (now) => now.find((it) => restarted.includes(it.part) && !isNewProcess(it, before)) ?? null,
      READY_WITHIN_MS,
      signal,
    );
  };

  /** The parts as they were after the last cell, which is before the next one. */
  let known: readonly PartState[] | null = null;
  const run: RemoteLab['run'] = async (cell) => {
    const before = known ?? (await parts());
    known = null;
    const gone = firstAway(before);
    if (gone !== null) throw partAway(gone);
    let outcome: Cell | MidplaneError;
    try {
      outcome = await runCell({ ...cell, lab });
    } catch (error) {
      if (!(error instanceof MidplaneError)) throw error;
      outcome = error;
    }
    const after = await parts();
    const missing = firstAway(after);
    if (missing !== null) throw partAway(missing);
    const other = firstRestarted(before, after);
    if (other !== null) throw partRestarted(other);
    if (outcome instanceof MidplaneError) throw outcome;
    known = after;
    return outcome;
  };

  const close = async (): Promise<void> => {
    await Promise.all([attacker, ...Object.values(neighbours)].map((it) => it.close()));
    await admin.close();
  };
  return {
    lab,
    admin,
    place,
    placeUnder,
    parts,
    populate,
    run,
    close,
    settings,
    writeFlags: async (defence) => {
      const change = await planDefence(defence);
      await change.write();
      return { files: change.files };
    },
    flagFiles,
    requireTunnel: (defence) => requireTunnel(from, defence),
    apply,
    setDefence: async (defence, signal) => {
      const change = await planDefence(defence);
      await requireTunnel(from, defence);
      await apply(change, signal);
      return { files: change.files };
    },
    whenReady: ({ withinMs = READY_WITHIN_MS, signal } = {}) => until(() => null, withinMs, signal),
    defence: async () => {
      const defence = defenceOf(await flagFiles.flags(), defencesRun);
      if (defence !== null) return defence;
      throw new MidplaneError('CONFIG_INVALID', `the flag files in "${settings}" are no known defence's`, {
        hint: `midplane lab set none, or another of ${defencesRun.join(', ')}, writes them anew`,
      });
    },
    [Symbol.asyncDispose]: close,
  };
}

export function noSuchPlace(
  position: PositionId,
  place: PlaceOfAttacker,
  tunnelled: DefenceId | null = null,
): MidplaneError {
  if (tunnelled !== null) {
    const what = `position "${position}" under ${tunnelled} does not exist in the lab in containers`;
    return new MidplaneError('USAGE', what, {
      hint: "its attackers are neighbours that forge ARP there: --position arp; the others are the embedded lab's, without MIDPLANE_LAB",
    });
  }
  const other = {
    route:
      'is the router between the networks: --position route; for arp start the profile arp and name its arp.json',
    arp: 'is a neighbour that forges ARP: --position arp; for route name the lab.json beside this descriptor',
  }[place];
  return new MidplaneError('USAGE', `position "${position}" does not exist in the lab in containers`, {
    hint: `its attacker ${other}; the others are the embedded lab's, without MIDPLANE_LAB`,
  });
}

/** Pods come and go with either end; only the process itself has read the new flags. */
function isNewProcess(now: PartState, before: readonly PartState[]): boolean {
  const then = before.find((it) => it.part === now.part);
  if (then === undefined || !then.up) return true;
  return now.part === 'apiserver'
    ? now.incarnation !== then.incarnation
    : kubeletStart(now) !== kubeletStart(then);
}

async function inContainer(
  admin: KubeClient,
  { namespace, pod, container }: ContainerName,
  command: readonly string[],
): Promise<Buffer> {
  const outcome = await admin.exec({ namespace, pod, container, command: [...command] });
  if (outcome.ok) return outcome.stdout;
  const what = `exec of ${command[0]} in ${namespace}/${pod}`;
  throw new MidplaneError('LAB_START_FAILED', `${what} failed: ${outcome.words || outcome.stderr}`, {
    hint: 'midplane lab status says which part of the lab is away',
  });
}

/** What the lab could not do is looked at again; bugs crash. */
function onlyMidplaneErrors(error: unknown): void {
  if (!(error instanceof MidplaneError)) throw error;
}
