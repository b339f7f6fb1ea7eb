import type { Logger } from 'pino';
import { fieldsOf, itemsOf } from '../api/fields';
import { microseconds } from '../client/api-time';
import type { Clock } from '../client/clock';
import type { KubeClient } from '../client/kube-client';

/**
 * Signs of life: the Lease every ten seconds, the whole status every five minutes, or when the node's address is another.
 * Sources: k8s.io/component-helpers apimachinery/lease/controller.go, pkg/kubelet/kubelet.go (nodeStatusReportFrequency).
 */
export interface HeartbeatOptions {
  readonly client: KubeClient;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Null, or why it was not accepted. */
  readonly postStatus: () => Promise<string | null>;
  /** Whether the node has another address than the apiserver was told. */
  readonly hasMoved: () => boolean;
  /** The Lease was renewed for the first time, or that failed. */
  readonly onFirstBeat: () => void;
  readonly signal: AbortSignal;
}

interface Lease {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

const LEASE_DURATION_SECONDS = 40;
const RENEW_EVERY_MS = 10_000;
const STATUS_EVERY_MS = 300_000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

export async function beatHeart(options: HeartbeatOptions): Promise<void> {
  const { clock, log, postStatus, hasMoved, onFirstBeat, signal } = options;
  let lease: Lease | null = null;
  let posted = clock.now().getTime();
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    lease = await renew(options, lease);
    if (isFirst && !signal.aborted) onFirstBeat();
    const isDue = clock.now().getTime() - posted >= STATUS_EVERY_MS || hasMoved();
    // At first it has just been told.
    if (isDue || (!isFirst && (await isDoubted(options)))) {
      posted = clock.now().getTime();
      const problem = await postStatus();
      if (problem !== null) log.debug({ problem }, 'node status not accepted');
    }
    await clock.pause(RENEW_EVERY_MS, signal);
  }
}

/**
 * Whether the apiserver was told meanwhile that nobody knows how this node is: it is, so it says so again.
 * Source: pkg/kubelet/kubelet_node_status.go (tryUpdateNodeStatus: what is there is read every time, and what differs is posted).
 */
async function isDoubted({ client, nodeName, signal }: HeartbeatOptions): Promise<boolean> {
  const answer = await client.request('GET', `/api/v1/nodes/${nodeName}`, { signal });
  const { status } = fieldsOf(answer.ok ? answer.json() : null);
  return itemsOf(fieldsOf(status)['conditions']).some(
    (it) => it['type'] === 'Ready' && it['status'] === 'Unknown',
  );
}

/** As it is after that; null when it has to be looked for the next time. */
async function renew({ client, nodeName, clock, signal }: HeartbeatOptions, known: Lease | null) {
  const renewTime = microseconds(clock.now());
  const lease = known ?? (await find(client, nodeName, signal));
  if (lease === null) {
    const node = await client.request('GET', `/api/v1/nodes/${nodeName}`, { signal });
    const uid = (node.json() as Partial<Lease> | null)?.metadata?.['uid'];
    const owner = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid };
    const created = await client.request('POST', LEASES, {
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name: nodeName,
          namespace: 'kube-node-lease',
          ...(uid === undefined ? {} : { ownerReferences: [owner] }),
        },
        spec: { holderIdentity: nodeName, leaseDurationSeconds: LEASE_DURATION_SECONDS, renewTime },
      },
      signal,
    });
    return created.ok ? (created.json() as Lease) : null;
  }
  const body = { ...lease, spec: { ...lease.spec, renewTime } };
  const updated = await client.request('PUT', `${LEASES}/${nodeName}`, { body, signal });
  return updated.ok ? (updated.json() as Lease) : null;
}

async function find(client: KubeClient, nodeName: string, signal: AbortSignal): Promise<Lease | null> {
  const answer = await client.request('GET', `${LEASES}/${nodeName}`, { signal });
  return answer.ok ? (answer.json() as Lease) : null;
}
