import { type Failure, isFailure } from '../api/failures';
import { restrictNode } from './admission/node-restriction';
import { type Answered, type ApiRequest, sendFailure, sendJson } from './api-request';
import { type DeleteOptions, parseDeleteOptions } from './delete-options';
import { type Deletion, deleteObject } from './deletion';
import type { Cluster, Place, WriteOptions } from './place';
import type { ResourceKind } from './registry';
import { sendObject } from './send-body';
import { deleteCollection } from './serve-collection';

/** DELETE, of one object or of a collection. Source: k8s.io/apiserver pkg/endpoints/handlers/delete.go. */
export function serveDelete(
  api: ApiRequest,
  place: Place,
  cluster: Cluster,
  body: Buffer,
  writeOptions: WriteOptions,
): Answered {
  const { info, query, request, response } = api;
  const wanted = parseDeleteOptions(request.headers['content-type'] ?? '', body, query);
  if (isFailure(wanted)) return sendFailure(response, wanted);
  const { options } = wanted;
  const write = { ...writeOptions, dryRun: options.dryRun ?? false };
  const asked = { ...place, operation: 'delete', subresource: '', object: null, current: null } as const;
  const restricted = restrictNode(cluster, asked, write);
  if (restricted !== null) return sendFailure(response, restricted);
  if (info.verb === 'deletecollection') return deleteCollection(api, place, cluster, options, write);
  return sendDeletion(api, place.kind, deleteObject(cluster, place, options, write), options);
}

/** Kinds whose deletion is answered with the object even when it is gone (Store.ReturnDeletedObject). */
const returned = new Set([
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'podtemplates',
  'resourcequotas',
  'serviceaccounts',
  'services',
]);

function sendDeletion(
  api: ApiRequest,
  kind: ResourceKind,
  deletion: Deletion | Failure,
  { orphanDependents }: DeleteOptions,
): Answered {
  if (isFailure(deletion)) return sendFailure(api.response, deletion);
  const { object } = deletion;
  // What is still being deleted comes back as it is, so that the client can wait for it.
  if (deletion.kind === 'deleting')
    return sendObject(api, kind, orphanDependents === false ? 202 : 200, object);
  if (kind.group === '' && returned.has(kind.resource)) return sendObject(api, kind, 200, object);
  const { name, uid } = object.metadata;
  const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.resource, uid };
  return sendJson(api.response, 200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details,
  });
}
