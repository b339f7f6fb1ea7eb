import type { KubeNode, KubeObject, Pod } from '../api/objects';
import type { Taint } from '../api/tolerations';
import { seconds } from '../client/api-time';
import { allSynced, mustBe, type StartController } from './context';
import { hear, isSilent, type NodeHealth, readyOf, unknownConditions } from './node-health';
import { hasNoExecuteTaint, noExecuteKey, withNoExecuteTaint, withNoScheduleTaints } from './node-taints';
import { poll } from './poll';
import { evictionRates, zoneOf } from './zone-health';

/**
 * Says of nodes that are heard of no more that nobody knows how they are, and taints them, so that no pod is sent there and
 * those that are there may be driven out. Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go.
 */
interface Lease extends KubeObject {
  readonly spec?: { readonly renewTime?: string };
}

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const MERGE_PATCH = 'application/merge-patch+json';
const MOST_TRIES = 5;

export const startNodeLifecycleController: StartController = (context, settings) => {
  const { client, clock, log, signal } = context;
  const { nodeMonitorPeriodMs, nodeGrace, nodeEvictionRates } = settings;
  const nodes = context.informer<KubeNode>('/api/v1/nodes');
  const pods = context.informer<Pod>('/api/v1/pods');
  const leases = context.informer<Lease>(LEASES);
  const events = context.events('node-controller');
  const health = new Map<string, NodeHealth>();
  /** When the next node of a zone may be tainted NoExecute. */
  const turns = new Map<string, number>();
  /** Whose pods have yet to be said not to be ready. */
  const podsToMark = new Set<string>();
  let wasDisrupted = false;

  const queue = context.queue(sync, [nodes]);
  nodes.listen((node, before) => {
    const about = node ?? before;
    if (about === null) return;
    const { name } = about.metadata;
    if (before === null) tell(about, 'RegisteredNode', `Registered Node ${name} in Controller`);
    if (node === null) {
      health.delete(name);
      tell(about, 'RemovingNode', `Removing Node ${name} from Controller`);
    } else queue.add(name);
  });

  function tell(node: KubeNode, reason: string, message: string): void {
    const { name } = node.metadata;
    events.event(referenceTo(node), 'Normal', reason, `Node ${name} event: ${message}`);
  }

  async function sync(name: string): Promise<void> {
    const node = nodes.get('', name);
    if (node !== null) await changeTaints(node, (current) => withNoScheduleTaints(current, clock.now()));
  }

  const monitor = poll(context, nodeMonitorPeriodMs, async () => {
    await allSynced([nodes, pods, leases], signal);
    const all = [];
    for (const node of nodes.list()) all.push(await monitored(node));
    await driveOut(all);
  });

  /** The node as it is after that. */
  async function monitored(node: KubeNode): Promise<KubeNode> {
    const { name } = node.metadata;
    const now = clock.now();
    const renewTime = leases.get('kube-node-lease', name)?.spec?.renewTime ?? null;
    const heard = hear(health.get(name) ?? null, node, renewTime, now.getTime());
    health.set(name, heard);
    const conditions = isSilent(heard, nodeGrace, now.getTime()) ? unknownConditions(node, now) : null;
    let current = node;
    if (conditions !== null) {
      const body = { ...node, status: { ...node.status, conditions } };
      const answer = await client.request('PUT', `/api/v1/nodes/${name}/status`, { body, signal });
      // Somebody was quicker: it is looked at again in the next round.
      if (!answer.ok) return node;
      current = { ...node, ...(answer.json() as KubeNode) };
      log.info({ node: name }, 'kubelet stopped posting node status');
      if (readyOf(node)?.status === 'True') {
        const text = `Node ${name} status is now: NodeNotReady`;
        events.event(referenceTo(node), 'Normal', 'NodeNotReady', text);
        podsToMark.add(name);
      }
    }
    if (readyOf(current)?.status === 'True') podsToMark.delete(name);
    else if (podsToMark.has(name) && (await markPodsNotReady(name))) podsToMark.delete(name);
    return current;
  }

  /** MarkPodsNotReady of pkg/controller/util/node/controller_utils.go. */
  async function markPodsNotReady(nodeName: string): Promise<boolean> {
    let done = true;
    for (const pod of pods.list().filter(({ spec }) => spec.nodeName === nodeName)) {
      const conditions = pod.status?.conditions ?? [];
      if (!conditions.some(({ type, status }) => type === 'Ready' && status !== 'False')) continue;
      const lastTransitionTime = seconds(clock.now());
      const changed = conditions.map((it) =>
        it.type === 'Ready' ? { ...it, status: 'False', lastTransitionTime } : it,
      );
      const { namespace = '', name, uid = '' } = pod.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
      const body = { metadata: { uid }, status: { conditions: changed } };
      const answer = await client.request('PATCH', path, { body, contentType: MERGE_PATCH, signal });
      if (answer.ok) {
        const about = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
        events.event(about, 'Warning', 'NodeNotReady', 'Node is not ready');
      } else if (answer.status !== 404 && answer.status !== 409) done = false;
    }
    return done;
  }

  async function driveOut(all: readonly KubeNode[]): Promise<void> {
    const rates = evictionRates(all, nodeEvictionRates);
    const disrupted = all.length > 0 && all.every((node) => readyOf(node)?.status !== 'True');
    if (disrupted && !wasDisrupted) {
      log.info('all nodes are not ready: entering master disruption mode, nothing is evicted');
    } else if (!disrupted && wasDisrupted) {
      // It was this program that did not hear: all are given their time again.
      const heardAt = clock.now().getTime();
      for (const [name, known] of health) health.set(name, { ...known, heardAt });
    }
    wasDisrupted = disrupted;
    for (const node of all) {
      const key = disrupted ? null : noExecuteKey(node);
      const change = (current: KubeNode) => withNoExecuteTaint(current, key, clock.now());
      if (change(node) === null) continue;
      if (key !== null && !hasNoExecuteTaint(node) && !takeTurn(zoneOf(node), rates)) continue;
      await changeTaints(node, change);
    }
  }

  function takeTurn(zone: string, rates: ReadonlyMap<string, number>): boolean {
    const now = clock.now().getTime();
    const rate = rates.get(zone) ?? 0;
    if (rate === 0 || now < (turns.get(zone) ?? 0)) return false;
    turns.set(zone, now + 1000 / rate);
    return true;
  }

  /** Upon a conflict again, of the node as it is then. Source: pkg/controller/controller_utils.go (AddOrUpdateTaintOnNode). */
  async function changeTaints(
    seen: KubeNode,
    change: (current: KubeNode) => readonly Taint[] | null,
  ): Promise<void> {
    const path = `/api/v1/nodes/${seen.metadata.name}`;
    let node = seen;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const taints = change(node);
      if (taints === null) return;
      const body = { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints } };
      const answer = await client.request('PATCH', path, { body, contentType: MERGE_PATCH, signal });
      if (mustBe(answer, 404, 409).status !== 409) return;
      const fresh = mustBe(await client.request('GET', path, { signal }), 404);
      if (!fresh.ok) return;
      node = fresh.json() as KubeNode;
    }
    throw new Error(`the taints of node "${seen.metadata.name}" could not be changed: others are quicker`);
  }

  return {
    close: async () => {
      await Promise.all([monitor.close(), queue.close()]);
    },
  };
};

function referenceTo({ metadata: { name, uid = '' } }: KubeNode) {
  return { apiVersion: 'v1', kind: 'Node', name, uid };
}
