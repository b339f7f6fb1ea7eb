import { fieldsOf, itemsOf } from '../api/fields';
import type { KubeObject, PolicyRule, RoleObject } from '../api/objects';
import { sameJson } from '../api/same-json';
import { kindOf } from './registry';

import type { Storage } from './storage';

/**
 * A ClusterRole with an aggregationRule has the rules of all that its selectors choose. Upstream leaves this to
 * kube-controller-manager; here it needs none, so that admin, edit and view are right from the start.
 * Source: pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go.
 */
export function aggregateClusterRoles(storage: Storage): void {
  const kind = kindOf('clusterroles');
  let busy = false;
  const settle = (): void => {
    if (busy) return;
    busy = true;
    try {
      // A role that was aggregated may be chosen by another: until nothing changes, and as often as there are roles at most.
      const roles = storage.list(kind, '').length;
      for (let round = 0; round < roles && settleOnce(storage); round += 1);
    } finally {
      busy = false;
    }
  };
  settle();
  storage.watch(kind, storage.revision, settle);
}

function settleOnce(storage: Storage): boolean {
  const kind = kindOf('clusterroles');
  const roles = storage.list(kind, '') as RoleObject[];
  let changed = false;
  for (const role of roles) {
    const rules = aggregatedRules(role, roles);
    if (rules === null || sameJson(rules, role.rules ?? [])) continue;
    storage.update(kind, { ...role, rules }, undefined);
    changed = true;
  }
  return changed;
}

/** Each rule once, role by role in the order of their names; null for a role that is not aggregated. */
export function aggregatedRules(role: KubeObject, roles: readonly RoleObject[]): PolicyRule[] | null {
  const selectors = itemsOf(fieldsOf(role['aggregationRule'])['clusterRoleSelectors']);
  if (selectors.length === 0) return null;
  const rules = new Map<string, PolicyRule>();
  for (const candidate of roles) {
    if (candidate.metadata.name === role.metadata.name) continue;
    if (!selectors.some((selector) => selects(selector, candidate.metadata.labels ?? {}))) continue;
    for (const rule of candidate.rules ?? []) rules.set(JSON.stringify(rule), rule);
  }
  return [...rules.values()];
}

/** A metav1.LabelSelector: everything that it says must hold. */
function selects(
  { matchLabels, matchExpressions }: Readonly<Record<string, unknown>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const equal = Object.entries(fieldsOf(matchLabels)).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    itemsOf(matchExpressions).every(({ key, operator, values }) => {
      const value = labels[String(key)];
      const listed = Array.isArray(values) && values.includes(value);
      switch (operator) {
        case 'In':
          return value !== undefined && listed;
        case 'NotIn':
          return value === undefined || !listed;
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
      return false;
    })
  );
}
