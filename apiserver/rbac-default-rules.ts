import type { PolicyRule } from '../api/objects';

/**
 * What the default roles of users and of components may do, for the kinds that are served here.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/{policy,controller_policy}.go.
 */
export const read: readonly string[] = ['get', 'list', 'watch'];
const write: readonly string[] = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const rbacGroup = 'rbac.authorization.k8s.io';

export function rule(verbs: readonly string[], group: string, ...resources: string[]): PolicyRule {
  return { verbs: [...verbs], apiGroups: [group], resources };
}

export function core(verbs: readonly string[], ...resources: string[]): PolicyRule {
  return rule(verbs, '', ...resources);
}

export const eventsRule: PolicyRule = {
  verbs: ['create', 'patch', 'update'],
  apiGroups: ['', 'events.k8s.io'],
  resources: ['events'],
};

/**
 * The role system:node, and what the Node authorizer allows every node alike; what it narrows to each node's own stands
 * here in full.
 */
export const nodeRules: readonly PolicyRule[] = [
  rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
  rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews', 'subjectaccessreviews'),
  core(read, 'services'),
  core(['create', 'get', 'list', 'watch'], 'nodes'),
  core(['patch', 'update'], 'nodes/status'),
  core(['patch', 'update'], 'nodes'),
  core(['create', 'patch', 'update'], 'events'),
  core(read, 'pods'),
  core(['create', 'delete'], 'pods'),
  core(['patch', 'update'], 'pods/status'),
  core(['create'], 'pods/eviction'),
  core(read, 'configmaps', 'secrets'),
  core(['get'], 'persistentvolumeclaims', 'persistentvolumes'),
  core(['get'], 'endpoints'),
  rule(['create', 'get', 'list', 'watch'], 'certificates.k8s.io', 'certificatesigningrequests'),
  rule(['create', 'delete', 'get', 'patch', 'update'], 'coordination.k8s.io', 'leases'),
  rule(['get'], 'storage.k8s.io', 'volumeattachments'),
  core(['create'], 'serviceaccounts/token'),
  core(['get', 'patch', 'update'], 'persistentvolumeclaims/status'),
  rule(read, 'storage.k8s.io', 'csidrivers'),
  rule(['create', 'delete', 'get', 'patch', 'update'], 'storage.k8s.io', 'csinodes'),
  rule(read, 'node.k8s.io', 'runtimeclasses'),
];

export const delegationRules: readonly PolicyRule[] = [
  rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
  rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
];

export const viewRules: readonly PolicyRule[] = [
  core(
    read,
    'configmaps',
    'endpoints',
    'persistentvolumeclaims',
    'persistentvolumeclaims/status',
    'pods',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'serviceaccounts',
    'services',
    'services/status',
  ),
  core(
    read,
    'bindings',
    'events',
    'limitranges',
    'namespaces/status',
    'pods/log',
    'pods/status',
    'replicationcontrollers/status',
    'resourcequotas',
    'resourcequotas/status',
  ),
  core(read, 'namespaces'),
  rule(read, 'discovery.k8s.io', 'endpointslices'),
  rule(
    read,
    'apps',
    'controllerrevisions',
    'daemonsets',
    'daemonsets/status',
    'deployments',
    'deployments/scale',
    'deployments/status',
    'replicasets',
    'replicasets/scale',
    'replicasets/status',
    'statefulsets',
    'statefulsets/scale',
    'statefulsets/status',
  ),
];

export const editRules: readonly PolicyRule[] = [
  core(read, 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'),
  core(['impersonate'], 'serviceaccounts'),
  core(write, 'pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'),
  core(['create'], 'pods/eviction'),
  core(
    write,
    'configmaps',
    'events',
    'persistentvolumeclaims',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'secrets',
    'serviceaccounts',
    'services',
    'services/proxy',
  ),
  core(['create'], 'serviceaccounts/token'),
  rule(
    write,
    'apps',
    'daemonsets',
    'deployments',
    'deployments/rollback',
    'deployments/scale',
    'replicasets',
    'replicasets/scale',
    'statefulsets',
    'statefulsets/scale',
  ),
  rule([...write, ...read].sort(), 'coordination.k8s.io', 'leases'),
];

export const adminRules: readonly PolicyRule[] = [
  rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule([...write, ...read].sort(), rbacGroup, 'rolebindings', 'roles'),
];

/** Whose certificates the certificate controller approves, and whose it signs. */
const certificateRules: readonly PolicyRule[] = [
  {
    ...rule(['approve'], 'certificates.k8s.io', 'signers'),
    resourceNames: ['kubernetes.io/kube-apiserver-client-kubelet'],
  },
  {
    ...rule(['sign'], 'certificates.k8s.io', 'signers'),
    resourceNames: [
      'kubernetes.io/kube-apiserver-client',
      'kubernetes.io/kube-apiserver-client-kubelet',
      'kubernetes.io/kubelet-serving',
      'kubernetes.io/legacy-unknown',
    ],
  },
];

/**
 * The control loops work with the controller-manager's own certificate, so what upstream gives to the accounts of the
 * roles system:controller:* is the controller-manager's as well here.
 */
export const controllerManagerRules: readonly PolicyRule[] = [
  rule(
    [
      'deletecollection',
      ...write.filter((verb) => verb !== 'create' && verb !== 'deletecollection'),
      ...read,
    ],
    '*',
    '*',
  ),
  eventsRule,
  core(['create'], 'configmaps', 'endpoints', 'pods', 'secrets', 'serviceaccounts', 'serviceaccounts/token'),
  rule(['create'], 'apps', 'replicasets'),
  rule(['create'], 'coordination.k8s.io', 'leases'),
  rule(['create'], 'discovery.k8s.io', 'endpoints/restricted', 'endpointslices', 'endpointslices/restricted'),
  rule(['escalate'], rbacGroup, 'clusterroles'),
  ...certificateRules,
  ...delegationRules,
];

export const schedulerRules: readonly PolicyRule[] = [
  eventsRule,
  rule(['create', 'get', 'list', 'update', 'watch'], 'coordination.k8s.io', 'leases'),
  core(read, 'nodes'),
  core(['delete', 'get', 'list', 'watch'], 'pods'),
  core(['create'], 'bindings', 'pods/binding'),
  core(['patch', 'update'], 'pods/status'),
  core(read, 'replicationcontrollers', 'services'),
  rule(read, 'apps', 'replicasets', 'statefulsets'),
  core(read, 'persistentvolumeclaims', 'persistentvolumes'),
  core(read, 'namespaces'),
  ...delegationRules,
];

/** By controller: each has a service account of its name in kube-system. */
export const controllerRules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'certificate-controller': [
    rule(['delete', 'get', 'list', 'watch'], 'certificates.k8s.io', 'certificatesigningrequests'),
    rule(
      ['update'],
      'certificates.k8s.io',
      'certificatesigningrequests/approval',
      'certificatesigningrequests/status',
    ),
    ...certificateRules,
    rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
    eventsRule,
  ],
  'deployment-controller': [
    rule(['get', 'list', 'update', 'watch'], 'apps', 'deployments'),
    rule(['update'], 'apps', 'deployments/status'),
    rule(['update'], 'apps', 'deployments/finalizers'),
    rule(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], 'apps', 'replicasets'),
    core(['get', 'list', 'update', 'watch'], 'pods'),
    eventsRule,
  ],
  'endpoint-controller': [
    core(read, 'pods', 'services'),
    core(['create', 'delete', 'get', 'list', 'update'], 'endpoints'),
    core(['create'], 'endpoints/restricted'),
    eventsRule,
  ],
  'endpointslice-controller': [
    core(read, 'nodes', 'pods', 'services'),
    core(['update'], 'services/finalizers'),
    rule(['create', 'delete', 'get', 'list', 'update'], 'discovery.k8s.io', 'endpointslices'),
    eventsRule,
  ],
  'generic-garbage-collector': [
    rule(['delete', 'get', 'list', 'patch', 'update', 'watch'], '*', '*'),
    eventsRule,
  ],
  'namespace-controller': [
    core(['delete', 'get', 'list', 'watch'], 'namespaces'),
    core(['update'], 'namespaces/finalize', 'namespaces/status'),
    rule(['delete', 'deletecollection', 'get', 'list'], '*', '*'),
  ],
  'node-controller': [
    core(['delete', 'get', 'list', 'patch', 'update'], 'nodes'),
    core(['patch', 'update'], 'nodes/status'),
    core(['patch', 'update'], 'pods/status'),
    core(['delete', 'list'], 'pods'),
    core(['get'], 'pods'),
    eventsRule,
  ],
  'pod-garbage-collector': [
    core(['delete', 'list', 'watch'], 'pods'),
    core(['get', 'list'], 'nodes'),
    core(['patch'], 'pods/status'),
  ],
  'replicaset-controller': [
    rule(['get', 'list', 'update', 'watch'], 'apps', 'replicasets'),
    rule(['update'], 'apps', 'replicasets/status'),
    rule(['update'], 'apps', 'replicasets/finalizers'),
    core(['create', 'delete', 'list', 'patch', 'watch'], 'pods'),
    eventsRule,
  ],
  'root-ca-cert-publisher': [core(['create', 'update'], 'configmaps'), eventsRule],
  'service-account-controller': [core(['create'], 'serviceaccounts'), eventsRule],
};
