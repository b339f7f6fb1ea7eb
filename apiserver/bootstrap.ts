import { isFailure } from '../api/failures';
import type { KubeObject } from '../api/objects';
import type { Endpoint } from '../network/network';
import { repairKubernetesService } from './kubernetes-service';
import type { Cluster } from './place';
import { defaultRbacObjects } from './rbac-defaults';
import { reconcileRbac } from './rbac-reconcile';
import { kindOfObject, type ResourceKind } from './registry';
import { createObject } from './resources';

/**
 * What a cluster has before anybody asked for anything: the system namespaces, the default roles, and the service
 * `kubernetes` with this apiserver behind it.
 */
export function bootstrap(
  cluster: Cluster,
  advertised: Endpoint,
  failed: (why: string) => void = () => undefined,
): void {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
    add(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const object of defaultRbacObjects()) add(cluster, object);
  const outcome = repairKubernetesService(cluster, advertised);
  if (outcome !== null) failed(outcome);
}

function add(cluster: Cluster, object: KubeObject): void {
  const kind = kindOfObject(object);
  const place = { kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
  const existing = cluster.storage.get(kind, place.namespace, place.name);
  if (existing !== null) {
    keepCurrent(cluster, kind, existing, object);
    return;
  }
  const outcome = createObject(cluster, place, object, { dryRun: false });
  if (isFailure(outcome))
    throw new Error(`cannot create ${object.kind} ${object.metadata.name}: ${outcome.message}`);
}

/** What a data directory kept stays as its users left it, but for the roles that this release needs. */
function keepCurrent(cluster: Cluster, kind: ResourceKind, existing: KubeObject, wanted: KubeObject): void {
  if (kind.kind !== 'ClusterRole' && kind.kind !== 'ClusterRoleBinding') return;
  const reconciled = reconcileRbac(existing, wanted);
  if (reconciled !== null) cluster.storage.update(kind, reconciled, undefined);
}
