import { type Failure, forbiddenObject, notFound } from '../api/failures';
import { fieldsOf, isFields, textOf } from '../api/fields';
import type { KubeObject, PolicyRule, RoleObject } from '../api/objects';
import { goQuoteList } from '../wire/go-quote';
import type { Cluster, Place, WriteOptions } from './place';
import { rulesOf } from './rbac';
import { describeRules, missingRules } from './rbac-coverage';
import { storedRbacObjects } from './rbac-objects';

/**
 * Nobody gives away through RBAC what he does not have: a role needs all of its rules or the verb `escalate`, a binding
 * all rules of its role or the verb `bind`. Null when there is nothing against the write; `current` is null for a new object.
 * Source: pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go,
 * pkg/registry/rbac/escalation_check.go, pkg/registry/rbac/validation/rule.go (ConfirmNoEscalation).
 */
export function refuseEscalation(
  cluster: Cluster,
  { kind, namespace }: Place,
  object: KubeObject,
  current: KubeObject | null,
  { user, allows }: WriteOptions,
): Failure | null {
  if (kind.group !== rbacGroup || user === undefined || user.groups.includes('system:masters')) return null;
  const { name } = object.metadata;
  const may = (verb: string, resource: string, about: string) =>
    allows?.({ verb, group: rbacGroup, resource, name: about, namespace }) === true;
  const refuse = (rules: readonly PolicyRule[]): Failure | null => {
    const held = rulesOf(storedRbacObjects(cluster.storage), user, namespace);
    const missing = missingRules(held.rules, rules);
    if (missing.length === 0) return null;
    const errors = held.error === '' ? '' : `; resolution errors: [${held.error}]`;
    return forbiddenObject(
      kind,
      name,
      `user ${JSON.stringify(user.name)} (groups=${goQuoteList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${describeRules(missing).join('\n')}${errors}`,
    );
  };
  switch (kind.kind) {
    case 'ClusterRole':
    case 'Role': {
      if (current !== null && sameGrant(object, current)) return null;
      if (may('escalate', kind.resource, current === null ? '' : name)) return null;
      const all = isFields(object['aggregationRule']) ? everything : [];
      return refuse([...all, ...((object as RoleObject).rules ?? [])]);
    }
    case 'ClusterRoleBinding':
    case 'RoleBinding': {
      if (current !== null && sameBinding(object, current)) return null;
      const roleRef = fieldsOf(object['roleRef']);
      const resource = roleRef['kind'] === 'ClusterRole' ? 'clusterroles' : 'roles';
      const roleName = textOf(roleRef['name']);
      if (may('bind', resource, roleName)) return null;
      const objects = storedRbacObjects(cluster.storage);
      const role =
        resource === 'clusterroles' ? objects.clusterRole(roleName) : objects.role(namespace, roleName);
      if (role === null) return notFound({ group: rbacGroup, resource: resource.slice(0, -1) }, roleName);
      return refuse(role.rules ?? []);
    }
  }
  return null;
}

const rbacGroup = 'rbac.authorization.k8s.io';

/** An aggregated role can become anything. */
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

function sameGrant(object: KubeObject, current: KubeObject): boolean {
  return same(object, current, 'rules') && same(object, current, 'aggregationRule');
}

function sameBinding(object: KubeObject, current: KubeObject): boolean {
  return same(object, current, 'roleRef') && same(object, current, 'subjects');
}

function same(object: KubeObject, current: KubeObject, field: string): boolean {
  return JSON.stringify(object[field] ?? null) === JSON.stringify(current[field] ?? null);
}
