import { apiVersionOf, kinds, type ResourceKind } from './registry';

/**
 * The legacy discovery documents, which every client accepts (kubectl falls back to them when it asked for the
 * aggregated form). Source: k8s.io/apimachinery pkg/apis/meta/v1/types.go.
 */
export function apiVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

export function apiGroupList(): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupEntry) };
}

/** `/apis/GROUP`; null when no kind is of that group. */
export function apiGroup(name: string): object | null {
  return groups().includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(name) } : null;
}

/** `/api/v1` and `/apis/GROUP/VERSION`; null when nothing is served there. */
export function apiResourceList(group: string, version: string): object | null {
  const served = kinds.filter((kind) => kind.group === group && kind.version === version);
  if (served.length === 0) return null;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: served.flatMap(entriesOf).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function entriesOf(kind: ResourceKind) {
  const main = {
    name: kind.resource,
    singularName: kind.kind.toLowerCase(),
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
  };
  const subresources = kind.subresources.map((subresource) => ({
    name: `${kind.resource}/${subresource.name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(subresource.group === undefined ? {} : { group: subresource.group }),
    ...(subresource.version === undefined ? {} : { version: subresource.version }),
    kind: subresource.kind,
    verbs: subresource.verbs,
  }));
  return [main, ...subresources];
}

function groups(): string[] {
  return [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== '');
}

/** Versions in the order of their rows, the preferred one first. */
function groupEntry(name: string) {
  const versions = [
    ...new Set(kinds.filter(({ group }) => group === name).map(({ version }) => version)),
  ].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

/**
 * The emulated release; the commit and the tree say that it is not the real one.
 * Source of the shape: k8s.io/apimachinery pkg/version/types.go.
 */
export const versionInfo = {
  major: '1',
  minor: '33',
  emulationMajor: '1',
  emulationMinor: '33',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '32',
  gitVersion: 'v1.33.1',
  gitCommit: 'midplane',
  gitTreeState: 'archive',
  buildDate: '2025-05-15T00:00:00Z',
  goVersion: 'go1.24.2',
  compiler: 'gc',
  platform: 'linux/amd64',
};
