import { isIPv6 } from 'node:net';
import { isFailure } from '../api/failures';
import type { KubeObject, Service } from '../api/objects';
import { sameJson } from '../api/same-json';
import type { Endpoint } from '../network/network';
import { kubernetesServiceIp } from './cluster-ip';
import type { Cluster } from './place';
import { kindOfObject } from './registry';
import { createObject } from './resources';

/**
 * The service `kubernetes`, with this apiserver behind it: whoever changes or deletes what leads to it sees it put back.
 * There is one apiserver, so there are no leases of others to count (upstream's are at /masterleases/ in etcd), and as
 * upstream's last one it leaves its address behind when it ends. Whoever has taken its address or name meanwhile is in the
 * way until they are gone: that is said, and tried again.
 * Source: pkg/controlplane/controller/kubernetesservice/controller.go, pkg/controlplane/reconcilers/{lease,endpointsadapter}.go.
 */
export function reconcileKubernetesService(cluster: Cluster, advertised: Endpoint): Outcome {
  const outcome = put(cluster, wantedService(cluster, advertised), keepAsItIs);
  // Endpoints may not be in the loopback range: upstream's reconciler fails there, and the service has no backend.
  if (outcome !== null || /^(127\.|::1$)/.test(advertised.address)) return outcome;
  return (
    put(cluster, wantedEndpoints(advertised), (now, wanted) =>
      sameJson(now['subsets'], wanted['subsets']) ? null : { ...now, subsets: wanted['subsets'] },
    ) ?? put(cluster, wantedSlice(advertised), correctedSlice)
  );
}

/** Null, or why it is not as it should be. */
type Outcome = string | null;

/** At a start the ports of a service that was kept may be another apiserver's; later on they are left to whoever changed them. */
export function repairKubernetesService(cluster: Cluster, advertised: Endpoint): Outcome {
  const outcome = put(cluster, wantedService(cluster, advertised), (now, wanted) => {
    const { ports } = (wanted as Service).spec;
    const spec = { ...(now as Service).spec, ports };
    return { ...now, spec };
  });
  return outcome ?? reconcileKubernetesService(cluster, advertised);
}

export interface KeepOptions {
  readonly everyMs: number;
  /** Why nothing can be written; null while it can. */
  readonly broken: () => string | null;
  readonly failed: (why: string) => void;
}

/** Source of the interval: pkg/controlplane/instance.go (EndpointInterval). */
export const RECONCILE_EVERY_MS = 10_000;

/** Returns the function that ends it. */
export function keepKubernetesService(
  cluster: Cluster,
  advertised: Endpoint,
  { everyMs, broken, failed }: KeepOptions,
): () => void {
  const timer = setInterval(() => {
    const outcome = broken() === null ? reconcileKubernetesService(cluster, advertised) : null;
    if (outcome !== null) failed(outcome);
  }, everyMs);
  // An apiserver that is not closed must not keep a process alive by this alone.
  timer.unref();
  return () => clearInterval(timer);
}

const metadata = { name: 'kubernetes', namespace: 'default' };

function wantedService(cluster: Cluster, { port }: Endpoint): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP: kubernetesServiceIp(cluster.clusterIps),
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
      type: 'ClusterIP',
      sessionAffinity: 'None',
    },
  };
}

function wantedEndpoints({ address, port }: Endpoint): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  };
}

/** It bears no managed-by label: neither of the controllers that write slices has made it. */
function wantedSlice({ address, port }: Endpoint): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
    addressType: isIPv6(address) ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  };
}

function keepAsItIs(): null {
  return null;
}

/** EndpointSlices lead traffic by their label, so that is put back as well. */
function correctedSlice(now: KubeObject, wanted: KubeObject): KubeObject | null {
  const { addressType, endpoints, ports } = wanted;
  const labels = { ...now.metadata.labels, ...wanted.metadata.labels };
  const corrected = { ...now, metadata: { ...now.metadata, labels }, addressType, endpoints, ports };
  return sameJson(now, corrected) ? null : corrected;
}

/** Creates what is missing, and writes what `correct` makes of what is there; null: nothing to write. */
function put(
  cluster: Cluster,
  wanted: KubeObject,
  correct: (now: KubeObject, wanted: KubeObject) => KubeObject | null,
): Outcome {
  const kind = kindOfObject(wanted);
  const { name, namespace } = metadata;
  const now = cluster.storage.get(kind, namespace, name);
  if (now !== null) {
    const corrected = correct(now, wanted);
    if (corrected !== null) cluster.storage.update(kind, corrected, undefined);
    return null;
  }
  const outcome = createObject(cluster, { kind, namespace, name }, wanted, { dryRun: false });
  return isFailure(outcome) ? `cannot create ${wanted.kind} ${namespace}/${name}: ${outcome.message}` : null;
}
