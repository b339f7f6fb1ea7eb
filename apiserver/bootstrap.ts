import { isFailure } from '../api/failures';
import type { KubeObject, Service } from '../api/objects';
import { kubernetesServiceIp } from './cluster-ip';
import type { Cluster } from './place';
import { defaultRbacObjects } from './rbac-defaults';
import { reconcileRbac } from './rbac-reconcile';
import { apiVersionOf, kinds, type ResourceKind } from './registry';
import { createObject } from './resources';

/**
 * What a cluster has before anybody asked for anything: the system namespaces, the default roles, and the service
 * `kubernetes` with this apiserver behind it (pkg/controlplane/controller/kubernetesservice).
 */
export function bootstrap(
  cluster: Cluster,
  advertised: { readonly address: string; readonly port: number },
): void {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
    add(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const object of defaultRbacObjects()) add(cluster, object);
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  add(cluster, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels },
    spec: {
      clusterIP: kubernetesServiceIp(cluster.clusterIps),
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: advertised.port }],
    },
  });
  // Endpoints may not be in the loopback range: upstream's reconciler fails there, and the service has no backend.
  if (!/^(127\.|::1$)/.test(advertised.address)) addEndpoints(cluster, advertised);
}

/** Where this apiserver is, in both kinds of endpoints. */
function addEndpoints(
  cluster: Cluster,
  advertised: { readonly address: string; readonly port: number },
): void {
  add(cluster, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [advertised.address], conditions: { ready: true } }],
    ports: [{ name: 'https', port: advertised.port, protocol: 'TCP' }],
  });
  add(cluster, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets: [
      {
        addresses: [{ ip: advertised.address }],
        ports: [{ name: 'https', port: advertised.port, protocol: 'TCP' }],
      },
    ],
  });
}

function add(cluster: Cluster, object: KubeObject): void {
  const kind = kinds.find((each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion);
  if (kind === undefined) throw new Error(`no kind is registered for ${object.kind}`);
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

/**
 * What a data directory kept stays as its users left it; only where this apiserver is reached may have changed since.
 * Source: pkg/controlplane/reconcilers, pkg/controlplane/controller/kubernetesservice (ReconcileService).
 */
function keepCurrent(cluster: Cluster, kind: ResourceKind, existing: KubeObject, wanted: KubeObject): void {
  const { endpoints, ports, subsets } = wanted;
  switch (kind.kind) {
    case 'Endpoints':
      cluster.storage.update(kind, { ...existing, subsets }, undefined);
      return;
    case 'EndpointSlice':
      cluster.storage.update(kind, { ...existing, endpoints, ports }, undefined);
      return;
    case 'ClusterRole':
    case 'ClusterRoleBinding': {
      const reconciled = reconcileRbac(existing, wanted);
      if (reconciled !== null) cluster.storage.update(kind, reconciled, undefined);
      return;
    }
    case 'Service': {
      const spec = { ...(existing as Service).spec, ports: (wanted as Service).spec.ports };
      cluster.storage.update(kind, { ...existing, spec }, undefined);
      return;
    }
  }
}
