import { describe, expect, test } from '@jest/globals';
import type { PolicyRule, RbacSubject, RoleBindingObject, RoleObject } from '../api/objects';
import type { Attributes, User } from './authorize';
import { type RbacObjects, rbacAuthorizer, ruleAllows } from './rbac';
import { indexBindings } from './rbac-index';

const jane: User = { name: 'jane', groups: ['dev', 'system:authenticated'] };

function asks(
  verb: string,
  resource: string,
  more: Partial<Extract<Attributes, { kind: 'resource' }>> = {},
): Attributes {
  const [name = '', subresource = ''] = resource.split('/');
  return {
    kind: 'resource',
    user: jane,
    verb,
    group: '',
    resource: name,
    subresource,
    namespace: 'ns',
    name: '',
    ...more,
  };
}

describe('a rule', () => {
  const allows = (resources: string[], asked: string, more: Partial<PolicyRule> = {}) =>
    ruleAllows({ verbs: ['get'], apiGroups: [''], resources, ...more }, asks('get', asked, { name: 'web' }));

  test.each([
    [['*'], 'pods', true],
    [['*'], 'pods/exec', true],
    [['pods'], 'pods', true],
    [['pods'], 'pods/log', false],
    [['pods/exec'], 'pods/exec', true],
    [['pods/exec'], 'pods', false],
    [['*/scale'], 'deployments/scale', true],
    [['*/scale'], 'deployments', false],
    [['pods/*'], 'pods/exec', false],
    [['nodes'], 'nodes/proxy', false],
  ])('for %j and %s: %s', (resources, asked, expected) => {
    expect(allows(resources, asked)).toBe(expected);
  });

  test.each([
    [{ verbs: ['*'] }, true],
    [{ verbs: ['list'] }, false],
    [{ apiGroups: ['*'] }, true],
    [{ apiGroups: ['apps'] }, false],
    [{ resourceNames: ['web'] }, true],
    [{ resourceNames: ['other'] }, false],
    [{ resourceNames: [] }, true],
  ])('with %j: %s', (more, expected) => {
    expect(allows(['pods'], 'pods', more)).toBe(expected);
  });

  test.each([
    [['*'], '/metrics', true],
    [['/healthz'], '/healthz', true],
    [['/healthz'], '/healthz/etcd', false],
    [['/healthz/*'], '/healthz/etcd', true],
    [['/healthz*'], '/healthzz', true],
    [['/api'], '/apis', false],
  ])('for paths %j and %s: %s', (nonResourceURLs, path, expected) => {
    expect(
      ruleAllows({ verbs: ['get'], nonResourceURLs }, { kind: 'path', user: jane, verb: 'get', path }),
    ).toBe(expected);
  });

  test('for resources says nothing about paths', () => {
    const everything: PolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
    expect(ruleAllows(everything, { kind: 'path', user: jane, verb: 'get', path: '/metrics' })).toBe(false);
  });
});

describe('a subject', () => {
  const robot: User = { name: 'system:serviceaccount:ns:bot', groups: [] };
  test.each<[RbacSubject, string, User, boolean]>([
    [{ kind: 'User', name: 'jane' }, '', jane, true],
    [{ kind: 'User', name: 'dev' }, '', jane, false],
    [{ kind: 'Group', name: 'dev' }, '', jane, true],
    [{ kind: 'Group', name: 'jane' }, '', jane, false],
    [{ kind: 'ServiceAccount', name: 'bot', namespace: 'ns' }, '', robot, true],
    [{ kind: 'ServiceAccount', name: 'bot' }, 'ns', robot, true],
    [{ kind: 'ServiceAccount', name: 'bot' }, '', robot, false],
    [{ kind: 'Robot', name: 'jane' }, '', jane, false],
  ])('%j of a binding in %j matches: %#', (subject, namespace, user, expected) => {
    const binding: RoleBindingObject = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding',
      metadata: { name: 'b', namespace },
      roleRef: { kind: 'ClusterRole', name: 'r' },
      subjects: [subject],
    };
    expect(indexBindings([binding]).of(user)).toEqual(expected ? [{ binding, subject, order: 0 }] : []);
  });
});

describe('the authorizer', () => {
  const role = (kind: string, name: string, rules: PolicyRule[]): RoleObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name },
    rules,
  });
  const binding = (
    kind: string,
    name: string,
    refKind: string,
    ref: string,
    namespace?: string,
  ): RoleBindingObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { kind: refKind, name: ref },
    subjects: [{ kind: 'Group', name: 'dev' }],
  });
  const readPods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };
  const objects = (over: Partial<RbacObjects>): RbacObjects => ({
    clusterRoleBindings: () => indexBindings([]),
    roleBindings: () => indexBindings([]),
    clusterRole: () => null,
    role: () => null,
    ...over,
  });

  test('says which binding allowed', () => {
    const decide = rbacAuthorizer(
      objects({
        clusterRoleBindings: () =>
          indexBindings([binding('ClusterRoleBinding', 'readers', 'ClusterRole', 'read')]),
        clusterRole: (name) => (name === 'read' ? role('ClusterRole', 'read', [readPods]) : null),
      }),
    );
    expect(decide(asks('get', 'pods'))).toEqual({
      kind: 'allow',
      reason: 'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "read" to Group "dev"',
    });
    expect(decide(asks('delete', 'pods'))).toEqual({ kind: 'no-opinion', reason: '' });
  });

  test('looks at the bindings of the request namespace only', () => {
    const decide = rbacAuthorizer(
      objects({
        roleBindings: (namespace) =>
          indexBindings(namespace === 'ns' ? [binding('RoleBinding', 'rb', 'Role', 'r', 'ns')] : []),
        role: (namespace, name) =>
          namespace === 'ns' && name === 'r' ? role('Role', 'r', [readPods]) : null,
      }),
    );
    expect(decide(asks('get', 'pods'))).toEqual({
      kind: 'allow',
      reason: 'RBAC: allowed by RoleBinding "rb/ns" of Role "r" to Group "dev"',
    });
    expect(decide(asks('get', 'pods', { namespace: 'other' })).kind).toBe('no-opinion');
    expect(decide(asks('list', 'pods', { namespace: '' })).kind).toBe('no-opinion');
  });

  test('names a role that is missing, once', () => {
    const twice = [1, 2].map((n) => binding('ClusterRoleBinding', `b${n}`, 'ClusterRole', 'gone'));
    const decide = rbacAuthorizer(objects({ clusterRoleBindings: () => indexBindings(twice) }));
    expect(decide(asks('get', 'pods')).reason).toBe(
      'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    );
  });
});
