import { createHash } from 'node:crypto';
import { kinds, type ResourceKind } from './registry';

/**
 * Everything that is served in one document. A client gets the version that it asked for first: kubectl 1.27 to 1.29
 * know v2beta1 only. Source: k8s.io/apiserver pkg/endpoints/discovery/aggregated/{negotiation,wrapper,etag}.go,
 * k8s.io/api apidiscovery/v2/types.go.
 */
export type DiscoveryVersion = 'v2' | 'v2beta1';

export interface AggregatedDiscovery {
  readonly contentType: string;
  readonly etag: string;
  readonly body: string;
}

/** Null when the client prefers the documents of old, or does not know these. */
export function aggregatedVersion(accept: string): DiscoveryVersion | null {
  for (const clause of accept.split(',')) {
    const [type = '', ...rest] = clause.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== 'application/*' && type !== '*/*') continue;
    const parameters = new Map(rest.map((part) => part.split('=') as [string, string | undefined]));
    if (!parameters.has('g') && !parameters.has('as')) return null;
    const version = parameters.get('v');
    const asked =
      parameters.get('g') === 'apidiscovery.k8s.io' && parameters.get('as') === 'APIGroupDiscoveryList';
    if (asked && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return null;
}

/** What is served never changes, so each document is made once. */
const made = new Map<string, AggregatedDiscovery>();

export function aggregatedDiscovery(path: '/api' | '/apis', version: DiscoveryVersion): AggregatedDiscovery {
  const key = `${path} ${version}`;
  const known = made.get(key) ?? make(path, version);
  made.set(key, known);
  return known;
}

function make(path: '/api' | '/apis', version: DiscoveryVersion): AggregatedDiscovery {
  const served = kinds.filter(({ group }) => (group === '') === (path === '/api'));
  const groups = [...new Set(served.map(({ group }) => group))];
  const body = `${JSON.stringify({
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => groupItem(group, served)),
  })}\n`;
  return {
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`,
    body,
  };
}

function groupItem(group: string, served: readonly ResourceKind[]): object {
  const own = served.filter((kind) => kind.group === group);
  const versions = [...new Set(own.map(({ version }) => version))];
  return {
    metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
    versions: versions.map((version) => ({
      version,
      resources: own
        .filter((kind) => kind.version === version)
        .sort((a, b) => (a.resource < b.resource ? -1 : 1))
        .map(resourceItem),
      freshness: 'Current',
    })),
  };
}

function resourceItem(kind: ResourceKind): object {
  const { group, version } = kind;
  const subresources = kind.subresources.map((each) => ({
    subresource: each.name,
    responseKind: { group: each.group ?? group, version: each.version ?? version, kind: each.kind },
    verbs: each.verbs,
  }));
  return {
    resource: kind.resource,
    responseKind: { group, version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.kind.toLowerCase(),
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
