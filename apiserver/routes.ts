import type { Logger } from 'pino';
import { type Failure, isFailure, methodNotAllowed, noSuchResource } from '../api/failures';
import type { Host } from '../network/network';
import type { PublicKey } from '../pki/jwt';
import { fractionFrom } from '../randomness';
import { aggregatedDiscovery, aggregatedVersion, type DiscoveryVersion } from './aggregated-discovery';
import { answeredStatus } from './answered-status';
import { type Answered, type ApiRequest, holdAnswer, sendFailure, sendJson, sendText } from './api-request';
import type { ApiserverMetrics } from './apiserver-metrics';
import {
  jsonWebKeySet,
  type OpenIdMetadata,
  openIdCacheControl,
  openidConfiguration,
} from './authentication/openid-metadata';
import type { TokenIssuer } from './authentication/token-request';
import type { Caller } from './backend';
import { apiGroup, apiGroupList, apiResourceList, apiVersions, versionInfo } from './discovery';
import { type Egress, redialPath } from './egress';
import { serveStreaming } from './exec';
import { type HealthCheck, healthAnswer } from './health';
import { serveLogs } from './logs';
import type { MetricsScraper } from './metrics-api-scraper';
import { serveMetricsApi } from './metrics-api-serve';
import { nodeProxyLocation } from './node-proxy';
import { serveOpenApi } from './openapi/serve-openapi';
import type { Backends } from './pod-location';
import { podProxyLocation } from './pod-proxy';
import type { ProxyTransport } from './proxy-transport';
import { findKind, kinds } from './registry';
import { isTrue } from './request-info';
import { type ProxyLocation, proxyMethods, serveProxy } from './reverse-proxy';
import { type ResourceServices, serveResource } from './serve-resource';
import { serveSubresource } from './serve-subresource';
import { serveToken } from './serve-token';
import { serviceProxyLocation } from './service-proxy';
import { subresourceHandler } from './subresources/subresources';
import { addWarnings } from './warnings';

/** Where an authorized request goes. Whatever has no place here is a 404, and only who may ask learns so. */
export interface Services extends ResourceServices {
  readonly host: Host;
  readonly nodes: Backends & { readonly proxies: ProxyTransport; readonly host: Host };
  readonly metrics: MetricsScraper;
  /** host:port that clients are told to use. */
  readonly serverAddress: string;
  readonly healthChecks: readonly HealthCheck[];
  readonly redial: Egress['redial'] | null;
  readonly counters: ApiserverMetrics;
  readonly log: Logger;
  readonly tokens: TokenIssuer & { readonly verifying: readonly PublicKey[] };
  /** Null: the issuer is none that OpenID Connect knows, and there is no discovery. */
  readonly openId: OpenIdMetadata | null;
}

export async function route(api: ApiRequest, services: Services): Promise<Answered> {
  const { info } = api;
  holdAnswer(api.response, () => services.cluster.storage.durable());
  if (!info.isResourceRequest) {
    const { redial } = services;
    return info.path === redialPath && redial ? serveRedial(api, redial) : serveMeta(api, services);
  }
  const kind = findKind(info.apiGroup, info.apiVersion, info.resource);
  if (kind === null || (!kind.namespaced && info.namespace !== '' && info.resource !== 'namespaces')) {
    return sendFailure(api.response, noSuchResource());
  }
  addWarnings(api.response, [kind.deprecation]);
  const { emulated } = services.nodes;
  const caller = {
    host: services.host,
    connection: api.client.connection.id,
    ...(emulated === undefined ? {} : { emulated }),
  };
  const name = kind.group === '' && info.name !== '' ? `${kind.resource}/${info.subresource}` : '';
  switch (name) {
    case 'pods/log':
      return countedLogs(api, services, caller);
    case 'pods/exec':
    case 'pods/attach':
    case 'pods/portforward':
      return serveStreaming(
        api,
        services.nodes,
        caller,
        info.subresource as 'exec' | 'attach' | 'portforward',
      );
    case 'nodes/proxy':
    case 'pods/proxy':
    case 'services/proxy': {
      if (!proxyMethods.has(api.request.method ?? '')) return sendFailure(api.response, methodNotAllowed());
      const location = await locateProxy(api, services, name);
      return isFailure(location) ? sendFailure(api.response, location) : serveProxy(api, caller, location);
    }
  }
  if (kind.storage === 'computed') {
    const { metrics, cluster } = services;
    return serveMetricsApi(api, kind, { storage: cluster.storage, metrics });
  }
  if (name === 'serviceaccounts/token') {
    const { cluster, tokens, review } = services;
    return serveToken(api, kind, cluster, tokens, review.authorizers);
  }
  const handler = subresourceHandler(kind, info.subresource);
  return handler === null
    ? serveResource(api, kind, services)
    : serveSubresource(api, handler, kind, services);
}

/** Who reads logs without verifying the kubelet, and who could not because of it (pkg/registry/core/pod/rest/log.go, metrics.go). */
async function countedLogs(
  api: ApiRequest,
  { nodes, counters }: Services,
  caller: Omit<Caller, 'path'>,
): Promise<Answered> {
  const answered = await serveLogs(api, nodes, caller);
  const status = answeredStatus(api.response);
  // Options that are refused as invalid are not counted.
  if (status?.['code'] !== 422)
    counters.podLogs(
      isTrue(api.query.get('insecureSkipTLSVerifyBackend')) ? 'skip_tls_allowed' : 'enforce_tls',
    );
  if (String(status?.['message'] ?? '').includes('x509:')) counters.podLogsTlsFailure();
  return answered;
}

async function locateProxy(
  { info }: ApiRequest,
  { nodes, cluster }: Services,
  name: 'nodes/proxy' | 'pods/proxy' | 'services/proxy',
): Promise<ProxyLocation | Failure> {
  switch (name) {
    case 'nodes/proxy':
      return nodeProxyLocation(nodes, info.name);
    case 'pods/proxy':
      return podProxyLocation(nodes, info.namespace, info.name);
    case 'services/proxy': {
      const random = cluster.randomFor(`endpoint of ${info.namespace}/${info.name}`);
      return serviceProxyLocation(nodes, info.namespace, info.name, () => fractionFrom(random));
    }
  }
}

/** For who does not want to wait until a tunnel is found to be broken, or a new node to be noticed. */
async function serveRedial(
  { request, response, query }: ApiRequest,
  redial: NonNullable<Egress['redial']>,
): Promise<Answered> {
  if (request.method !== 'POST') return sendFailure(response, methodNotAllowed());
  await redial(query.get('address'));
  sendText(response, 200, 'text/plain; charset=utf-8', 'ok');
  return 'answered';
}

/** Paths without a resource: discovery, version, health. */
function serveMeta(api: ApiRequest, services: Services): Answered {
  const { info, request, response, query } = api;
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendFailure(response, methodNotAllowed());
  const health = healthAnswer(services.healthChecks, info.path, query);
  if (health !== null) {
    for (const failure of health.failures) services.log.error({ check: failure }, 'health check failed');
    response.setHeader('x-content-type-options', 'nosniff');
    sendText(response, health.code, 'text/plain; charset=utf-8', health.text);
    return 'answered';
  }
  if (info.path.startsWith('/openapi/')) return serveOpenApi(api);
  const { openId, tokens } = services;
  switch (info.path.replace(/(?<=.)\/$/, '')) {
    case '/.well-known/openid-configuration':
      if (openId === null) break;
      return sendOpenId(response, 'application/json', openidConfiguration(openId, tokens.verifying));
    case '/openid/v1/jwks':
      if (openId === null) break;
      return sendOpenId(response, 'application/jwk-set+json', jsonWebKeySet(tokens.verifying));
    case '/metrics':
      sendText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', services.counters.render());
      return 'answered';
  }
  if (info.path === '/api' || info.path === '/apis') {
    response.setHeader('vary', 'Accept');
    const version = aggregatedVersion(request.headers.accept ?? '');
    if (version !== null) return sendAggregated(api, info.path, version);
  }
  const document = metaDocument(info.path.replace(/(?<=.)\/$/, ''), services);
  return document === null ? sendFailure(response, noSuchResource()) : sendJson(response, 200, document);
}

/** Unlike everything else, these two may be kept by whoever reads them. */
function sendOpenId(response: ApiRequest['response'], contentType: string, body: object): Answered {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = { 'content-type': contentType, 'cache-control': openIdCacheControl };
  response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes);
  return 'answered';
}

/** With a hash of its own, so that a client that knows it already need not read it again (etag.go). */
function sendAggregated(
  { request, response }: ApiRequest,
  path: '/api' | '/apis',
  version: DiscoveryVersion,
): Answered {
  const { body, contentType, etag } = aggregatedDiscovery(path, version);
  const headers = { etag, 'cache-control': 'public' };
  if (request.headers['if-none-match'] === etag) response.writeHead(304, headers).end();
  else {
    const length = Buffer.byteLength(body);
    response.writeHead(200, { ...headers, 'content-type': contentType, 'content-length': length }).end(body);
  }
  return 'answered';
}

/** What `/` lists: every path of discovery, and the others that are served (pkg/server/routes/index.go). */
function indexPaths({ healthChecks }: Services): string[] {
  const groups = [...new Set(kinds.filter(({ group }) => group !== '').map(({ group }) => group))];
  const versions = kinds
    .filter(({ group }) => group !== '')
    .map((kind) => `/apis/${kind.group}/${kind.version}`);
  const checks = healthChecks.flatMap(({ name, of }) => of.map((path) => `/${path}/${name}`));
  return [
    ...new Set([
      '/.well-known/openid-configuration',
      '/api',
      '/api/v1',
      '/apis',
      ...groups.map((group) => `/apis/${group}`),
      ...versions,
      '/healthz',
      '/livez',
      '/metrics',
      '/openapi/v2',
      '/openapi/v3',
      '/openid/v1/jwks',
      '/readyz',
      '/version',
      ...checks,
    ]),
  ].sort();
}

function metaDocument(path: string, services: Services): object | null {
  switch (path) {
    case '/':
      return { paths: indexPaths(services) };
    case '/api':
      return apiVersions(services.serverAddress);
    case '/apis':
      return apiGroupList();
    case '/version':
      return versionInfo;
  }
  const [, prefix, first = '', second, ...rest] = path.split('/');
  if (rest.length > 0) return null;
  if (prefix === 'api' && second === undefined) return apiResourceList('', first);
  if (prefix === 'apis') return second === undefined ? apiGroup(first) : apiResourceList(first, second);
  return null;
}
