import { type Failure, isFailure, methodNotAllowed } from '../api/failures';
import { type Answered, type ApiRequest, sendFailure } from './api-request';
import { type DeleteOptions, deleteObject } from './deletion';
import { type ListOptions, parseListOptions } from './list-options';
import type { Cluster, Place, WriteOptions } from './place';
import { readList } from './read-list';
import type { ResourceKind } from './registry';
import { sendList } from './send-body';
import { serveWatch } from './watch';

/** Lists, watches and the deletion of many: the HTTP side of a collection. */
export async function serveCollection(
  api: ApiRequest,
  kind: ResourceKind,
  cluster: Cluster,
): Promise<Answered> {
  const { info, query, request, response } = api;
  const { storage, now } = cluster;
  const namespace = kind.namespaced ? info.namespace : '';
  if (info.verb === 'watch') {
    const options = parseListOptions(kind, watchQuery(api), 'watch');
    if (isFailure(options)) return sendFailure(response, options);
    return serveWatch(api, { storage, kind, namespace, options, now });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendFailure(response, methodNotAllowed());
  const options = parseListOptions(kind, query, 'list');
  if (isFailure(options)) return sendFailure(response, options);
  const page = readList(storage, kind, namespace, options);
  if (isFailure(page)) return sendFailure(response, page);
  return sendList(api, kind, page.items, page.metadata);
}

/** `/api/v1/watch/…/pods/web` watches one object: the old way to say `fieldSelector=metadata.name=web`. */
function watchQuery({ info, query }: ApiRequest): URLSearchParams {
  const [, name] = info.parts;
  if (name === undefined || query.has('fieldSelector')) return query;
  const named = new URLSearchParams(query);
  named.set('fieldSelector', `metadata.name=${name}`);
  return named;
}

/** Each on its own: one that is gone already is passed over, any other refusal ends it (Store.DeleteCollection). */
export function deleteCollection(
  api: ApiRequest,
  { kind, namespace }: Place,
  cluster: Cluster,
  wanted: DeleteOptions,
  options: WriteOptions,
): Answered {
  const query = parseListOptions(kind, api.query, 'list');
  if (isFailure(query)) return sendFailure(api.response, query);
  const refused = deleteSelected(cluster, kind, namespace, query, wanted, options);
  if (isFailure(refused)) return sendFailure(api.response, refused);
  return sendList(api, kind, refused.items, refused.metadata);
}

function deleteSelected(
  cluster: Cluster,
  kind: ResourceKind,
  namespace: string,
  query: ListOptions,
  wanted: DeleteOptions,
  options: WriteOptions,
) {
  const page = readList(cluster.storage, kind, namespace, query);
  if (isFailure(page)) return page;
  for (const { metadata } of page.items) {
    const place = { kind, namespace: metadata.namespace ?? '', name: metadata.name };
    const outcome = deleteObject(cluster, place, wanted, options);
    if (isFailure(outcome) && outcome.code !== 404) return outcome satisfies Failure;
  }
  return page;
}
