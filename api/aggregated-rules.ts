import { requirementsOf } from './label-selector';
import type { LabelSelectorSpec, PolicyRule, RoleObject } from './objects';
import { sameJson } from './same-json';
import { matchesLabels } from './selectors';

/** A ClusterRole; with an aggregationRule its rules are those of others. */
export interface AggregatedRole extends RoleObject {
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelectorSpec[] };
}

/**
 * Each rule once: selector by selector, in the order of the roles' names.
 * Source: pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go (syncClusterRole).
 */
export function aggregatedRules(role: AggregatedRole, all: readonly RoleObject[]): PolicyRule[] {
  const others = all
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const requirements = requirementsOf(selector);
    if (requirements === null) continue;
    for (const other of others.filter(({ metadata }) => matchesLabels(requirements, metadata.labels)))
      for (const rule of other.rules ?? []) if (!rules.some((it) => sameJson(it, rule))) rules.push(rule);
  }
  return rules;
}
