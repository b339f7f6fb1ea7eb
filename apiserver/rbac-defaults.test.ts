import { expect, test } from '@jest/globals';
import type { PolicyRule, RoleBindingObject, RoleObject } from '../api/objects';
import { defaultRbacObjects } from './rbac-defaults';

/** What bootstrapping relies on. Source: bootstrappolicy/policy.go, testdata/cluster-roles.yaml. */
const objects = defaultRbacObjects();
const roles = objects.filter((object): object is RoleObject & typeof object => object.kind === 'ClusterRole');
const bindings = objects.filter(
  (object): object is RoleBindingObject & typeof object => object.kind === 'ClusterRoleBinding',
);
const group = 'certificates.k8s.io';
const requests = 'system:certificates.k8s.io:certificatesigningrequests';

const rulesOf = (name: string): readonly PolicyRule[] | undefined =>
  roles.find(({ metadata }) => metadata.name === name)?.rules;
const subjectsOf = (role: string): string[] =>
  bindings
    .filter(({ roleRef }) => roleRef.name === role)
    .flatMap(({ subjects = [] }) => subjects.map(({ kind, name }) => `${kind} ${name}`));

test.each<[string, PolicyRule]>([
  [
    'system:node-bootstrapper',
    {
      verbs: ['create', 'get', 'list', 'watch'],
      apiGroups: [group],
      resources: ['certificatesigningrequests'],
    },
  ],
  [
    `${requests}:nodeclient`,
    { verbs: ['create'], apiGroups: [group], resources: ['certificatesigningrequests/nodeclient'] },
  ],
  [
    `${requests}:selfnodeclient`,
    { verbs: ['create'], apiGroups: [group], resources: ['certificatesigningrequests/selfnodeclient'] },
  ],
  ...['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'].map(
    (signer): [string, PolicyRule] => [
      `system:certificates.k8s.io:${signer}-approver`,
      {
        verbs: ['approve'],
        apiGroups: [group],
        resources: ['signers'],
        resourceNames: [`kubernetes.io/${signer}`],
      },
    ],
  ),
])('%s is there, and nobody has it by default', (name, rule) => {
  expect(rulesOf(name)).toEqual([rule]);
  expect(subjectsOf(name)).toEqual([]);
});

test('the role of nodes is bound to nobody, that of kube-proxy to its user', () => {
  expect(bindings.map(({ metadata }) => metadata.name)).toContain('system:node');
  expect(subjectsOf('system:node')).toEqual([]);
  expect(subjectsOf('system:node-proxier')).toEqual(['User system:kube-proxy']);
});

test('the certificate controller approves for kubelets alone, and signs for the four signers', () => {
  const ofSigners = rulesOf('system:controller:certificate-controller')?.filter(({ resources }) =>
    resources?.includes('signers'),
  );
  expect(ofSigners?.map(({ verbs, resourceNames }) => [verbs, resourceNames])).toEqual([
    [['approve'], ['kubernetes.io/kube-apiserver-client-kubelet']],
    [
      ['sign'],
      [
        'kubernetes.io/kube-apiserver-client',
        'kubernetes.io/kube-apiserver-client-kubelet',
        'kubernetes.io/kubelet-serving',
        'kubernetes.io/legacy-unknown',
      ],
    ],
  ]);
});
