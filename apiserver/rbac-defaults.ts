import { aggregatedRules } from '../api/aggregated-rules';
import type { KubeObject, PolicyRule, RbacSubject, RoleObject } from '../api/objects';
import {
  adminRules,
  controllerManagerRules,
  controllerRules,
  core,
  delegationRules,
  editRules,
  eventsRule,
  nodeRules,
  read,
  rule,
  schedulerRules,
  viewRules,
} from './rbac-default-rules';

/**
 * The roles and bindings a cluster is born with, those that matter in the lab.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
 */
const rbacGroup = 'rbac.authorization.k8s.io';
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

const clusterRoles: Record<string, readonly PolicyRule[]> = {
  'cluster-admin': [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ],
  'system:auth-delegator': delegationRules,
  'system:basic-user': [
    rule(['create'], 'authorization.k8s.io', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
    rule(['create'], 'authentication.k8s.io', 'selfsubjectreviews'),
  ],
  'system:certificates.k8s.io:certificatesigningrequests:nodeclient': [
    rule(['create'], 'certificates.k8s.io', 'certificatesigningrequests/nodeclient'),
  ],
  'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient': [
    rule(['create'], 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient'),
  ],
  ...Object.fromEntries(
    ['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'].map(
      (signer) => [
        `system:certificates.k8s.io:${signer}-approver`,
        [
          {
            ...rule(['approve'], 'certificates.k8s.io', 'signers'),
            resourceNames: [`kubernetes.io/${signer}`],
          },
        ],
      ],
    ),
  ),
  'system:discovery': [{ verbs: ['get'], nonResourceURLs: discoveryPaths }],
  'system:heapster': [core(read, 'events', 'namespaces', 'nodes', 'pods')],
  'system:kube-controller-manager': controllerManagerRules,
  'system:kube-scheduler': schedulerRules,
  'system:kubelet-api-admin': kubeletApiAdminRules,
  'system:monitoring': [
    {
      verbs: ['get'],
      nonResourceURLs: [
        '/healthz',
        '/healthz/*',
        '/livez',
        '/livez/*',
        '/metrics',
        '/metrics/slis',
        '/readyz',
        '/readyz/*',
      ],
    },
  ],
  'system:node': nodeRules,
  'system:node-bootstrapper': [
    rule(['create', 'get', 'list', 'watch'], 'certificates.k8s.io', 'certificatesigningrequests'),
  ],
  'system:node-proxier': [
    core(['list', 'watch'], 'endpoints', 'services'),
    core(read, 'nodes'),
    eventsRule,
    rule(['list', 'watch'], 'discovery.k8s.io', 'endpointslices'),
  ],
  'system:public-info-viewer': [{ verbs: ['get'], nonResourceURLs: publicPaths }],
  'system:service-account-issuer-discovery': [
    {
      verbs: ['get'],
      nonResourceURLs: [
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ],
    },
  ],
};

const clusterRoleBindings: { name: string; subjects: RbacSubject[] }[] = [
  { name: 'cluster-admin', subjects: groups('system:masters') },
  { name: 'system:basic-user', subjects: groups('system:authenticated') },
  { name: 'system:discovery', subjects: groups('system:authenticated') },
  { name: 'system:kube-controller-manager', subjects: [user('system:kube-controller-manager')] },
  { name: 'system:kube-scheduler', subjects: [user('system:kube-scheduler')] },
  { name: 'system:monitoring', subjects: groups('system:monitoring') },
  // Without subjects since 1.8: the Node authorizer gives each node its own part of the role.
  { name: 'system:node', subjects: [] },
  { name: 'system:node-proxier', subjects: [user('system:kube-proxy')] },
  { name: 'system:public-info-viewer', subjects: groups(...everyone) },
  { name: 'system:service-account-issuer-discovery', subjects: groups('system:serviceaccounts') },
];

/** Fresh objects at every call: the store owns what it is given. */
export function defaultRbacObjects(): KubeObject[] {
  const roles = Object.entries(clusterRoles).map(([name, rules]) => clusterRole(name, rules));
  const bindings = clusterRoleBindings.map(({ name, subjects }) => clusterRoleBinding(name, subjects));
  const ofControllers = Object.entries(controllerRules).flatMap(([controller, rules]) => {
    const name = `system:controller:${controller}`;
    const account = { kind: 'ServiceAccount', name: controller, namespace: 'kube-system' };
    return [clusterRole(name, rules), clusterRoleBinding(name, [account])];
  });
  return [...roles, ...aggregatedRoles(), ...bindings, ...ofControllers];
}

/**
 * admin, edit and view are made of others, by label: who adds a kind adds a role of that label. Keeping them so is the
 * controller manager's work, as upstream; a cluster without one begins with what they are made of here.
 */
function aggregatedRoles(): KubeObject[] {
  const label = (to: string) => ({ [`rbac.authorization.k8s.io/aggregate-to-${to}`]: 'true' });
  const roles: RoleObject[] = [
    clusterRole('system:aggregate-to-admin', adminRules, label('admin')),
    clusterRole('system:aggregate-to-edit', editRules, label('edit')),
    clusterRole('system:aggregate-to-view', viewRules, label('view')),
    // The metrics server brings this one along.
    clusterRole('system:aggregated-metrics-reader', [rule(read, 'metrics.k8s.io', 'nodes', 'pods')], {
      ...label('admin'),
      ...label('edit'),
      ...label('view'),
    }),
  ];
  // Each is chosen by the next.
  for (const [name, into] of [
    ['view', label('edit')],
    ['edit', label('admin')],
    ['admin', {}],
  ] as const) {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: label(name) }] };
    const role = { ...clusterRole(name, [], into), aggregationRule };
    roles.push({ ...role, rules: structuredClone(aggregatedRules(role, roles)) });
  }
  return roles;
}

function clusterRole(
  name: string,
  rules: readonly PolicyRule[],
  labels: Readonly<Record<string, string>> = {},
): KubeObject {
  return {
    apiVersion: `${rbacGroup}/v1`,
    kind: 'ClusterRole',
    metadata: bootstrapMeta(name, labels),
    rules: structuredClone(rules),
  };
}

function clusterRoleBinding(name: string, subjects: readonly RbacSubject[]): KubeObject {
  return {
    apiVersion: `${rbacGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: bootstrapMeta(name),
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
    ...(subjects.length === 0 ? {} : { subjects: structuredClone(subjects) }),
  };
}

function bootstrapMeta(name: string, labels: Readonly<Record<string, string>> = {}) {
  return {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

function groups(...names: string[]): RbacSubject[] {
  return names.map((name) => ({ kind: 'Group', apiGroup: rbacGroup, name }));
}

function user(name: string): RbacSubject {
  return { kind: 'User', apiGroup: rbacGroup, name };
}
