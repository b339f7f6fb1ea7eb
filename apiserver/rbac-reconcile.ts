import { fieldsOf, isFields } from '../api/fields';
import type { KubeObject, RbacSubject, RoleBindingObject, RoleObject } from '../api/objects';
import { missingRules } from './rbac-coverage';

/**
 * A default role or binding that a data directory kept: what is missing of it comes back, what was added stays, and
 * whoever opted out by annotation is left alone. Null when there is nothing to do.
 * Source: k8s.io/component-helpers auth/rbac/reconciliation/{reconcile_role,reconcile_rolebindings}.go.
 */
export function reconcileRbac(existing: KubeObject, wanted: KubeObject): KubeObject | null {
  if (existing.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false') return null;
  const labels = { ...wanted.metadata.labels, ...existing.metadata.labels };
  const annotations = { ...wanted.metadata.annotations, ...existing.metadata.annotations };
  const metadata = { ...existing.metadata, labels, annotations };
  if ('roleRef' in wanted) {
    const [has, wants] = [subjectsOf(existing), subjectsOf(wanted)];
    const missing = wants.filter((subject) => !has.some((each) => sameSubject(each, subject)));
    const subjects = [...has, ...missing];
    return {
      ...existing,
      metadata,
      roleRef: fieldsOf(wanted['roleRef']),
      ...(subjects.length === 0 ? {} : { subjects }),
    };
  }
  // The rules of an aggregated role are not its own.
  if (isFields(wanted['aggregationRule']))
    return {
      ...existing,
      metadata,
      aggregationRule: existing['aggregationRule'] ?? wanted['aggregationRule'],
    };
  const has = (existing as RoleObject).rules ?? [];
  return { ...existing, metadata, rules: [...has, ...missingRules(has, (wanted as RoleObject).rules ?? [])] };
}

function subjectsOf(binding: KubeObject): readonly RbacSubject[] {
  return (binding as RoleBindingObject).subjects ?? [];
}

function sameSubject(a: RbacSubject, b: RbacSubject): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}
