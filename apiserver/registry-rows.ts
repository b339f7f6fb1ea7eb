import type { KubeObject } from '../api/objects';
import type { ResourceKind, Subresource } from './registry';

/**
 * The kinds this apiserver serves, one row each, in the order of groups that upstream's discovery shows.
 * Sources: pkg/registry/<group>/<resource>/storage (short names, categories, subresources) and strategy.go beside it
 * (what updates may do), pkg/apis/<group>/v1/conversion.go (selectable fields), Kubernetes 1.33.
 */
type Row = Partial<ResourceKind> & Pick<ResourceKind, 'kind' | 'resource'>;

const storedVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'];
const partVerbs = ['get', 'patch', 'update'];

const status = (kind: string): Subresource => ({ name: 'status', kind, verbs: partVerbs });
const scale: Subresource = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: partVerbs,
};

function row(spec: Row): ResourceKind {
  return {
    group: '',
    version: 'v1',
    namespaced: true,
    verbs: spec.storage === 'review' ? ['create'] : storedVerbs,
    shortNames: [],
    categories: [],
    storage: 'stored',
    subresources: [],
    fields: {},
    generation: false,
    deprecation: '',
    createOnUpdate: false,
    unconditionalUpdate: true,
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

/** A bool or a number that was left out is compared as its zero value. */
function fieldOr(path: string, zero: string): (object: KubeObject) => string {
  const read = field(path);
  return (object) => read(object) || zero;
}

const core: readonly ResourceKind[] = [
  row({ kind: 'Binding', resource: 'bindings', storage: 'review' }),
  row({ kind: 'ConfigMap', resource: 'configmaps', shortNames: ['cm'] }),
  row({
    kind: 'Endpoints',
    resource: 'endpoints',
    deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    shortNames: ['ep'],
    createOnUpdate: true,
  }),
  row({
    kind: 'Event',
    resource: 'events',
    shortNames: ['ev'],
    createOnUpdate: true,
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
      source: (event) => field('source.component')(event) || field('reportingComponent')(event),
    },
  }),
  row({
    kind: 'Namespace',
    resource: 'namespaces',
    namespaced: false,
    verbs: storedVerbs.filter((verb) => verb !== 'deletecollection'),
    shortNames: ['ns'],
    subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, status('Namespace')],
    fields: fields('status.phase'),
  }),
  row({
    kind: 'Node',
    resource: 'nodes',
    namespaced: false,
    shortNames: ['no'],
    subresources: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: proxyVerbs }, status('Node')],
    fields: { 'spec.unschedulable': fieldOr('spec.unschedulable', 'false') },
  }),
  row({
    kind: 'Pod',
    resource: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    subresources: [
      { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
      { name: 'binding', kind: 'Binding', verbs: ['create'] },
      { name: 'ephemeralcontainers', kind: 'Pod', verbs: partVerbs },
      { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
      { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
      { name: 'log', kind: 'Pod', verbs: ['get'] },
      { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
      { name: 'proxy', kind: 'PodProxyOptions', verbs: proxyVerbs },
      status('Pod'),
    ],
    fields: {
      ...fields(
        'spec.nodeName',
        'spec.restartPolicy',
        'spec.schedulerName',
        'spec.serviceAccountName',
        'status.phase',
        'status.podIP',
        'status.nominatedNodeName',
      ),
      'spec.host': field('spec.nodeName'),
      'spec.hostNetwork': fieldOr('spec.hostNetwork', 'false'),
      // Taken as a label and never filled in (pkg/registry/core/pod/strategy.go, ToSelectableFields).
      'status.podIPs': () => '',
    },
    generation: true,
  }),
  row({ kind: 'Secret', resource: 'secrets', fields: fields('type') }),
  row({
    kind: 'ServiceAccount',
    resource: 'serviceaccounts',
    shortNames: ['sa'],
    subresources: [
      {
        name: 'token',
        kind: 'TokenRequest',
        group: 'authentication.k8s.io',
        version: 'v1',
        verbs: ['create'],
      },
    ],
  }),
  row({
    kind: 'Service',
    resource: 'services',
    createOnUpdate: true,
    shortNames: ['svc'],
    categories: ['all'],
    subresources: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: proxyVerbs }, status('Service')],
    fields: fields('spec.clusterIP', 'spec.type'),
  }),
];

const reviews: readonly ResourceKind[] = [
  review('authentication.k8s.io', 'TokenReview', 'tokenreviews'),
  review('authentication.k8s.io', 'SelfSubjectReview', 'selfsubjectreviews'),
  // kubectl 1.27 asks for v1beta1, and 1.26 for v1alpha1; neither takes an answer of another version.
  { ...review('authentication.k8s.io', 'SelfSubjectReview', 'selfsubjectreviews'), version: 'v1beta1' },
  { ...review('authentication.k8s.io', 'SelfSubjectReview', 'selfsubjectreviews'), version: 'v1alpha1' },
  {
    ...review('authorization.k8s.io', 'LocalSubjectAccessReview', 'localsubjectaccessreviews'),
    namespaced: true,
  },
  review('authorization.k8s.io', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews'),
  review('authorization.k8s.io', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews'),
  review('authorization.k8s.io', 'SubjectAccessReview', 'subjectaccessreviews'),
];

function review(group: string, kind: string, resource: string): ResourceKind {
  return row({ group, kind, resource, namespaced: false, storage: 'review' });
}

const apps: readonly ResourceKind[] = [
  row({
    kind: 'Deployment',
    resource: 'deployments',
    group: 'apps',
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: [scale, status('Deployment')],
    generation: true,
  }),
  row({
    kind: 'ReplicaSet',
    resource: 'replicasets',
    group: 'apps',
    shortNames: ['rs'],
    categories: ['all'],
    subresources: [scale, status('ReplicaSet')],
    generation: true,
  }),
];

const certificates = row({
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  group: 'certificates.k8s.io',
  namespaced: false,
  shortNames: ['csr'],
  subresources: [
    { name: 'approval', kind: 'CertificateSigningRequest', verbs: partVerbs },
    status('CertificateSigningRequest'),
  ],
  fields: fields('spec.signerName'),
});

const rbacGroup = 'rbac.authorization.k8s.io';

const rbac: readonly ResourceKind[] = [
  row({
    kind: 'ClusterRoleBinding',
    resource: 'clusterrolebindings',
    createOnUpdate: true,
    group: rbacGroup,
    namespaced: false,
  }),
  row({
    kind: 'ClusterRole',
    resource: 'clusterroles',
    group: rbacGroup,
    namespaced: false,
    createOnUpdate: true,
  }),
  row({ kind: 'RoleBinding', resource: 'rolebindings', group: rbacGroup, createOnUpdate: true }),
  row({ kind: 'Role', resource: 'roles', group: rbacGroup, createOnUpdate: true }),
];

/** What the metrics server adds to a cluster (its APIService v1beta1.metrics.k8s.io). */
const metrics = [
  { kind: 'NodeMetrics', resource: 'nodes', namespaced: false },
  { kind: 'PodMetrics', resource: 'pods', namespaced: true },
].map((it) =>
  row({ ...it, group: 'metrics.k8s.io', version: 'v1beta1', storage: 'computed', verbs: ['get', 'list'] }),
);

export const kinds: readonly ResourceKind[] = [
  ...core,
  ...apps,
  ...reviews,
  certificates,
  ...rbac,
  row({
    kind: 'Lease',
    resource: 'leases',
    group: 'coordination.k8s.io',
    createOnUpdate: true,
    unconditionalUpdate: false,
  }),
  row({
    kind: 'EndpointSlice',
    resource: 'endpointslices',
    group: 'discovery.k8s.io',
    generation: true,
  }),
  ...metrics,
];

/** Kinds that are only ever the body of a subresource. */
export const scaleKind = row({ kind: 'Scale', resource: 'scales', group: 'autoscaling' });
export const bindingKind = row({ kind: 'Binding', resource: 'bindings' });
export const evictionKind = row({ kind: 'Eviction', resource: 'evictions', group: 'policy' });
