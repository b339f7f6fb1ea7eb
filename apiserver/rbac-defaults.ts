import type { KubeObject, PolicyRule, RbacSubject } from '../api/objects';

/**
 * The roles and bindings a cluster is born with, those that matter in the lab.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
 */
const rbacGroup = 'rbac.authorization.k8s.io';
const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const everyone = ['system:authenticated', 'system:unauthenticated'];

const publicPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const discoveryPaths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];

const viewRules: PolicyRule[] = [
  core(read, 'configmaps', 'endpoints', 'pods', 'serviceaccounts', 'services', 'services/status'),
  core(read, 'events', 'namespaces', 'namespaces/status', 'pods/log', 'pods/status'),
  // system:aggregated-metrics-reader, which the metrics server adds to view, edit and admin.
  { verbs: read, apiGroups: ['metrics.k8s.io'], resources: ['nodes', 'pods'] },
];

const editRules: PolicyRule[] = [
  ...viewRules,
  core(read, 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'),
  core(['impersonate'], 'serviceaccounts'),
  core(write, 'pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'),
  core(write, 'configmaps', 'events', 'secrets', 'serviceaccounts', 'services', 'services/proxy'),
];

const adminRules: PolicyRule[] = [
  ...editRules,
  { verbs: [...read, ...write], apiGroups: [rbacGroup], resources: ['roles', 'rolebindings'] },
];

/**
 * The static rules of the node role. Upstream leaves its binding without subjects and lets the Node authorizer narrow
 * each node to what its pods use; until that authorizer exists here, the group is bound to the whole role.
 */
const nodeRules: PolicyRule[] = [
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] },
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['localsubjectaccessreviews', 'subjectaccessreviews'],
  },
  core(read, 'services'),
  core(['create', 'get', 'list', 'watch'], 'nodes'),
  core(['patch', 'update'], 'nodes', 'nodes/status'),
  core(['create', 'patch', 'update'], 'events'),
  core(read, 'pods'),
  core(['create', 'delete'], 'pods'),
  core(['patch', 'update'], 'pods/status'),
  core(['create'], 'pods/eviction', 'serviceaccounts/token'),
  core(read, 'configmaps', 'secrets'),
  core(['get'], 'endpoints', 'serviceaccounts'),
  {
    verbs: ['create', 'delete', 'get', 'patch', 'update'],
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
  },
];

const kubeletApiAdminRules: PolicyRule[] = [
  core(['get', 'list', 'watch', 'proxy'], 'nodes'),
  core(
    ['*'],
    'nodes/configz',
    'nodes/healthz',
    'nodes/log',
    'nodes/metrics',
    'nodes/pods',
    'nodes/proxy',
    'nodes/stats',
  ),
];

/**
 * The control loops work with the controller-manager's own certificate, so what upstream spreads over the roles
 * system:controller:* (pkg/.../bootstrappolicy/controller_policy.go) is one role here.
 */
const controllerManagerRules: PolicyRule[] = [
  {
    verbs: ['get', 'list', 'watch', 'patch', 'update', 'delete', 'deletecollection'],
    apiGroups: ['*'],
    resources: ['*'],
  },
  core(['create', 'patch', 'update'], 'events'),
  core(['create'], 'configmaps', 'endpoints', 'pods', 'serviceaccounts'),
  { verbs: ['create'], apiGroups: ['apps'], resources: ['replicasets'] },
  { verbs: ['create'], apiGroups: ['coordination.k8s.io'], resources: ['leases'] },
  {
    verbs: ['create'],
    apiGroups: ['discovery.k8s.io'],
    resources: ['endpointslices', 'endpoints/restricted', 'endpointslices/restricted'],
  },
  { verbs: ['escalate'], apiGroups: [rbacGroup], resources: ['clusterroles'] },
];

const schedulerRules: PolicyRule[] = [
  { verbs: ['create', 'patch', 'update'], apiGroups: ['', 'events.k8s.io'], resources: ['events'] },
  {
    verbs: ['create', 'get', 'list', 'update', 'watch'],
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
  },
  core(read, 'namespaces', 'nodes'),
  core(['delete', ...read], 'pods'),
  core(['create'], 'bindings', 'pods/binding'),
  core(['patch', 'update'], 'pods/status'),
  core(read, 'replicationcontrollers', 'services', 'persistentvolumeclaims', 'persistentvolumes'),
  { verbs: read, apiGroups: ['apps'], resources: ['replicasets', 'statefulsets'] },
];

const clusterRoles: Record<string, PolicyRule[]> = {
  'cluster-admin': [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ],
  admin: adminRules,
  edit: editRules,
  view: viewRules,
  'system:auth-delegator': [
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] },
    { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'] },
  ],
  'system:basic-user': [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ],
  'system:discovery': [{ verbs: ['get'], nonResourceURLs: discoveryPaths }],
  'system:kube-controller-manager': controllerManagerRules,
  'system:kube-scheduler': schedulerRules,
  'system:kubelet-api-admin': kubeletApiAdminRules,
  'system:node': nodeRules,
  'system:node-proxier': [
    core(['list', 'watch'], 'endpoints', 'services'),
    core(read, 'nodes'),
    core(['create', 'patch', 'update'], 'events'),
    { verbs: ['list', 'watch'], apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
  ],
  'system:public-info-viewer': [{ verbs: ['get'], nonResourceURLs: publicPaths }],
};

const clusterRoleBindings: { name: string; subjects: RbacSubject[] }[] = [
  { name: 'cluster-admin', subjects: groups('system:masters') },
  { name: 'system:basic-user', subjects: groups('system:authenticated') },
  { name: 'system:discovery', subjects: groups('system:authenticated') },
  { name: 'system:kube-controller-manager', subjects: users('system:kube-controller-manager') },
  { name: 'system:kube-scheduler', subjects: users('system:kube-scheduler') },
  { name: 'system:node', subjects: groups('system:nodes') },
  { name: 'system:node-proxier', subjects: users('system:kube-proxy') },
  { name: 'system:public-info-viewer', subjects: groups(...everyone) },
];

/** Fresh objects at every call: the store owns what it is given. */
export function defaultRbacObjects(): KubeObject[] {
  const roles = Object.entries(clusterRoles).map(([name, rules]) => ({
    apiVersion: `${rbacGroup}/v1`,
    kind: 'ClusterRole',
    metadata: bootstrapMeta(name),
    rules: structuredClone(rules),
  }));
  const bindings = clusterRoleBindings.map(({ name, subjects }) => ({
    apiVersion: `${rbacGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: bootstrapMeta(name),
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
    subjects: structuredClone(subjects),
  }));
  return [...roles, ...bindings];
}

function bootstrapMeta(name: string) {
  return {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

function core(verbs: string[], ...resources: string[]): PolicyRule {
  return { verbs, apiGroups: [''], resources };
}

function groups(...names: string[]): RbacSubject[] {
  return names.map((name) => ({ kind: 'Group', apiGroup: rbacGroup, name }));
}

function users(...names: string[]): RbacSubject[] {
  return names.map((name) => ({ kind: 'User', apiGroup: rbacGroup, name }));
}
