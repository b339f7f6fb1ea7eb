import { createHash } from 'node:crypto';
import { noSuchResource, notAcceptable } from '../../api/failures';
import { type Answered, type ApiRequest, sendFailure } from '../api-request';
import { groupVersions, openApiV2, openApiV3 } from './documents';
import { gnosticDocument } from './gnostic';

/**
 * /openapi/v2 and /openapi/v3. Documents are made when somebody first asks, and kept: what is served does not change.
 * Source: k8s.io/kube-openapi pkg/handler/handler.go, pkg/handler3/handler.go.
 */
export function serveOpenApi(api: ApiRequest): Answered {
  const { path } = api.info;
  if (path === '/openapi/v2') return serveV2(api);
  if (path === '/openapi/v3')
    return send(
      api,
      jsonType,
      kept('v3 index', () => ({ paths: v3Index() })),
      {},
    );
  const groupVersion = path.startsWith('/openapi/v3/') ? path.slice('/openapi/v3/'.length) : '';
  if (!groupVersions().includes(groupVersion)) return sendFailure(api.response, noSuchResource());
  return serveV3(api, groupVersion);
}

const jsonType = 'application/json';

/** Asked for with an at sign, answered with a dot: Go's media types know no at sign. */
const v2Protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const v2ProtobufAnswer = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

function serveV2(api: ApiRequest): Answered {
  const accepted = preferred(api, [jsonType, v2Protobuf]);
  if (accepted === null) return sendFailure(api.response, notAcceptable([jsonType, v2Protobuf]));
  if (accepted === jsonType) return send(api, jsonType, kept('v2', openApiV2), {});
  const document = kept('v2 protobuf', () => gnosticDocument(openApiV2()));
  return send(api, v2ProtobufAnswer, document, {});
}

function serveV3(api: ApiRequest, groupVersion: string): Answered {
  if (preferred(api, [jsonType]) === null) return sendFailure(api.response, notAcceptable([jsonType]));
  const document = v3(groupVersion);
  const hash = api.query.get('hash');
  if (hash === null) return send(api, jsonType, document, {});
  if (hash !== document.hash) {
    api.response.writeHead(301, { location: v3Url(groupVersion) }).end();
    return 'answered';
  }
  // What is named by its content never changes.
  const inAYear = new Date(Date.now() + 365 * 24 * 60 * 60 * 1000).toUTCString();
  return send(api, jsonType, document, { 'cache-control': 'public, immutable', expires: inAYear });
}

function v3Index(): Record<string, { serverRelativeURL: string }> {
  return Object.fromEntries(groupVersions().map((name) => [name, { serverRelativeURL: v3Url(name) }]));
}

function v3Url(groupVersion: string): string {
  return `/openapi/v3/${groupVersion}?hash=${v3(groupVersion).hash}`;
}

function v3(groupVersion: string): Kept {
  return kept(`v3 ${groupVersion}`, () => openApiV3(groupVersion) ?? {});
}

interface Kept {
  readonly body: Buffer;
  readonly hash: string;
}

const documents = new Map<string, Kept>();

function kept(name: string, make: () => object | Buffer): Kept {
  const known = documents.get(name);
  if (known !== undefined) return known;
  const made = make();
  const body = Buffer.isBuffer(made) ? made : Buffer.from(JSON.stringify(made));
  const document = { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
  documents.set(name, document);
  return document;
}

/** The first of the client's types that there is, in the client's order of quality. */
function preferred({ request }: ApiRequest, offered: readonly string[]): string | null {
  const accept = request.headers.accept ?? '';
  if (accept.trim() === '') return offered[0] ?? null;
  const wanted = accept
    .split(',')
    .map((clause) => {
      const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
      const quality = parameters.find((parameter) => parameter.startsWith('q='));
      return { type, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
  for (const { type } of wanted) {
    const found =
      type === '*/*' || type === 'application/*' ? offered[0] : offered.find((one) => one === type);
    if (found !== undefined) return found;
  }
  return null;
}

function send(
  { request, response }: ApiRequest,
  contentType: string,
  { body, hash }: Kept,
  headers: Record<string, string>,
): Answered {
  const etag = `"${hash}"`;
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  if (known.includes(etag) || known.includes('*')) {
    response.writeHead(304, { etag, vary: 'Accept', ...headers }).end();
    return 'answered';
  }
  response
    .writeHead(200, {
      'content-type': contentType,
      'content-length': body.length,
      etag,
      vary: 'Accept',
      ...headers,
    })
    .end(request.method === 'HEAD' ? undefined : body);
  return 'answered';
}
