import type { Deployment, ReplicaSet } from '../api/objects';
import { sameJson } from '../api/same-json';
import { referenceTo } from '../client/event-reference';
import { type Controller, deleteObject, keyOf, mustBe, type StartController, splitKey } from './context';
import { deadlineOf, deploymentStatus } from './deployment-status';
import { Expectations } from './expectations';
import { inherited, planDeployment, REVISION, replicaAnnotations, specReplicas } from './plan-deployment';
import { controllerOf } from './plan-replica-set';

/** Deployments by way of ReplicaSets: the plan is pure (plan-deployment.ts), here one step of it is carried out. */
export const startDeploymentController: StartController = (context) => {
  const { client, now, signal } = context;
  const deployments = context.informer<Deployment>('/apis/apps/v1/deployments');
  const sets = context.informer<ReplicaSet>('/apis/apps/v1/replicasets');
  const events = context.events('deployment-controller');
  const expected = new Expectations(now);

  const queue = context.queue(sync, [deployments, sets]);
  deployments.listen((deployment, before) => {
    const either = deployment ?? before;
    if (either !== null) queue.add(keyOf(either));
  });
  sets.listen((set, before) => {
    for (const it of [set, before]) {
      const owner = it === null ? null : controllerOf(it);
      if (it === null || owner?.kind !== 'Deployment') continue;
      const key = `${it.metadata.namespace}/${owner.name}`;
      expected.fulfil(key, `+${it.metadata.name}`);
      if (set !== null) expected.fulfil(key, `${set.metadata.name}=${specReplicas(set)}`);
      queue.add(key);
    }
  });

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const deployment = deployments.get(namespace, name);
    if (deployment === null) {
      expected.forget(key);
      return;
    }
    if (expected.pending(key)) return;
    const owned = sets.list(namespace).filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
    const plan = planDeployment(deployment, owned);
    if (plan.create !== null) await create(key, deployment, plan.create as ReplicaSet);
    for (const { set, to } of plan.scale) await scale(key, deployment, set, to);
    for (const set of plan.delete) await remove(set);
    if (plan.newest !== null && plan.scale.length === 0)
      await annotateSet(deployment, plan.newest, plan.revision);
    await annotate(deployment, plan.revision);
    await report(key, deployment, plan.newest, owned);
  }

  const collection = (namespace = ''): string => `/apis/apps/v1/namespaces/${namespace}/replicasets`;
  const pathOf = ({ metadata }: ReplicaSet): string => `${collection(metadata.namespace)}/${metadata.name}`;
  const merge = (path: string, body: object) =>
    client.request('PATCH', path, { body, contentType: 'application/merge-patch+json', signal });

  async function create(key: string, deployment: Deployment, set: ReplicaSet): Promise<void> {
    const answer = await client.request('POST', collection(deployment.metadata.namespace), {
      body: set,
      signal,
    });
    // Made before, and not seen yet: it will be.
    if (answer.status === 409) return;
    mustBe(answer);
    const { name } = (answer.json() as ReplicaSet).metadata;
    if (sets.get(deployment.metadata.namespace ?? '', name) === null) expected.expect(key, `+${name}`);
    const replicas = specReplicas(set);
    if (replicas > 0) {
      const message = `Scaled up replica set ${name} from 0 to ${replicas}`;
      events.event(referenceTo(deployment), 'Normal', 'ScalingReplicaSet', message);
    }
  }

  async function scale(key: string, deployment: Deployment, set: ReplicaSet, to: number): Promise<void> {
    const from = specReplicas(set);
    const answer = await merge(pathOf(set), {
      metadata: {
        resourceVersion: set.metadata.resourceVersion,
        annotations: replicaAnnotations(deployment),
      },
      spec: { replicas: to },
    });
    mustBe(answer);
    const { namespace = '', name } = set.metadata;
    const seen = sets.get(namespace, name);
    if (seen !== null && specReplicas(seen) !== to) expected.expect(key, `${name}=${to}`);
    const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
    events.event(referenceTo(deployment), 'Normal', 'ScalingReplicaSet', message);
  }

  async function remove(set: ReplicaSet): Promise<void> {
    await deleteObject(context, pathOf(set), set, { propagationPolicy: 'Background' });
  }

  async function annotateSet(deployment: Deployment, set: ReplicaSet, revision: string): Promise<void> {
    const annotations = {
      ...inherited(deployment.metadata.annotations ?? {}),
      ...replicaAnnotations(deployment),
      [REVISION]: revision,
    };
    const known = set.metadata.annotations ?? {};
    if (Object.entries(annotations).every(([name, value]) => known[name] === value)) return;
    mustBe(await merge(pathOf(set), { metadata: { annotations } }), 404);
  }

  async function annotate(deployment: Deployment, revision: string): Promise<void> {
    const { namespace, name, annotations = {} } = deployment.metadata;
    if (annotations[REVISION] === revision) return;
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    mustBe(await merge(path, { metadata: { annotations: { [REVISION]: revision } } }), 404);
  }

  async function report(
    key: string,
    deployment: Deployment,
    newest: ReplicaSet | null,
    owned: readonly ReplicaSet[],
  ): Promise<void> {
    const status = deploymentStatus(deployment, newest, owned, now());
    const progressing = status.conditions?.find(({ type }) => type === 'Progressing');
    if (progressing?.status === 'True' && progressing.reason !== 'NewReplicaSetAvailable')
      queue.addAfter(key, Math.max(deadlineOf(deployment, progressing) - now().getTime(), 0) + 1_000);
    if (sameJson(status, deployment.status ?? {})) return;
    const { namespace, name } = deployment.metadata;
    // By PUT: a count that is no longer written must go, and a newer object must not be overwritten.
    const answer = await client.request(
      'PUT',
      `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/status`,
      {
        body: { ...deployment, status },
        signal,
      },
    );
    // Somebody was faster: what they wrote brings this key back.
    mustBe(answer, 404, 409);
  }

  return { close: () => queue.close() } satisfies Controller;
};
