import type { Endpoints, KubeObject, Pod, Service } from '../api/objects';
import { sameJson } from '../api/same-json';
import { type Context, type Controller, keyOf, mustBe, type StartController, splitKey } from './context';
import { endpointsOf, mirroredSlices, type SliceContent, slicesOf } from './plan-endpoints';
import { ownerReference } from './plan-replica-set';

/** The Endpoints of every service that has a selector. */
export const startEndpointsController: StartController = (context) => {
  const { client, signal } = context;
  const services = context.informer<Service>('/api/v1/services');
  const pods = context.informer<Pod>('/api/v1/pods');
  const endpoints = context.informer<Endpoints>('/api/v1/endpoints');
  const queue = context.queue(sync, [services, pods, endpoints]);
  onServiceChange(context, (key) => queue.add(key));
  // Those that somebody changes stay so until the service or its pods change. Source: pkg/controller/endpoint/endpoints_controller.go.
  endpoints.listen((now, before) => {
    if (now === null && before !== null) queue.add(keyOf(before));
  });

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = services.get(namespace, name);
    const now = endpoints.get(namespace, name);
    const collection = `/api/v1/namespaces/${namespace}/endpoints`;
    if (service === null) {
      const ours = now?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== undefined;
      if (ours) mustBe(await client.request('DELETE', `${collection}/${name}`, { signal }), 404);
      return;
    }
    const wanted = endpointsOf(service, pods.list(namespace));
    if (wanted === null || (now !== null && alike(now, wanted, ['subsets']))) return;
    if (now === null) {
      mustBe(await client.request('POST', collection, { body: wanted, signal }));
      return;
    }
    const body = { ...wanted, metadata: { ...now.metadata, labels: wanted.metadata.labels } };
    mustBe(await client.request('PUT', `${collection}/${name}`, { body, signal }));
  }

  return { close: () => queue.close() } satisfies Controller;
};

interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly object[];
  readonly ports?: readonly object[];
}

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

/** The EndpointSlices of every service: from its pods, or as a mirror of Endpoints that somebody wrote by hand. */
export const startEndpointSliceController: StartController = (context) => {
  const { client, signal } = context;
  const services = context.informer<Service>('/api/v1/services');
  const pods = context.informer<Pod>('/api/v1/pods');
  const endpoints = context.informer<Endpoints>('/api/v1/endpoints');
  const slices = context.informer<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices');
  const queue = context.queue(sync, [services, pods, endpoints, slices]);
  onServiceChange(context, (key) => queue.add(key));
  endpoints.listen((now, before) => {
    const either = now ?? before;
    if (either !== null) queue.add(keyOf(either));
  });
  slices.listen((now, before) => {
    for (const slice of [now, before]) {
      const service = slice?.metadata.labels?.[SERVICE_NAME];
      if (service !== undefined) queue.add(`${slice?.metadata.namespace}/${service}`);
    }
  });

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = services.get(namespace, name);
    const known = slices.list(namespace).filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] === name);
    const ours = known.filter(({ metadata }) => managers.has(metadata.labels?.[MANAGED_BY] ?? ''));
    const { manager, wanted } = service === null ? nothing : contentOf(service, namespace, name);
    // What is right stays; the rest is made of what is there, and then of new ones.
    const missing = wanted.filter((content) => !ours.some((slice) => matches(slice, content, manager)));
    const wrong = ours.filter((slice) => !wanted.some((content) => matches(slice, content, manager)));
    for (const [at, content] of missing.entries()) {
      const reused = wrong[at];
      if (service !== null) await put(service, content, manager, reused ?? null);
    }
    for (const slice of wrong.slice(missing.length)) {
      const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${slice.metadata.name}`;
      mustBe(await client.request('DELETE', path, { signal }), 404);
    }
  }

  function contentOf(service: Service, namespace: string, name: string): Content {
    const fromPods = slicesOf(service, pods.list(namespace));
    if (fromPods !== null) return { manager: 'endpointslice-controller.k8s.io', wanted: fromPods };
    const manual = endpoints.get(namespace, name);
    const skipped = manual?.metadata.labels?.['endpointslice.kubernetes.io/skip-mirror'] === 'true';
    return {
      manager: 'endpointslicemirroring-controller.k8s.io',
      wanted: manual === null || skipped ? [] : mirroredSlices(manual),
    };
  }

  async function put(
    service: Service,
    content: SliceContent,
    manager: string,
    reused: EndpointSlice | null,
  ): Promise<void> {
    const { name, namespace, uid } = service.metadata;
    const collection = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const labels = { [SERVICE_NAME]: name, [MANAGED_BY]: manager };
    const metadata =
      reused === null
        ? {
            generateName: `${name}-`,
            namespace,
            labels,
            ownerReferences: [ownerReference('v1', 'Service', name, uid ?? '')],
          }
        : { ...reused.metadata, labels: { ...reused.metadata.labels, ...labels } };
    const body = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, ...content };
    const answer =
      reused === null
        ? await client.request('POST', collection, { body, signal })
        : await client.request('PUT', `${collection}/${reused.metadata.name}`, { body, signal });
    mustBe(answer);
    // The next look must not come before the collection has seen this.
    const { name: made, resourceVersion } = (answer.json() as EndpointSlice).metadata;
    await slices.until(
      () => Number(slices.get(namespace ?? '', made)?.metadata.resourceVersion) >= Number(resourceVersion),
      SEEN_WITHIN_MS,
    );
  }

  return { close: () => queue.close() } satisfies Controller;
};

const SEEN_WITHIN_MS = 1_000;

interface Content {
  readonly manager: string;
  readonly wanted: readonly SliceContent[];
}

const nothing: Content = { manager: '', wanted: [] };

const managers = new Set(['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']);

function matches(slice: EndpointSlice, content: SliceContent, manager: string): boolean {
  return slice.metadata.labels?.[MANAGED_BY] === manager && alike(slice, content, ['endpoints', 'ports']);
}

/** A service changed, or a pod in its namespace did: pods come and go without a word about services. */
function onServiceChange(context: Context, add: (key: string) => void): void {
  const services = context.informer<Service>('/api/v1/services');
  services.listen((now, before) => {
    const either = now ?? before;
    if (either !== null) add(keyOf(either));
  });
  context.informer<Pod>('/api/v1/pods').listen((now, before) => {
    const { namespace = '' } = (now ?? before)?.metadata ?? {};
    for (const service of services.list(namespace)) add(keyOf(service));
  });
}

/** Whether these fields say the same; one that is missing is an empty list. */
function alike(a: object, b: object, fields: readonly string[]): boolean {
  return fields.every((field) =>
    sameJson((a as Record<string, unknown>)[field] ?? [], (b as Record<string, unknown>)[field] ?? []),
  );
}
