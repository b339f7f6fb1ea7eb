import type { Logger } from 'pino';
import { MidplaneError } from '../error';
import { timeLimit } from '../network/time-limit';
import { microseconds } from './api-time';
import type { Clock } from './clock';
import type { KubeClient } from './kube-client';

/**
 * --leader-elect: a Lease in kube-system that is renewed for as long as this process works, so that others, and people,
 * can tell who does. Source: k8s.io/client-go tools/leaderelection; periods are its defaults.
 */
export interface LeaderLease {
  /** Resolves when the lease is ours; not before somebody else's has run out. */
  readonly acquired: Promise<void>;
  /**
   * Resolves when it was ours and could not be renewed for so long that somebody else may soon have it: whoever goes on
   * would undo the other's work.
   */
  readonly lost: Promise<void>;
  /** Gives the lease back, so that the next one need not wait. */
  close(): Promise<void>;
}

const DURATION_SECONDS = 15;
const RENEW_DEADLINE_MS = 10_000;
/** Half of that, as upstream's client: an answer that never comes must not hide that the time is up. */
const ANSWER_WITHIN_MS = 5_000;
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
  readonly clock: Clock;
  readonly log: Logger;
}): LeaderLease {
  const { client, name, identity, clock, log } = options;
  const now = (): Date => clock.now();
  const stop = new AbortController();
  let announce: () => void = () => undefined;
  const acquired = new Promise<void>((resolve) => {
    announce = resolve;
  });
  let announceLoss: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    announceLoss = resolve;
  });
  const loop = run();

  async function run(): Promise<void> {
    let held: number | null = null;
    while (!stop.signal.aborted) {
      const began = now().getTime();
      if (await renew(timeLimit(ANSWER_WITHIN_MS, stop.signal))) {
        held = began;
        announce();
      } else if (held !== null && now().getTime() - held >= RENEW_DEADLINE_MS) {
        log.error({ lease: name }, 'leaderelection lost');
        announceLoss();
        return;
      }
      await clock.pause(RETRY_MS, stop.signal);
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
    lost,
    close: async () => {
      stop.abort();
      await loop;
      const signal = timeLimit(RETRY_MS);
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

/** What a program ends with, to be started again. Source: cmd/kube-controller-manager/app/controllermanager.go (OnStoppedLeading). */
export function leaseLost(): MidplaneError {
  return new MidplaneError('LEASE_LOST', 'leaderelection lost', {
    hint: 'the apiserver was away, or another one of these runs: start it again, it waits for its turn',
  });
}
