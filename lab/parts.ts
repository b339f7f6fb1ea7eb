import type { Pod } from '../api/objects';
import type { KubeClient, KubeResponse } from '../client/kube-client';
import { MidplaneError } from '../error';
import { timeLimit } from '../network/time-limit';
import { type NodeName, nodeNames } from './lab-pki';
import type { AttackerStatus } from './remote-attacker';
import { clusterObjects } from './workloads';

/** Which part of a lab in containers is up, and whether it is still the same one. */
export interface PartState {
  readonly part: PartName;
  readonly up: boolean;
  /** What it says, or why it does not. */
  readonly says: string;
  /** Another text after each restart; '' while it is away. */
  readonly incarnation: string;
}

export type PartName = 'apiserver' | 'attacker' | NodeName | 'workloads';

export interface PartsView {
  readonly admin: KubeClient;
  readonly attacker: () => Promise<AttackerStatus>;
}

/** Longer than a kernel takes to find out that nobody answers for an address (three ARP requests, one a second). */
const LOOK_LIMIT_MS = 5_000;

const PERMISSION = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kubeadm:cluster-admins';

/** Looks at all of them; those that others depend on come first. */
export async function lookAtParts({ admin, attacker }: PartsView): Promise<readonly PartState[]> {
  const get = (path: string): Promise<KubeResponse> =>
    admin.request('GET', path, { signal: timeLimit(LOOK_LIMIT_MS) });
  const [readyz, cluster, permission, pods, attackerState] = await Promise.all([
    get('/readyz'),
    // The uid of kube-system is what tools take for a cluster's identity; this one's storage is its memory.
    get('/api/v1/namespaces/kube-system'),
    get(PERMISSION),
    get('/api/v1/pods'),
    attacker(),
  ]);
  const seen =
    readyz.ok && cluster.ok
      ? up('apiserver', `answers /readyz with ${readyz.body}`, uidOf(cluster))
      : away('apiserver', (readyz.ok ? cluster : readyz).words);
  const asked = await Promise.all(
    nodeNames.map(async (node): Promise<{ node: NodeName; answer: KubeResponse | null; says: string }> => {
      if (!seen.up) return { node, answer: null, says: 'cannot be asked without the apiserver' };
      // A kubelet remembers for half a minute that the apiserver's client was not permitted something.
      if (!permission.ok)
        return { node, answer: null, says: 'cannot be asked before the workloads are created' };
      // The kubelet's own account, through the apiserver: the way that is attacked works, and this is its process.
      return { node, answer: await get(`/api/v1/nodes/${node}/proxy/stats/summary`), says: '' };
    }),
  );
  // No answer at all: the apiserver has gone since it was asked, or the node lets its connections run into nothing.
  const unanswered = asked.some(({ answer }) => answer !== null && answer.refusal !== null);
  const again = unanswered ? await get('/readyz') : null;
  const apiserver = again === null || again.ok ? seen : away('apiserver', again.words);
  const nodes = asked.map(({ node, answer, says }) => {
    if (answer === null) return away(node, says);
    return apiserver.up ? nodeState(node, answer) : away(node, 'cannot be asked without the apiserver');
  });
  return [
    apiserver,
    attackerState.kind === 'ready'
      ? up('attacker', 'ready', attackerState.instance)
      : away('attacker', attackerState.says),
    ...nodes,
    workloadState(pods, permission.ok, nodes),
  ];
}

/** The first part that is away; null when the lab is whole. */
export function firstAway(parts: readonly PartState[]): PartState | null {
  return parts.find((part) => !part.up) ?? null;
}

/** The first part that is another one than before. */
export function firstRestarted(before: readonly PartState[], now: readonly PartState[]): PartState | null {
  return (
    now.find((part) => before.find((it) => it.part === part.part)?.incarnation !== part.incarnation) ?? null
  );
}

/** `error:` names the part and what is wrong with it. */
export function partAway({ part, says }: PartState): MidplaneError {
  const service = part === 'workloads' ? 'workstation' : part;
  return new MidplaneError('LAB_START_FAILED', `${part} is away: ${says}`, {
    hint: `look with: docker compose ps; docker compose logs --tail 20 ${service}`,
  });
}

export function partRestarted({ part }: PartState): MidplaneError {
  return new MidplaneError(
    'LAB_START_FAILED',
    `${part} was restarted while a cell ran: its verdict is void`,
    {
      hint: 'run the matrix again once midplane lab status shows every part up',
    },
  );
}

function up(part: PartName, says: string, incarnation: string): PartState {
  return { part, up: true, says, incarnation };
}

function away(part: PartName, says: string): PartState {
  return { part, up: false, says: says === '' ? 'no answer' : says, incarnation: '' };
}

interface Summary {
  readonly node?: { readonly startTime?: string };
  readonly pods?: readonly {
    readonly podRef: { readonly name: string; readonly uid: string };
    readonly containers: readonly { readonly startTime: string | null }[];
  }[];
}

function nodeState(node: NodeName, answer: KubeResponse): PartState {
  if (!answer.ok) return away(node, answer.words);
  const summary = answer.json() as Summary | null;
  // Of a kubelet that dies while it answers.
  if (summary === null) return away(node, 'broke off its answer');
  const pods = (summary.pods ?? []).map(({ podRef, containers }) =>
    podLine(
      podRef,
      containers.map((it) => it.startTime),
    ),
  );
  const names = (summary.pods ?? []).map((it) => it.podRef.name);
  const says = names.length === 0 ? 'runs no pod' : `runs ${names.sort().join(', ')}`;
  return up(node, says, [startOf(summary), ...pods.sort()].join('\n'));
}

function podLine(
  { name, uid = '' }: { readonly name: string; readonly uid?: string },
  started: readonly (string | null | undefined)[],
): string {
  return [name, uid, ...started.map((it) => it ?? 'not started').sort()].join(' ');
}

function startOf(summary: Summary): string {
  return summary.node?.startTime ?? '';
}

/** When the kubelet's process began, in whole seconds; '' while it is away. */
export function kubeletStart({ incarnation }: PartState): string {
  return incarnation.split('\n')[0] ?? '';
}

/** Every pod of the lab, as the apiserver knows it, runs on its kubelet, and on this process of it. */
function workloadState(answer: KubeResponse, permitted: boolean, nodes: readonly PartState[]): PartState {
  if (!answer.ok) return away('workloads', 'cannot be asked for without the apiserver');
  if (!permitted) return away('workloads', 'are not created yet');
  const items = (answer.json() as { items?: readonly Pod[] | null } | null)?.items ?? [];
  const running = nodes.flatMap(({ incarnation }) => incarnation.split('\n'));
  const uids: string[] = [];
  for (const { metadata } of clusterObjects('').pods) {
    const name = `pod "${metadata.namespace}/${metadata.name}"`;
    const pod = items.find(
      (it) => it.metadata.name === metadata.name && it.metadata.namespace === metadata.namespace,
    );
    if (pod === undefined) return away('workloads', `${name} does not exist`);
    const { uid = '' } = pod.metadata;
    const phase = pod.status?.phase;
    if (phase !== 'Running') return away('workloads', `${name} is ${phase ?? 'not started yet'}`);
    const known = running.find((line) => line.includes(uid));
    if (known === undefined) return away('workloads', `${name} is not known to its kubelet`);
    const started = (pod.status?.containerStatuses ?? []).map(({ state }) => state?.running?.startedAt);
    // What the process before it has reported; the one that is there now will begin with Pending.
    if (known !== podLine(pod.metadata, started)) {
      return away('workloads', `${name} has not been reported since its kubelet was started`);
    }
    uids.push(uid);
  }
  return up('workloads', `${uids.length} pods run`, uids.join('\n'));
}

function uidOf(answer: KubeResponse): string {
  return (answer.json() as { metadata?: { uid?: string } } | null)?.metadata?.uid ?? '';
}
