import type { Logger } from 'pino';
import { microseconds } from './api-time';
import type { KubeClient } from './kube-client';
import { pause } from './pause';

/**
 * --leader-elect: a Lease in kube-system that is renewed for as long as this process works, so that others, and people,
 * can tell who does. Source: k8s.io/client-go tools/leaderelection; periods are its defaults.
 */
export interface LeaderLease {
  /** Resolves when the lease is ours; not before somebody else's has run out. */
  readonly acquired: Promise<void>;
  /** Gives the lease back, so that the next one need not wait. */
  close(): Promise<void>;
}

const DURATION_SECONDS = 15;
const RETRY_MS = 2_000;

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

interface Lease {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec?: LeaseSpec;
}

const collection = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

export function holdLease(options: {
  readonly client: KubeClient;
  /** `kube-controller-manager`, `kube-scheduler`. */
  readonly name: string;
  readonly identity: string;
  readonly now: () => Date;
  readonly log: Logger;
}): LeaderLease {
  const { client, name, identity, now, log } = options;
  const stop = new AbortController();
  let announce: () => void = () => undefined;
  const acquired = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const loop = run();

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      if (await renew(stop.signal)) announce();
      await pause(RETRY_MS, stop.signal);
    }
  }

  async function renew(signal: AbortSignal): Promise<boolean> {
    const known = await client.request('GET', `${collection}/${name}`, { signal });
    if (!known.ok && known.status !== 404) {
      log.debug({ lease: name, words: known.words }, 'lease not to be had');
      return false;
    }
    const lease = known.ok ? (known.json() as Lease) : null;
    const spec = lease?.spec ?? {};
    if (lease !== null && spec.holderIdentity && spec.holderIdentity !== identity && !hasRunOut(spec))
      return false;
    return put(lease, spec.holderIdentity === identity ? spec : null, signal);
  }

  function hasRunOut({ renewTime = '', leaseDurationSeconds = DURATION_SECONDS }: LeaseSpec): boolean {
    const renewed = Date.parse(renewTime);
    return Number.isNaN(renewed) || renewed + leaseDurationSeconds * 1000 < now().getTime();
  }

  async function put(lease: Lease | null, ours: LeaseSpec | null, signal: AbortSignal): Promise<boolean> {
    const at = microseconds(now());
    const spec: LeaseSpec = {
      holderIdentity: identity,
      leaseDurationSeconds: DURATION_SECONDS,
      acquireTime: ours?.acquireTime ?? at,
      renewTime: at,
      leaseTransitions: ours?.leaseTransitions ?? (lease?.spec?.leaseTransitions ?? -1) + 1,
    };
    const object = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-system' },
      spec,
    };
    const answer =
      lease === null
        ? await client.request('POST', collection, { body: object, signal })
        : await client.request('PUT', `${collection}/${name}`, { body: { ...lease, spec }, signal });
    return answer.ok;
  }

  return {
    acquired,
    close: async () => {
      stop.abort();
      await loop;
      const signal = AbortSignal.timeout(RETRY_MS);
      const known = await client.request('GET', `${collection}/${name}`, { signal });
      const lease = known.ok ? (known.json() as Lease) : null;
      if (lease?.spec?.holderIdentity !== identity) return;
      const spec = {
        ...lease.spec,
        holderIdentity: '',
        leaseDurationSeconds: 1,
        renewTime: microseconds(now()),
      };
      await client.request('PUT', `${collection}/${name}`, { body: { ...lease, spec }, signal });
    },
  };
}
