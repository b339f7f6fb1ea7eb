import type { PolicyRule, RbacSubject, RoleBindingObject, RoleObject } from '../api/objects';
import { type Attributes, type Authorizer, allow, noOpinion, type User } from './authorize';
import { matchesPath } from './path-pattern';
import type { BindingIndex } from './rbac-index';

/**
 * RBAC: purely additive, a request is allowed by the first rule that matches and nothing is ever denied.
 * Source: plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go,
 * pkg/apis/rbac/v1/evaluation_helpers.go.
 */
export interface RbacObjects {
  clusterRoleBindings(): BindingIndex;
  roleBindings(namespace: string): BindingIndex;
  clusterRole(name: string): RoleObject | null;
  role(namespace: string, name: string): RoleObject | null;
}

export function rbacAuthorizer(objects: RbacObjects): Authorizer {
  return (attributes) => {
    const missing: string[] = [];
    for (const { binding, rules, subject } of grantsFor(objects, attributes, missing)) {
      if (rules.some((rule) => ruleAllows(rule, attributes))) {
        return allow(
          `RBAC: allowed by ${describeBinding(binding)} of ${describeRole(binding)} to ${describeSubject(subject)}`,
        );
      }
    }
    return noOpinion(missing.length === 0 ? '' : `RBAC: ${joinErrors(missing)}`);
  };
}

interface Grant {
  readonly binding: RoleBindingObject;
  readonly rules: readonly PolicyRule[];
  readonly subject: RbacSubject;
}

/** All rules of a user, cluster-wide ones first; `missing` says which roles were not there (AuthorizationRuleResolver.RulesFor). */
export function rulesOf(
  objects: RbacObjects,
  user: User,
  namespace: string,
): { readonly rules: readonly PolicyRule[]; readonly error: string } {
  const missing: string[] = [];
  const found = [...grantsIn(objects, user, namespace, missing)].flatMap(({ rules }) => rules);
  return { rules: found, error: missing.length === 0 ? '' : joinErrors(missing) };
}

/** A missing role is an error that is only told when nobody allows. */
function grantsFor(objects: RbacObjects, attributes: Attributes, missing: string[]): Generator<Grant> {
  const namespace = attributes.kind === 'resource' ? attributes.namespace : '';
  return grantsIn(objects, attributes.user, namespace, missing);
}

/** Cluster-wide grants first, then those of the namespace. */
function* grantsIn(objects: RbacObjects, user: User, namespace: string, missing: string[]): Generator<Grant> {
  yield* grants(objects, objects.clusterRoleBindings(), '', user, missing);
  if (namespace !== '') yield* grants(objects, objects.roleBindings(namespace), namespace, user, missing);
}

function* grants(
  objects: RbacObjects,
  bindings: BindingIndex,
  namespace: string,
  user: User,
  missing: string[],
): Generator<Grant> {
  for (const { binding, subject } of bindings.of(user)) {
    const { kind, name } = binding.roleRef;
    const role = kind === 'ClusterRole' ? objects.clusterRole(name) : objects.role(namespace, name);
    if (role === null) {
      missing.push(`${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`);
      continue;
    }
    yield { binding, rules: role.rules ?? [], subject };
  }
}

export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!includesOrAll(rule.verbs, attributes.verb)) return false;
  if (attributes.kind === 'path')
    return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, attributes.path));
  return (
    includesOrAll(rule.apiGroups ?? [], attributes.group) &&
    resourceMatches(rule.resources ?? [], attributes.resource, attributes.subresource) &&
    nameMatches(rule.resourceNames ?? [], attributes.name)
  );
}

function includesOrAll(entries: readonly string[], value: string): boolean {
  return entries.includes('*') || entries.includes(value);
}

/** `pods` is not `pods/log`; `*` is everything; `* /scale` (without the blank) is that subresource of everything; `pods/*` matches nothing. */
function resourceMatches(entries: readonly string[], resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return entries.some(
    (entry) => entry === '*' || entry === combined || (subresource !== '' && entry === `*/${subresource}`),
  );
}

function nameMatches(entries: readonly string[], name: string): boolean {
  return entries.length === 0 || entries.includes(name);
}

function describeBinding(binding: RoleBindingObject): string {
  return binding.kind === 'RoleBinding'
    ? `RoleBinding "${binding.metadata.name}/${binding.metadata.namespace ?? ''}"`
    : `ClusterRoleBinding "${binding.metadata.name}"`;
}

function describeRole(binding: RoleBindingObject): string {
  return `${binding.roleRef.kind} "${binding.roleRef.name}"`;
}

function describeSubject(subject: RbacSubject): string {
  return subject.kind === 'ServiceAccount'
    ? `ServiceAccount "${subject.name}/${subject.namespace ?? ''}"`
    : `${subject.kind} "${subject.name}"`;
}

/** utilerrors.NewAggregate: one stands alone, several in brackets, each once. */
function joinErrors(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? distinct.join('') : `[${distinct.join(', ')}]`;
}
