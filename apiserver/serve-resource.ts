import { isFailure, methodNotAllowed, noSuchResource } from '../api/failures';
import { accountToCome } from './admission/account-to-come';
import { noteObject } from './answered-status';
import { type Answered, type ApiRequest, sendFailure, sendJson } from './api-request';
import { decodeBody } from './decode-body';
import { checkResourceVersion, tooLarge } from './list-options';
import { parsePatch } from './patch/patch-body';
import { type Cluster, isObjectPart, type ObjectPart, type Place, type WriteOptions } from './place';
import type { ResourceKind } from './registry';
import { mediaType, readBody } from './request-body';
import { createObject, getObject, patchObject, updateObject } from './resources';
import { answerReview, type ReviewContext } from './reviews';
import { mediaTypeOf, sendObject } from './send-body';
import { serveCollection } from './serve-collection';
import { serveDelete } from './serve-delete';
import { writeOptions } from './write-options';

/** The HTTP side of stored objects: bodies in, objects, lists, Tables and watches out. */
export interface ResourceServices {
  readonly cluster: Cluster;
  readonly review: Omit<ReviewContext, 'user' | 'namespace'>;
}

export async function serveResource(
  api: ApiRequest,
  kind: ResourceKind,
  services: ResourceServices,
): Promise<Answered> {
  const { info, response } = api;
  const { cluster } = services;
  const namespace = kind.namespaced ? info.namespace : '';
  const place = { kind, namespace, name: info.name };
  const subresource = info.subresource;
  if (!isObjectPart(kind, subresource)) return sendFailure(response, noSuchResource());
  const verbs = kind.subresources.find(({ name }) => name === subresource)?.verbs;
  if (verbs !== undefined && !verbs.includes(info.verb)) return sendFailure(response, methodNotAllowed());
  const answerAs = mediaTypeOf(api);
  if (isFailure(answerAs) && info.verb !== 'watch') return sendFailure(response, answerAs);
  const named = info.parts.length > 1;
  if (kind.storage === 'review') {
    return info.verb === 'create' && !named
      ? serveReview(api, kind, services)
      : sendFailure(response, methodNotAllowed());
  }
  switch (info.verb) {
    case 'get':
      return serveGet(api, place, cluster);
    case 'list':
    case 'watch':
      // A list that pins metadata.name carries that name as well, so the verb decides.
      return serveCollection(api, kind, cluster);
  }
  const everywhere = kind.namespaced && namespace === '';
  const misplaced = info.verb === 'create' ? named : !named && info.verb !== 'deletecollection';
  if (misplaced || everywhere || (subresource === '' && !kind.verbs.includes(info.verb)))
    return sendFailure(response, methodNotAllowed());
  const body = await readBody(api.request);
  if (!Buffer.isBuffer(body)) return sendFailure(response, body);
  const write = writeOptions(api, services.review.authorizers);
  if (isFailure(write)) return sendFailure(response, write);
  return serveWrite(api, { ...place, subresource }, cluster, body, write.options);
}

function serveGet(api: ApiRequest, place: Place, cluster: Cluster): Answered {
  const { kind } = place;
  const resourceVersion = api.query.get('resourceVersion') ?? '';
  const refused =
    checkResourceVersion(kind, resourceVersion, 'get') ?? tooLarge(resourceVersion, cluster.storage.revision);
  if (refused !== null) return sendFailure(api.response, refused);
  return sendObject(api, kind, 200, getObject(cluster, place));
}

async function serveWrite(
  api: ApiRequest,
  place: Place & { readonly subresource: ObjectPart },
  cluster: Cluster,
  body: Buffer,
  options: WriteOptions,
): Promise<Answered> {
  const { info, request, response } = api;
  const { kind } = place;
  if (info.verb === 'delete' || info.verb === 'deletecollection')
    return serveDelete(api, place, cluster, body, options);
  const contentType = request.headers['content-type'] ?? '';
  // Some updates make what is not there.
  const code = (): number => (cluster.storage.get(kind, place.namespace, place.name) === null ? 201 : 200);
  switch (info.verb) {
    case 'create':
    case 'update': {
      const decoded = decodeBody(kind, contentType, body, options.fieldValidation ?? 'Warn');
      if (isFailure(decoded)) return sendFailure(response, decoded);
      const { object } = decoded;
      noteObject(request, object);
      options.warn?.(decoded.warnings);
      const account =
        info.verb === 'create' && kind.kind === 'Pod'
          ? accountToCome(cluster, place.namespace, object)
          : null;
      if (account !== null) await account;
      if (info.verb === 'create')
        return sendObject(api, kind, 201, createObject(cluster, place, object, options));
      return sendObject(api, kind, code(), updateObject(cluster, place, object, options));
    }
    case 'patch': {
      const type = mediaType(contentType);
      const patch = parsePatch(type, body);
      if (patch.kind !== 'parsed') return sendFailure(response, patch);
      return sendObject(
        api,
        kind,
        code(),
        patchObject(cluster, place, { contentType: type, value: patch.value }, options),
      );
    }
  }
  return sendFailure(response, methodNotAllowed());
}

async function serveReview(
  api: ApiRequest,
  kind: ResourceKind,
  services: ResourceServices,
): Promise<Answered> {
  const body = await readBody(api.request);
  if (!Buffer.isBuffer(body)) return sendFailure(api.response, body);
  const write = writeOptions(api, services.review.authorizers);
  if (isFailure(write)) return sendFailure(api.response, write);
  const { fieldValidation = 'Warn', warn } = write.options;
  const decoded = decodeBody(kind, api.request.headers['content-type'] ?? '', body, fieldValidation);
  if (isFailure(decoded)) return sendFailure(api.response, decoded);
  warn?.(decoded.warnings);
  noteObject(api.request, decoded.object);
  const { user, info } = api;
  const answer = answerReview(kind, decoded.object, { ...services.review, user, namespace: info.namespace });
  return isFailure(answer) ? sendFailure(api.response, answer) : sendJson(api.response, 201, answer);
}
