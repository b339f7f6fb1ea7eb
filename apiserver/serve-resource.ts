import type { IncomingMessage } from 'node:http';
import { entityTooLarge, isFailure, methodNotAllowed, noSuchResource } from '../api/failures';
import { type Answered, type ApiRequest, sendFailure, sendJson } from './api-request';
import { checkResourceVersion, tooLarge } from './list-options';
import { type Cluster, isObjectPart, type ObjectPart, type Place, type WriteOptions } from './place';
import type { ResourceKind } from './registry';
import { bodyLimit, mediaType, parseDocument, parseObject } from './request-body';
import { createObject, getObject, patchObject, updateObject } from './resources';
import { answerReview, type ReviewContext } from './reviews';
import { mediaTypeOf, sendObject } from './send-body';
import { serveCollection } from './serve-collection';
import { serveDelete } from './serve-delete';
import { writeOptions } from './write-options';

/** The HTTP side of stored objects: bodies in, objects, lists, Tables and watches out. */
export interface ResourceServices {
  readonly cluster: Cluster;
  readonly review: Omit<ReviewContext, 'user'>;
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
  if (
    info.verb === 'create'
      ? named || (kind.namespaced && namespace === '')
      : !named && info.verb !== 'deletecollection'
  ) {
    return sendFailure(response, methodNotAllowed());
  }
  const body = await readBody(api.request);
  if (body === null) return sendFailure(response, entityTooLarge(bodyLimit));
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

function serveWrite(
  api: ApiRequest,
  place: Place & { readonly subresource: ObjectPart },
  cluster: Cluster,
  body: Buffer,
  options: WriteOptions,
): Answered {
  const { info, request, response } = api;
  const { kind } = place;
  if (info.verb === 'delete' || info.verb === 'deletecollection')
    return serveDelete(api, place, cluster, body, options);
  const contentType = request.headers['content-type'] ?? '';
  switch (info.verb) {
    case 'create':
    case 'update': {
      const object = parseObject(kind, contentType, body);
      if (isFailure(object)) return sendFailure(response, object);
      if (info.verb === 'create')
        return sendObject(api, kind, 201, createObject(cluster, place, object, options));
      return sendObject(api, kind, 200, updateObject(cluster, place, object, options));
    }
    case 'patch': {
      const type = mediaType(contentType);
      const patch = parseDocument(type.endsWith('+yaml') ? 'application/yaml' : type, body);
      if (patch.kind !== 'parsed') return sendFailure(response, patch);
      return sendObject(
        api,
        kind,
        200,
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
  if (body === null) return sendFailure(api.response, entityTooLarge(bodyLimit));
  const review = parseObject(kind, api.request.headers['content-type'] ?? '', body);
  if (isFailure(review)) return sendFailure(api.response, review);
  return sendJson(api.response, 201, answerReview(kind, review, { ...services.review, user: api.user }));
}

/** Null when the body is larger than any object may be; the rest of it is not read then. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
