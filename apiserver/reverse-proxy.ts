import type { Readable } from 'node:stream';
import { createGunzip, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { type Failure, internalError, serviceUnavailable } from '../api/failures';
import { joinHostPort } from '../network/network';
import type { HttpResponse } from '../network/transport';
import { headerValue } from '../wire/http-head';
import { type Answered, type ApiRequest, forwardableHeaders, sendFailure } from './api-request';
import { type Backend, type Caller, roundTrip } from './backend';
import { joinPath, pathEscape } from './go-url';
import { type RewriteRules, rewriteHtml, rewriteLocation } from './proxy-rewrite';
import { proxyAlpn } from './proxy-transport';
import { serveUpgrade } from './upgrade-aware';

/**
 * The proxy subresources of nodes, pods and services: the client's request goes to the backend and its answer comes
 * back, with what names the backend rewritten. Source: Go's net/http/httputil (ReverseProxy),
 * k8s.io/apimachinery pkg/util/proxy/{upgradeaware,transport}.go.
 */
export interface ProxyLocation {
  readonly kind: 'proxy-location';
  readonly backend: Backend;
  /** The lab's word for this path: `node-proxy`, `pod-proxy-https`, … */
  readonly path: string;
}

export const proxyMethods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);

export async function serveProxy(
  api: ApiRequest,
  caller: Omit<Caller, 'path'>,
  location: ProxyLocation,
): Promise<Answered> {
  const { info, request, response, rawQuery } = api;
  const suffix = proxiedPath(info.parts, info.path);
  const told = { ...caller, path: location.path };
  const query = rawQuery === '' ? '' : `?${rawQuery}`;
  const escaped = pathEscape(suffix);
  if (api.upgrade !== null)
    return serveUpgrade(api, api.upgrade, told, location.backend, `${escaped || '/'}${query}`);

  if (suffix === '' && (request.method === 'GET' || request.method === 'HEAD')) {
    // A page without the slash would resolve its relative links one level too high (kubernetes#4958).
    response.writeHead(301, { location: `${(request.url ?? '').split('?')[0]}/${query}` }).end();
    return 'answered';
  }
  const { host, port } = location.backend.target;
  const rules: RewriteRules = {
    pathPrepend: info.path.slice(0, info.path.length - suffix.length),
    backendHost: joinHostPort(host, port),
    requestHost: request.headers.host ?? '',
  };
  const asked = outgoingHeaders(api, rules.pathPrepend, suffix);
  const answer = await roundTrip(
    told,
    location.backend,
    {
      method: request.method ?? 'GET',
      path: `${escaped || '/'}${query}`,
      headers: asked.headers,
      ...(hasBody(api) ? { body: request } : {}),
    },
    { signal: api.signal, ...(location.backend.name === 'proxy' ? { alpn: proxyAlpn } : {}) },
  );
  if (answer.kind === 'refusal') {
    return sendFailure(response, serviceUnavailable(`error trying to reach service: ${answer.text}`));
  }
  response.on('close', () => answer.body.destroy());
  const failure = await relay(api, answer, rules, asked.gzipIsOurs);
  return failure === null ? 'answered' : sendFailure(response, failure);
}

/**
 * What stands behind `/proxy`, decoded: '' or with its leading slash, and with the request's trailing slash
 * (k8s.io/apiserver pkg/endpoints/handlers/get.go, getRequestOptions).
 */
export function proxiedPath(parts: readonly string[], path: string): string {
  const rest = parts.slice(3).join('/');
  const leading = rest === '' || rest.startsWith('/') ? rest : `/${rest}`;
  return path.endsWith('/') && !leading.endsWith('/') ? `${leading}/` : leading;
}

/** RFC 9110 §7.6.1, as ReverseProxy lists them; besides those that Connection names. */
const hopByHop =
  /^(connection|proxy-connection|keep-alive|proxy-authenticate|proxy-authorization|te|trailer|transfer-encoding|upgrade)$/i;

function endToEnd(headers: readonly (readonly [string, string])[]): [string, string][] {
  const named = headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((word) => word.trim().toLowerCase()));
  return headers
    .filter(([name]) => !hopByHop.test(name) && !named.includes(name.toLowerCase()))
    .map(([name, value]) => [name, value]);
}

function outgoingHeaders(api: ApiRequest, pathPrepend: string, suffix: string) {
  const headers = endToEnd(forwardableHeaders(api)).filter(
    ([name]) => name.toLowerCase() !== 'x-forwarded-uri',
  );
  const slash = suffix.endsWith('/') ? '/' : '';
  headers.push(['X-Forwarded-Uri', `${joinPath(pathPrepend, pathEscape(suffix))}${slash}`]);
  // Go's transport asks for gzip when nobody else asked for an encoding, and then undoes it unseen.
  const has = (wanted: string) => headers.some(([name]) => name.toLowerCase() === wanted);
  const gzipIsOurs = !has('accept-encoding') && !has('range') && api.request.method !== 'HEAD';
  if (gzipIsOurs) headers.push(['Accept-Encoding', 'gzip']);
  return { headers, gzipIsOurs };
}

function hasBody({ request }: ApiRequest): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

const corsHeaders = /^access-control-allow-(credentials|headers|methods|origin)$/i;

/** Null when the answer is on its way. */
async function relay(
  api: ApiRequest,
  answer: HttpResponse,
  rules: RewriteRules,
  gzipIsOurs: boolean,
): Promise<Failure | null> {
  let headers = endToEnd(answer.headers).filter(([name]) => !corsHeaders.test(name));
  let body: Readable = answer.body;
  if (gzipIsOurs && headerValue(headers, 'content-encoding')?.toLowerCase() === 'gzip') {
    headers = headers.filter(([name]) => !/^content-(encoding|length)$/i.test(name));
    body = body.pipe(createGunzip());
  }
  const location = headerValue(headers, 'location');
  if (location !== null && location !== '') {
    const rewritten = rewriteLocation(location, rules);
    if ('problem' in rewritten)
      return internalError(`error trying to parse Location header: ${rewritten.problem}`);
    headers = headers.map(([name, value]) => [
      name,
      name.toLowerCase() === 'location' ? rewritten.value : value,
    ]);
  } else if (mediaType(headers) === 'text/html' && api.request.method !== 'HEAD') {
    return relayPage(api, answer, headers, body, rules);
  }
  writeHead(api, answer, headers);
  api.response.flushHeaders();
  body.on('error', () => api.response.destroy());
  body.pipe(api.response);
  return null;
}

function mediaType(headers: readonly (readonly [string, string])[]): string {
  return ((headerValue(headers, 'content-type') ?? '').split(';')[0] ?? '').trim();
}

function writeHead(
  { response }: ApiRequest,
  answer: HttpResponse,
  headers: readonly (readonly [string, string])[],
): void {
  // A list given to writeHead would keep only the last of several with one name, as there are headers of our own.
  for (const [name, value] of headers) response.appendHeader(name, value);
  if (answer.statusText === '') response.writeHead(answer.status);
  else response.writeHead(answer.status, answer.statusText);
}

/** A page is read to its end, rewritten and given a new length. One in an encoding that we do not know stays as it is. */
async function relayPage(
  api: ApiRequest,
  answer: HttpResponse,
  headers: [string, string][],
  body: Readable,
  rules: RewriteRules,
): Promise<Failure | null> {
  const codec = codecs[headerValue(headers, 'content-encoding')?.toLowerCase() ?? ''];
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    api.response.destroy();
    return null;
  }
  let page: Buffer = Buffer.concat(chunks);
  if (codec !== undefined) {
    try {
      page = codec.encode(Buffer.from(rewriteHtml(codec.decode(page).toString('latin1'), rules), 'latin1'));
    } catch {
      return internalError('error rewriting the page: it is not in the encoding that it names');
    }
  }
  const others = headers.filter(([name]) => name.toLowerCase() !== 'content-length');
  writeHead(api, answer, [...others, ['Content-Length', String(page.length)]]);
  api.response.end(page);
  return null;
}

const codecs: Readonly<Record<string, { decode(page: Buffer): Buffer; encode(page: Buffer): Buffer }>> = {
  '': { decode: (page) => page, encode: (page) => page },
  gzip: { decode: (page) => gunzipSync(page), encode: (page) => gzipSync(page) },
  deflate: { decode: (page) => inflateSync(page), encode: (page) => deflateSync(page) },
};

/** For the proxies whose target is written in a URL: a bad port fails as Go's dialer fails on it. */
export function dialablePort(port: string, fallback: number): number | Failure {
  if (port === '') return fallback;
  const problem = !/^\d+$/.test(port)
    ? `lookup tcp/${port}: unknown port`
    : Number(port) > 65535
      ? `address ${port}: invalid port`
      : null;
  return problem === null
    ? Number(port)
    : serviceUnavailable(`error trying to reach service: dial tcp: ${problem}`);
}
