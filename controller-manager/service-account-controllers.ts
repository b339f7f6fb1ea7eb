import type { KubeObject } from '../api/objects';
import { sameJson } from '../api/same-json';
import { type Context, type Controller, mustBe, type StartController } from './context';

/**
 * What every namespace gets: a service account `default`, and the authority's certificate for those who talk to the
 * apiserver. Source: pkg/controller/serviceaccount/serviceaccounts_controller.go,
 * pkg/controller/certificates/rootcacertpublisher/publisher.go.
 */
export const startServiceAccountController: StartController = (context) =>
  inEveryNamespace(context, 'serviceaccounts', (namespace) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
  }));

const DESCRIPTION = 'kubernetes.io/description';

/** Upstream's words: clients show them. */
const rootCaDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** --root-ca-file. */
export const startRootCaPublisher: StartController = (context, { rootCaPem }) => {
  if (rootCaPem === null) return null;
  return inEveryNamespace(context, 'configmaps', (namespace) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-root-ca.crt', namespace, annotations: { [DESCRIPTION]: rootCaDescription } },
    data: { 'ca.crt': rootCaPem },
  }));
};

/** Keeps one object in each namespace that is not on its way out; what somebody deletes or changes is put back. */
function inEveryNamespace(
  context: Context,
  resource: string,
  objectOf: (namespace: string) => KubeObject,
): Controller {
  const { client, signal } = context;
  const { name } = objectOf('').metadata;
  const namespaces = context.informer<KubeObject>('/api/v1/namespaces');
  const objects = context.informer<KubeObject>(`/api/v1/${resource}`);
  const queue = context.queue(sync, [namespaces, objects]);
  namespaces.listen((namespace) => {
    if (namespace !== null) queue.add(namespace.metadata.name);
  });
  objects.listen((now, before) => {
    const { metadata } = now ?? before ?? {};
    if (metadata?.name === name && metadata.namespace !== undefined) queue.add(metadata.namespace);
  });

  async function sync(key: string): Promise<void> {
    const namespace = namespaces.get('', key);
    if (namespace === null || namespace.metadata.deletionTimestamp !== undefined) return;
    const wanted = objectOf(key);
    const known = objects.get(key, name);
    const collection = `/api/v1/namespaces/${key}/${resource}`;
    if (known === null) {
      mustBe(await client.request('POST', collection, { body: wanted, signal }), 409);
      return;
    }
    const { annotations: wantedAnnotations = {} } = wanted.metadata;
    const described = Object.keys(wantedAnnotations).every(
      (it) => (known.metadata.annotations?.[it] ?? '') !== '',
    );
    if (wanted['data'] === undefined || (sameJson(known['data'], wanted['data']) && described)) return;
    const annotations = { ...known.metadata.annotations, ...wantedAnnotations };
    const body = { ...known, metadata: { ...known.metadata, annotations }, data: wanted['data'] };
    mustBe(await client.request('PUT', `${collection}/${name}`, { body, signal }), 404, 409);
  }

  return { close: () => queue.close() };
}
