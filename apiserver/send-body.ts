import type { ServerResponse } from 'node:http';
import { badRequest, type Failure, isFailure } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { type Answered, type ApiRequest, release, sendFailure, sendText, yamlText } from './api-request';
import { type MediaType, negotiate } from './negotiate';
import type { ListMeta } from './read-list';
import type { ResourceKind } from './registry';
import { listBody, objectBody, type Representation, wantsPretty } from './representation';

/** Objects and lists as answers, in the format the client asked for; large ones compressed. */

/** Smaller answers are not worth it (pkg/endpoints/handlers/responsewriters/writers.go, defaultGzipThresholdBytes). */
const gzipThreshold = 128 * 1024;

export function sendObject(
  api: ApiRequest,
  kind: ResourceKind,
  code: number,
  outcome: KubeObject | Failure,
): Answered {
  if (isFailure(outcome)) return sendFailure(api.response, outcome);
  const mediaType = mediaTypeOf(api);
  if (isFailure(mediaType)) return sendFailure(api.response, mediaType);
  const body = objectBody(representationOf(api, kind, mediaType), outcome, new Date());
  return sendBody(api, code, mediaType, body);
}

export function sendList(
  api: ApiRequest,
  kind: ResourceKind,
  items: readonly KubeObject[],
  metadata: ListMeta,
): Answered {
  const mediaType = mediaTypeOf(api);
  if (isFailure(mediaType)) return sendFailure(api.response, mediaType);
  const body = listBody(representationOf(api, kind, mediaType), items, metadata, new Date());
  return sendBody(api, 200, mediaType, body);
}

/** For a Table the query is looked at as well (validation.ValidateTableOptions). */
export function mediaTypeOf({ request, query }: ApiRequest): MediaType | Failure {
  const mediaType = negotiate(request.headers.accept ?? '', 'resource');
  if (isFailure(mediaType) || mediaType.as.kind !== 'table') return mediaType;
  const include = query.get('includeObject') ?? '';
  if (['', 'Metadata', 'None', 'Object'].includes(include)) return mediaType;
  const why = `Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`;
  return badRequest(`Unable to convert to Table as requested: includeObject: ${why}`);
}

export function representationOf(
  { query }: ApiRequest,
  kind: ResourceKind,
  { as }: MediaType,
): Representation {
  const include = query.get('includeObject');
  return { kind, as, includeObject: include === 'Object' || include === 'None' ? include : 'Metadata' };
}

function sendBody(
  { request, response, query }: ApiRequest,
  code: number,
  mediaType: MediaType,
  json: string,
): Answered {
  return release(response, () => {
    const { contentType, text } = formatted(mediaType, query, request.headers['user-agent'] ?? '', json);
    if (text.length <= gzipThreshold || !acceptsGzip(request.headers['accept-encoding'] ?? ''))
      sendText(response, code, contentType, text);
    else sendCompressed(response, code, contentType, text);
  });
}

function formatted(
  mediaType: MediaType,
  query: URLSearchParams,
  userAgent: string,
  json: string,
): { readonly contentType: string; readonly text: string } {
  if (mediaType.format === 'yaml') return { contentType: 'application/yaml', text: yamlText(json) };
  const contentType = 'application/json';
  if (!wantsPretty(mediaType, query, userAgent)) return { contentType, text: `${json}\n` };
  return { contentType, text: JSON.stringify(JSON.parse(json), null, 2) };
}

function acceptsGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(',').some((token) => token.trim() === 'gzip');
}

/** Upstream's APIResponseCompression, at its level of 1; off this thread, as it takes long. */
function sendCompressed(response: ServerResponse, code: number, contentType: string, text: string): void {
  const zlib: typeof import('node:zlib') = require('node:zlib');
  zlib.gzip(Buffer.from(text), { level: 1 }, (error, compressed) => {
    if (error !== null) {
      sendText(response, code, contentType, text);
      return;
    }
    if (response.headersSent || response.destroyed) return;
    response.setHeader('content-encoding', 'gzip');
    response.setHeader('vary', 'Accept-Encoding');
    sendText(response, code, contentType, compressed);
  });
}
