import { type Failure, isFailure, methodNotAllowed } from '../api/failures';
import type { KubeObject } from '../api/objects';
import type { Status } from '../api/status';
import { restrictNode } from './admission/node-restriction';
import { noteObject } from './answered-status';
import { type Answered, type ApiRequest, sendFailure, sendJson } from './api-request';
import { decodeBody } from './decode-body';
import { applyPatch } from './patch/apply-patch';
import { decodePatched } from './patch/decode-patched';
import { parsePatch } from './patch/patch-body';
import type { Place } from './place';
import type { ResourceKind } from './registry';
import { mediaType, readBody } from './request-body';
import type { ResourceServices } from './serve-resource';
import type { SubresourceHandler } from './subresources/subresource-handler';
import { writeOptions } from './write-options';

/** The HTTP side of a subresource with a body of its own kind: the verb picks, the body is decoded, the answer sent. */
export async function serveSubresource(
  api: ApiRequest,
  handler: SubresourceHandler,
  kind: ResourceKind,
  { cluster, review }: ResourceServices,
): Promise<Answered> {
  const { info, request, response } = api;
  const place: Place = { kind, namespace: info.namespace, name: info.name };
  const write = writeOptions(api, review.authorizers);
  if (isFailure(write)) return sendFailure(response, write);
  const body = await readBody(request);
  if (!Buffer.isBuffer(body)) return sendFailure(response, body);
  const contentType = request.headers['content-type'] ?? '';
  const answer = (code: number, outcome: KubeObject | Status | Failure): Answered =>
    isFailure(outcome) ? sendFailure(response, outcome) : sendJson(response, code, outcome);
  const { get, create, update } = handler;
  switch (info.verb) {
    case 'get':
      if (get === undefined) break;
      return answer(200, get(cluster, place));
    case 'create':
    case 'update': {
      const act = info.verb === 'create' ? create : update;
      if (act === undefined) break;
      const decoded = decodeBody(handler.body, contentType, body, write.options.fieldValidation ?? 'Warn');
      if (isFailure(decoded)) return sendFailure(response, decoded);
      noteObject(request, decoded.object);
      write.options.warn?.(decoded.warnings);
      const { subresource } = info;
      const asked = { ...place, operation: info.verb, subresource, object: decoded.object, current: null };
      const restricted = restrictNode(cluster, asked, write.options);
      if (restricted !== null) return sendFailure(response, restricted);
      return answer(info.verb === 'create' ? 201 : 200, act(cluster, place, decoded.object, write.options));
    }
    case 'patch': {
      if (get === undefined || update === undefined) break;
      const current = get(cluster, place);
      if (isFailure(current)) return sendFailure(response, current);
      const type = mediaType(contentType);
      const patch = parsePatch(type, body);
      if (patch.kind !== 'parsed') return sendFailure(response, patch);
      const patched = applyPatch(current, type, patch.value);
      if (patched.kind !== 'patched') return sendFailure(response, patched);
      const decoded = decodePatched(
        handler.body,
        { ...patched, mediaType: type, patch: patch.value },
        write.options.fieldValidation ?? 'Warn',
      );
      if (isFailure(decoded)) return sendFailure(response, decoded);
      write.options.warn?.(decoded.warnings);
      return answer(200, update(cluster, place, decoded.object, write.options));
    }
  }
  return sendFailure(response, methodNotAllowed());
}
