import { beforeEach, describe, expect, test } from '@jest/globals';
import { isFailure } from '../api/failures';
import type { KubeObject, PolicyRule } from '../api/objects';
import type { User } from './authorize';
import type { Cluster } from './place';
import { kindOf } from './registry';
import { createObject } from './resources';
import { add, testingCluster } from './testing-cluster';

const rbac = 'rbac.authorization.k8s.io/v1';
const jane: User = { name: 'jane', groups: ['dev', 'system:authenticated'] };
const readPods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
let cluster: Cluster;

beforeEach(() => {
  cluster = testingCluster();
  const clusterRole = (name: string, rules: PolicyRule[]) =>
    add(cluster, { apiVersion: rbac, kind: 'ClusterRole', metadata: { name }, rules });
  clusterRole('read-pods', [readPods]);
  clusterRole('everything', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]);
  add(cluster, {
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'jane' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'read-pods' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
  });
});

function create(object: KubeObject, user: User, verbs: string[] = []): string {
  const kind = kindOf(`${object.kind.toLowerCase()}s`);
  const place = { kind, namespace: kind.namespaced ? 'default' : '', name: '' };
  const allows = ({ verb }: { verb: string }) => verbs.includes(verb);
  const outcome = createObject(cluster, place, object, { dryRun: false, user, allows });
  return isFailure(outcome) ? (outcome.message ?? '') : 'created';
}

const role = (rules: PolicyRule[]): KubeObject => ({
  apiVersion: rbac,
  kind: 'Role',
  metadata: { name: 'r' },
  rules,
});
const binding = (name: string): KubeObject => ({
  apiVersion: rbac,
  kind: 'RoleBinding',
  metadata: { name: 'b' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [],
});
const grants = (what: string, lines: string) =>
  `${what}.rbac.authorization.k8s.io ${what === 'roles' ? '"r"' : '"b"'} is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n${lines}`;

describe('who writes a role', () => {
  test.each<[string, PolicyRule[], User, string[], string]>([
    ['gives away what he has', [readPods], jane, [], 'created'],
    [
      'cannot give away more',
      [{ verbs: ['get', 'delete', 'patch'], apiGroups: [''], resources: ['pods', 'secrets'] }],
      jane,
      [],
      grants(
        'roles',
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "patch"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete" "patch"]}',
      ),
    ],
    [
      'can with escalate',
      [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      jane,
      ['escalate'],
      'created',
    ],
    [
      'can as a master',
      [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      { name: 'root', groups: ['system:masters'] },
      [],
      'created',
    ],
  ])('%s', (_what, rules, user, verbs, expected) => {
    expect(create(role(rules), user, verbs)).toBe(expected);
  });
});

describe('who writes a binding', () => {
  test.each<[string, string, string[], string]>([
    ['binds a role that he has', 'read-pods', [], 'created'],
    [
      'cannot bind more',
      'everything',
      [],
      grants('rolebindings', '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}'),
    ],
    ['can with bind', 'everything', ['bind'], 'created'],
    ['needs the role to be there', 'gone', [], 'clusterrole.rbac.authorization.k8s.io "gone" not found'],
  ])('%s', (_what, name, verbs, expected) => {
    expect(create(binding(name), jane, verbs)).toBe(expected);
  });
});
