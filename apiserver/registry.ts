import type { KubeObject } from '../api/objects';

/**
 * The kinds this apiserver serves, one row each. Discovery, routing, storage, selectors and the texts of errors are all
 * read from this table; a new kind is a new row.
 */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The plural, as in the URL. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  /** `kubectl get all` asks discovery for the category `all`. */
  readonly categories: readonly string[];
  /** `review` kinds are created, answered and forgotten. */
  readonly storage: 'stored' | 'review';
  readonly subresources: readonly Subresource[];
  /** Field selectors beside metadata.name and metadata.namespace. */
  readonly fields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Spec changes raise metadata.generation. */
  readonly generation: boolean;
}

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

export const storedVerbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

const status = (kind: string): Subresource => ({ name: 'status', kind, verbs: ['get', 'patch', 'update'] });
const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'];

type Row = Partial<ResourceKind> & Pick<ResourceKind, 'kind' | 'resource'>;

function row(spec: Row): ResourceKind {
  return {
    group: '',
    version: 'v1',
    namespaced: true,
    shortNames: [],
    categories: [],
    storage: 'stored',
    subresources: [],
    fields: {},
    generation: false,
    ...spec,
  };
}

/** Reads `a.b.c` of an object as a selector compares it: a missing field is the empty string. */
function field(path: string): (object: KubeObject) => string {
  const keys = path.split('.');
  return (object) => {
    let value: unknown = object;
    for (const key of keys) {
      if (typeof value !== 'object' || value === null) return '';
      value = (value as Record<string, unknown>)[key];
    }
    return value === undefined || value === null ? '' : String(value);
  };
}

function fields(...paths: string[]): Record<string, (object: KubeObject) => string> {
  return Object.fromEntries(paths.map((path) => [path, field(path)]));
}

export const kinds: readonly ResourceKind[] = [
  row({
    kind: 'ConfigMap',
    resource: 'configmaps',
    shortNames: ['cm'],
  }),
  row({
    kind: 'Endpoints',
    resource: 'endpoints',
    shortNames: ['ep'],
  }),
  row({
    kind: 'Event',
    resource: 'events',
    shortNames: ['ev'],
    fields: {
      ...fields(
        'involvedObject.kind',
        'involvedObject.namespace',
        'involvedObject.name',
        'involvedObject.uid',
        'involvedObject.apiVersion',
        'involvedObject.resourceVersion',
        'involvedObject.fieldPath',
        'reason',
        'reportingComponent',
        'type',
      ),
      source: field('source.component'),
    },
  }),
  row({
    kind: 'Namespace',
    resource: 'namespaces',
    namespaced: false,
    shortNames: ['ns'],
    subresources: [status('Namespace')],
    fields: fields('status.phase'),
  }),
  row({
    kind: 'Node',
    resource: 'nodes',
    namespaced: false,
    shortNames: ['no'],
    subresources: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: proxyVerbs }, status('Node')],
    fields: { 'spec.unschedulable': (object) => field('spec.unschedulable')(object) || 'false' },
  }),
  row({
    kind: 'Pod',
    resource: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    subresources: [
      { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
      { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
      { name: 'log', kind: 'Pod', verbs: ['get'] },
      { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
      { name: 'proxy', kind: 'PodProxyOptions', verbs: proxyVerbs },
      status('Pod'),
    ],
    fields: fields(
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.phase',
      'status.podIP',
    ),
    generation: true,
  }),
  row({
    kind: 'Secret',
    resource: 'secrets',
    fields: fields('type'),
  }),
  row({
    kind: 'ServiceAccount',
    resource: 'serviceaccounts',
    shortNames: ['sa'],
  }),
  row({
    kind: 'Service',
    resource: 'services',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: proxyVerbs }, status('Service')],
    fields: fields('spec.clusterIP', 'spec.type'),
  }),
  row({
    kind: 'TokenReview',
    resource: 'tokenreviews',
    group: 'authentication.k8s.io',
    namespaced: false,
    storage: 'review',
  }),
  row({
    kind: 'SelfSubjectReview',
    resource: 'selfsubjectreviews',
    group: 'authentication.k8s.io',
    namespaced: false,
    storage: 'review',
  }),
  row({
    kind: 'SubjectAccessReview',
    resource: 'subjectaccessreviews',
    group: 'authorization.k8s.io',
    namespaced: false,
    storage: 'review',
  }),
  row({
    kind: 'SelfSubjectAccessReview',
    resource: 'selfsubjectaccessreviews',
    group: 'authorization.k8s.io',
    namespaced: false,
    storage: 'review',
  }),
  row({ kind: 'Lease', resource: 'leases', group: 'coordination.k8s.io' }),
  row({
    kind: 'ClusterRole',
    resource: 'clusterroles',
    group: 'rbac.authorization.k8s.io',
    namespaced: false,
  }),
  row({
    kind: 'ClusterRoleBinding',
    resource: 'clusterrolebindings',
    group: 'rbac.authorization.k8s.io',
    namespaced: false,
  }),
  row({ kind: 'Role', resource: 'roles', group: 'rbac.authorization.k8s.io' }),
  row({ kind: 'RoleBinding', resource: 'rolebindings', group: 'rbac.authorization.k8s.io' }),
];

const byResource = new Map(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.resource}`, kind]));

export function findKind(group: string, version: string, resource: string): ResourceKind | null {
  return byResource.get(`${group}/${version}/${resource}`) ?? null;
}

/** For code that names the resource itself: a miss is a bug. */
export function kindOf(resource: string): ResourceKind {
  const found = kinds.find((kind) => kind.resource === resource);
  if (found === undefined) throw new Error(`no kind is registered for ${resource}`);
  return found;
}

export function apiVersionOf(kind: { group: string; version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** The value of a selectable field, or null when this kind does not declare it. */
export function selectableField(kind: ResourceKind, name: string): ((object: KubeObject) => string) | null {
  if (name === 'metadata.name') return (object) => object.metadata.name;
  if (name === 'metadata.namespace') return (object) => object.metadata.namespace ?? '';
  return kind.fields[name] ?? null;
}
