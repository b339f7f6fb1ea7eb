import type { KubeObject, OwnerReference } from '../api/objects';
import { pause } from '../client/pause';
import { allSynced, type Controller, deleteObject, mustBe, type StartController } from './context';
import { collectionPath, type ServedResource, servedResources } from './discovery';
import {
  blocks,
  FOREGROUND,
  isLeaving,
  ORPHAN,
  Ownership,
  ownersOf,
  verdictOn,
  waitsForDependents,
} from './ownership';

/**
 * Deletes what belongs to what is gone, in whatever kind it is. Source: pkg/controller/garbagecollector. The kinds are
 * those that discovery lists at the start; events belong to nobody and are left out, as upstream does.
 */
export const startGarbageCollector: StartController = (context) => {
  const { client, signal } = context;
  const graph = new Ownership();
  // Which collections it needs is known only later: watchEverything() waits for them.
  const queue = context.queue(look, []);
  let resources: readonly ServedResource[] = [];
  const started = watchEverything();

  async function watchEverything(): Promise<void> {
    while (!signal.aborted) {
      try {
        resources = (await servedResources(client, signal)).filter(({ resource }) => resource !== 'events');
        break;
      } catch {
        await pause(RETRY_MS, signal);
      }
    }
    if (signal.aborted) return;
    const informers = resources.map((resource) => ({
      resource,
      informer: context.informer<KubeObject>(collectionPath(resource)),
    }));
    // Owners of every kind are known before anybody is taken for an orphan.
    await allSynced(
      informers.map(({ informer }) => informer),
      signal,
    );
    for (const { informer } of informers) informer.listen(changed);
  }

  function changed(now: KubeObject | null, before: KubeObject | null): void {
    const object = now ?? before;
    if (object === null) return;
    const uid = object.metadata.uid ?? '';
    if (now === null) {
      const dependents = graph.dependentsOf(uid);
      graph.remove(object);
      for (const dependent of dependents) queue.add(dependent.metadata.uid ?? '');
      for (const owner of ownersOf(object)) if (waits(owner.uid)) queue.add(owner.uid);
      return;
    }
    graph.put(now);
    if (ownersOf(now).length > 0 || isLeaving(now)) queue.add(uid);
  }

  function waits(uid: string): boolean {
    const owner = graph.get(uid);
    return owner !== null && waitsForDependents(owner);
  }

  async function look(uid: string): Promise<void> {
    const object = graph.get(uid);
    if (object === null) return;
    const finalizers = object.metadata.finalizers ?? [];
    if (isLeaving(object) && finalizers.includes(ORPHAN)) await orphanDependents(object);
    else if (waitsForDependents(object)) await deleteDependentsFirst(object);
    await judge(object);
  }

  async function judge(object: KubeObject): Promise<void> {
    const uid = object.metadata.uid ?? '';
    const states = new Map<string, 'solid' | 'gone' | 'waiting'>();
    for (const owner of ownersOf(object)) states.set(owner.uid, await stateOf(owner, object));
    const blocking = graph.dependentsOf(uid).some((it) => blocks(it, uid));
    const verdict = verdictOn(object, (owner) => states.get(owner.uid) ?? 'solid', blocking);
    switch (verdict.kind) {
      case 'keep':
        return;
      case 'release':
        return patch(object, { ownerReferences: verdict.keep });
      case 'delete':
        return deleteObject(context, pathOf(object), object, { propagationPolicy: verdict.policy });
    }
  }

  /** What is not known here is asked for: a collection may lag behind. */
  async function stateOf(owner: OwnerReference, of: KubeObject): Promise<'solid' | 'gone' | 'waiting'> {
    const known = graph.get(owner.uid);
    if (known !== null)
      return waitsForDependents(known) && owner.blockOwnerDeletion === true ? 'waiting' : 'solid';
    const resource = resourceOf(owner);
    // A kind that is not served: nobody can tell, so nothing is deleted.
    if (resource === undefined) return 'solid';
    const namespace = resource.namespaced ? of.metadata.namespace : '';
    const answer = await client.request('GET', `${collectionPath(resource, namespace)}/${owner.name}`, {
      signal,
    });
    if (answer.status === 404) return 'gone';
    const found = mustBe(answer).json() as KubeObject;
    return found.metadata.uid === owner.uid ? 'solid' : 'gone';
  }

  async function deleteDependentsFirst(owner: KubeObject): Promise<void> {
    const uid = owner.metadata.uid ?? '';
    const blocking = graph.dependentsOf(uid).filter((dependent) => blocks(dependent, uid));
    if (blocking.length > 0) {
      for (const dependent of blocking) queue.add(dependent.metadata.uid ?? '');
      return;
    }
    await takeFinalizer(owner, FOREGROUND);
  }

  async function orphanDependents(owner: KubeObject): Promise<void> {
    const { uid = '' } = owner.metadata;
    for (const dependent of graph.dependentsOf(uid)) {
      const others = ownersOf(dependent).filter((it) => it.uid !== uid);
      await patch(dependent, { ownerReferences: others.length === 0 ? null : others });
    }
    await takeFinalizer(owner, ORPHAN);
  }

  function takeFinalizer(object: KubeObject, finalizer: string): Promise<void> {
    const finalizers = (object.metadata.finalizers ?? []).filter((it) => it !== finalizer);
    return patch(object, { finalizers: finalizers.length === 0 ? null : finalizers });
  }

  async function patch(object: KubeObject, metadata: object): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    const answer = await client.request('PATCH', pathOf(object), {
      body: { metadata: { uid, resourceVersion, ...metadata } },
      contentType: 'application/merge-patch+json',
      signal,
    });
    // Changed in the meantime: the change brings it back here.
    mustBe(answer, 404, 409);
  }

  function resourceOf({ apiVersion, kind }: Pick<OwnerReference, 'apiVersion' | 'kind'>) {
    return resources.find((it) => it.apiVersion === apiVersion && it.kind === kind);
  }

  function pathOf({ apiVersion, kind, metadata }: KubeObject): string {
    const resource = resourceOf({ apiVersion, kind });
    if (resource === undefined) throw new Error(`${apiVersion} ${kind} is not served`);
    return `${collectionPath(resource, resource.namespaced ? metadata.namespace : '')}/${metadata.name}`;
  }

  return {
    close: async () => {
      await queue.close();
      await started;
    },
  } satisfies Controller;
};

const RETRY_MS = 500;
