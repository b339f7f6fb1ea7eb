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

/** --root-ca-file. */
export const startRootCaPublisher: StartController = (context, { rootCaPem }) => {
  if (rootCaPem === null) return null;
  return inEveryNamespace(context, 'configmaps', (namespace) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-root-ca.crt', namespace },
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
    if (wanted['data'] === undefined || sameJson(known['data'], wanted['data'])) return;
    const body = { ...known, data: wanted['data'] };
    mustBe(await client.request('PUT', `${collection}/${name}`, { body, signal }), 404, 409);
  }

  return { close: () => queue.close() };
}
