import type { IncomingMessage } from 'node:http';
import { entityTooLarge, type Failure, isFailure, methodNotAllowed, noSuchResource } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { type Answered, type ApiRequest, sendFailure, sendJson } from './api-request';
import { type DeleteOptions, type Deletion, deleteObject } from './deletion';
import { parseListOptions, tooLarge } from './list-options';
import { type Cluster, isObjectPart, type ObjectPart, type Place, type WriteOptions } from './place';
import type { ResourceKind } from './registry';
import { bodyLimit, mediaType, parseDocument, parseObject } from './request-body';
import { createObject, getObject, listObjects, listOf, patchObject, updateObject } from './resources';
import { answerReview, type ReviewContext } from './reviews';
import { type IncludeObject, renderTable } from './table';
import { serveWatch } from './watch';
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
  const named = info.parts.length > 1;
  if (kind.storage === 'review') {
    return info.verb === 'create' && !named
      ? serveReview(api, kind, services)
      : sendFailure(response, methodNotAllowed());
  }
  switch (info.verb) {
    case 'get':
      return send(api, kind, 200, getObject(cluster, place));
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

function serveWrite(
  api: ApiRequest,
  place: Place & { readonly subresource: ObjectPart },
  cluster: Cluster,
  body: Buffer,
  options: WriteOptions,
): Answered {
  const { info, query, request, response } = api;
  const { kind } = place;
  const contentType = request.headers['content-type'] ?? '';
  switch (info.verb) {
    case 'create':
    case 'update': {
      const object = parseObject(kind, contentType, body);
      if (isFailure(object)) return sendFailure(response, object);
      if (info.verb === 'create') return send(api, kind, 201, createObject(cluster, place, object, options));
      return send(api, kind, 200, updateObject(cluster, place, object, options));
    }
    case 'patch': {
      const type = mediaType(contentType);
      const patch = parseDocument(type.endsWith('+yaml') ? 'application/yaml' : type, body);
      if (patch.kind !== 'parsed') return sendFailure(response, patch);
      return send(
        api,
        kind,
        200,
        patchObject(cluster, place, { contentType: type, value: patch.value }, options),
      );
    }
    case 'delete': {
      const wanted = parseDeleteOptions(contentType, body, query);
      if (isFailure(wanted)) return sendFailure(response, wanted);
      return sendDeletion(api, kind, deleteObject(cluster, place, wanted.options, options));
    }
    case 'deletecollection': {
      const wanted = parseDeleteOptions(contentType, body, query);
      if (isFailure(wanted)) return sendFailure(response, wanted);
      return deleteCollection(api, place, cluster, wanted.options, options);
    }
  }
  return sendFailure(response, methodNotAllowed());
}

function serveCollection(api: ApiRequest, kind: ResourceKind, cluster: Cluster): Answered {
  const { info, query, response } = api;
  const { storage } = cluster;
  const namespace = kind.namespaced ? info.namespace : '';
  const options = parseListOptions(kind, query);
  if (isFailure(options)) return sendFailure(response, options);
  const refused = tooLarge(options.resourceVersion, storage.revision);
  if (refused !== null) return sendFailure(response, refused);
  const table = tableAsked(api);
  if (info.verb === 'watch') {
    const render = (object: KubeObject): object =>
      table === null
        ? object
        : renderTable(kind, [object], {
            ...table,
            resourceVersion: object.metadata.resourceVersion ?? '',
            now: cluster.now(),
          });
    return serveWatch(response, { storage, kind, namespace, options, render });
  }
  const items = listObjects(cluster, kind, namespace, options.selection);
  const resourceVersion = String(storage.revision);
  if (table !== null)
    return sendJson(
      response,
      200,
      renderTable(kind, items, { ...table, resourceVersion, now: cluster.now() }),
    );
  return sendJson(response, 200, listOf(kind, items, resourceVersion));
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

/** One object, as itself or as a Table of one row. */
function send(api: ApiRequest, kind: ResourceKind, code: number, outcome: KubeObject | Failure): Answered {
  if (isFailure(outcome)) return sendFailure(api.response, outcome);
  const table = api.request.method === 'GET' ? tableAsked(api) : null;
  if (table === null) return sendJson(api.response, code, outcome);
  const resourceVersion = outcome.metadata.resourceVersion ?? '';
  return sendJson(
    api.response,
    code,
    renderTable(kind, [outcome], { ...table, resourceVersion, now: new Date() }),
  );
}

function sendDeletion({ response }: ApiRequest, kind: ResourceKind, deletion: Deletion | Failure): Answered {
  if (isFailure(deletion)) return sendFailure(response, deletion);
  const { object } = deletion;
  // A pod and what is still being deleted come back as they are, so that the client can wait for them.
  if (deletion.kind === 'deleting' || kind.kind === 'Pod') return sendJson(response, 200, object);
  const { name, uid } = object.metadata;
  const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.resource, uid };
  return sendJson(response, 200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details,
  });
}

function deleteCollection(
  api: ApiRequest,
  { kind, namespace }: Place,
  cluster: Cluster,
  wanted: DeleteOptions,
  options: WriteOptions,
): Answered {
  const selection = parseListOptions(kind, api.query);
  if (isFailure(selection)) return sendFailure(api.response, selection);
  const items = listObjects(cluster, kind, namespace, selection.selection);
  for (const { metadata } of items) {
    deleteObject(
      cluster,
      { kind, namespace: metadata.namespace ?? '', name: metadata.name },
      wanted,
      options,
    );
  }
  return sendJson(api.response, 200, listOf(kind, items, String(cluster.storage.revision)));
}

/** DeleteOptions come in the body, in the query, or not at all. */
function parseDeleteOptions(
  contentType: string,
  body: Buffer,
  query: URLSearchParams,
): { readonly kind: 'delete-options'; readonly options: DeleteOptions } | Failure {
  let given: Record<string, unknown> = {};
  if (body.length > 0) {
    const parsed = parseDocument(contentType, body);
    if (parsed.kind !== 'parsed') return parsed;
    if (typeof parsed.value === 'object' && parsed.value !== null)
      given = parsed.value as Record<string, unknown>;
  }
  const grace =
    given['gracePeriodSeconds'] ??
    (query.has('gracePeriodSeconds') ? Number(query.get('gracePeriodSeconds')) : undefined);
  const preconditions = given['preconditions'];
  return {
    kind: 'delete-options',
    options: {
      ...(typeof grace === 'number' && !Number.isNaN(grace) ? { gracePeriodSeconds: grace } : {}),
      ...(typeof preconditions === 'object' && preconditions !== null ? { preconditions } : {}),
    },
  };
}

/** Whether the client prefers a Table, and what it wants with each row; v1 only, as kubectl has asked since 1.15. */
function tableAsked({ request, query }: ApiRequest): { readonly includeObject: IncludeObject } | null {
  const asked = (request.headers.accept ?? '')
    .split(',')
    .map((entry) => entry.replaceAll(' ', ''))
    .find((entry) => /^application\/json(;|$)|^\*\/\*/.test(entry));
  if (asked === undefined || !/;as=Table(;|$)/.test(asked)) return null;
  if (!/;g=meta\.k8s\.io(;|$)/.test(asked) || !/;v=v1(;|$)/.test(asked)) return null;
  const include = query.get('includeObject');
  return { includeObject: include === 'Object' || include === 'None' ? include : 'Metadata' };
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
