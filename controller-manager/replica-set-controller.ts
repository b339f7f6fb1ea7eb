import type { Pod, ReplicaSet } from '../api/objects';
import { referenceTo } from '../client/event-reference';
import { type Controller, keyOf, mustBe, type StartController, splitKey } from './context';
import { Expectations } from './expectations';
import { controllerOf, ownerReference, planReplicaSet, podOf } from './plan-replica-set';

/** As many pods as a ReplicaSet wants: the plan is pure (plan-replica-set.ts), here it is carried out. */
export const startReplicaSetController: StartController = (context) => {
  const { client, now, signal } = context;
  const sets = context.informer<ReplicaSet>('/apis/apps/v1/replicasets');
  const pods = context.informer<Pod>('/api/v1/pods');
  const events = context.events('replicaset-controller');
  /** Pods that were made or deleted, and have not been seen to come or go: until then a set is left alone. */
  const expected = new Expectations(now);

  const queue = context.queue(sync, [sets, pods]);
  sets.listen((set, before) => queue.add(keyOf(set ?? before ?? unreachable())));
  pods.listen((pod, before) => {
    const either = pod ?? before ?? unreachable();
    const { namespace = '' } = either.metadata;
    // Its own end is what a deletion is waited for, its beginning what a creation is.
    for (const it of [pod, before]) {
      const owner = it === null ? null : controllerOf(it);
      if (owner === null) continue;
      const key = `${namespace}/${owner.name}`;
      const name = either.metadata.name;
      if (before === null) expected.fulfil(key, `+${name}`);
      if (pod === null || pod.metadata.deletionTimestamp !== undefined) expected.fulfil(key, `-${name}`);
      queue.add(key);
    }
    if (pod !== null && controllerOf(pod) === null)
      for (const set of sets.list(namespace)) queue.add(keyOf(set));
  });

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const set = sets.get(namespace, name);
    if (set === null) {
      expected.forget(key);
      return;
    }
    if (expected.pending(key)) return;
    const plan = planReplicaSet(set, pods.list(namespace), now());
    for (const pod of plan.adopt) await own(set, pod);
    for (const pod of plan.release) await disown(set, pod);
    for (let made = 0; made < plan.create; made += 1) await create(key, set);
    for (const pod of plan.delete) await remove(key, set, pod);
    await report(set, plan.status);
    if (plan.lookAgainInMs !== null) queue.addAfter(key, plan.lookAgainInMs);
  }

  const pathOf = (pod: Pod): string =>
    `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;

  async function create(key: string, set: ReplicaSet): Promise<void> {
    const answer = await client.request('POST', `/api/v1/namespaces/${set.metadata.namespace}/pods`, {
      body: podOf(set),
      signal,
    });
    if (!answer.ok) {
      const message = (answer.json() as { message?: string } | null)?.message ?? answer.words;
      events.event(referenceTo(set), 'Warning', 'FailedCreate', `Error creating: ${message}`);
      throw new Error(message);
    }
    const { metadata } = answer.json() as Pod;
    if (pods.get(metadata.namespace ?? '', metadata.name) === null) expected.expect(key, `+${metadata.name}`);
    events.event(referenceTo(set), 'Normal', 'SuccessfulCreate', `Created pod: ${metadata.name}`);
  }

  async function remove(key: string, set: ReplicaSet, pod: Pod): Promise<void> {
    const { name, uid } = pod.metadata;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    expected.expect(key, `-${name}`);
    const answer = await client.request('DELETE', pathOf(pod), { body, signal });
    if (!answer.ok) expected.fulfil(key, `-${name}`);
    mustBe(answer, 404, 409);
    if (answer.ok) events.event(referenceTo(set), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  async function own(set: ReplicaSet, pod: Pod): Promise<void> {
    const { name, uid } = set.metadata;
    const ownerReferences = [
      ...(pod.metadata.ownerReferences ?? []),
      ownerReference('apps/v1', 'ReplicaSet', name, uid ?? ''),
    ];
    await patchOwners(pod, ownerReferences);
  }

  async function disown(set: ReplicaSet, pod: Pod): Promise<void> {
    const others = (pod.metadata.ownerReferences ?? []).filter((it) => it.uid !== set.metadata.uid);
    await patchOwners(pod, others.length === 0 ? null : others);
  }

  async function patchOwners(pod: Pod, ownerReferences: object | null): Promise<void> {
    const { uid, resourceVersion } = pod.metadata;
    const answer = await client.request('PATCH', pathOf(pod), {
      body: { metadata: { uid, resourceVersion, ownerReferences } },
      contentType: 'application/merge-patch+json',
      signal,
    });
    mustBe(answer, 404);
  }

  async function report(set: ReplicaSet, status: object): Promise<void> {
    const { namespace, name } = set.metadata;
    const before = { ...set.status };
    if (
      Object.entries(status).every(([field, value]) => (before as Record<string, unknown>)[field] === value)
    )
      return;
    const answer = await client.request(
      'PUT',
      `/apis/apps/v1/namespaces/${namespace}/replicasets/${name}/status`,
      {
        body: { ...set, status: { ...before, ...status } },
        signal,
      },
    );
    mustBe(answer, 404);
  }

  return { close: () => queue.close() } satisfies Controller;
};

function unreachable(): never {
  throw new Error('a change has an object before or after it');
}
