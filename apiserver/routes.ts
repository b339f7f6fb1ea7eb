import { type Failure, isFailure, methodNotAllowed, noSuchResource } from '../api/failures';
import type { Host } from '../network/network';
import { type Answered, type ApiRequest, holdAnswer, sendFailure, sendJson, sendText } from './api-request';
import type { PublicKey } from './authentication/jwt';
import { jsonWebKeySet, openidConfiguration } from './authentication/openid-metadata';
import type { TokenIssuer } from './authentication/token-request';
import { apiGroup, apiGroupList, apiResourceList, apiVersions, versionInfo } from './discovery';
import { serveStreaming } from './exec';
import { healthText } from './health';
import { serveLogs } from './logs';
import type { MetricsScraper } from './metrics-api-scraper';
import { serveMetricsApi } from './metrics-api-serve';
import { nodeProxyLocation } from './node-proxy';
import { serveOpenApi } from './openapi/serve-openapi';
import type { Backends } from './pod-location';
import { podProxyLocation } from './pod-proxy';
import type { ProxyTransport } from './proxy-transport';
import { findKind } from './registry';
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
  readonly tokens: TokenIssuer & { readonly verifying: readonly PublicKey[] };
}

export async function route(api: ApiRequest, services: Services): Promise<Answered> {
  const { info } = api;
  holdAnswer(api.response, () => services.cluster.storage.durable());
  if (!info.isResourceRequest) return serveMeta(api, services);
  const kind = findKind(info.apiGroup, info.apiVersion, info.resource);
  if (kind === null || (!kind.namespaced && info.namespace !== '' && info.resource !== 'namespaces')) {
    return sendFailure(api.response, noSuchResource());
  }
  addWarnings(api.response, [kind.deprecation]);
  const caller = { host: services.host, connection: api.client.connection.id };
  const name = kind.group === '' && info.name !== '' ? `${kind.resource}/${info.subresource}` : '';
  switch (name) {
    case 'pods/log':
      return serveLogs(api, services.nodes, caller);
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
  if (name === 'serviceaccounts/token') return serveToken(api, kind, services.cluster, services.tokens);
  const handler = subresourceHandler(kind, info.subresource);
  return handler === null
    ? serveResource(api, kind, services)
    : serveSubresource(api, handler, kind, services);
}

async function locateProxy(
  { info }: ApiRequest,
  { nodes }: Services,
  name: 'nodes/proxy' | 'pods/proxy' | 'services/proxy',
): Promise<ProxyLocation | Failure> {
  switch (name) {
    case 'nodes/proxy':
      return nodeProxyLocation(nodes, info.name);
    case 'pods/proxy':
      return podProxyLocation(nodes, info.namespace, info.name);
    case 'services/proxy':
      return serviceProxyLocation(nodes, info.namespace, info.name);
  }
}

/** Paths without a resource: discovery, version, health. */
function serveMeta(api: ApiRequest, services: Services): Answered {
  const { info, request, response, query } = api;
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendFailure(response, methodNotAllowed());
  const health = healthText(info.path, query);
  if (health !== null) {
    response
      .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
      .end(health);
    return 'answered';
  }
  if (info.path.startsWith('/openapi/')) return serveOpenApi(api);
  const { tokens, serverAddress } = services;
  switch (info.path) {
    case '/.well-known/openid-configuration':
      return sendJson(response, 200, openidConfiguration(tokens.issuer, tokens.verifying, serverAddress));
    case '/openid/v1/jwks':
      sendText(response, 200, 'application/jwk-set+json', JSON.stringify(jsonWebKeySet(tokens.verifying)));
      return 'answered';
  }
  const document = metaDocument(info.path.replace(/(?<=.)\/$/, ''), serverAddress);
  return document === null ? sendFailure(response, noSuchResource()) : sendJson(response, 200, document);
}

const paths = [
  '/api',
  '/api/v1',
  '/apis',
  '/healthz',
  '/livez',
  '/openapi/v2',
  '/openapi/v3',
  '/readyz',
  '/version',
];

function metaDocument(path: string, serverAddress: string): object | null {
  switch (path) {
    case '/':
      return { paths };
    case '/api':
      return apiVersions(serverAddress);
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
