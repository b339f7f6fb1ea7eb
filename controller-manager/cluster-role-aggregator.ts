import { requirementsOf } from '../api/label-selector';
import type { PolicyRule, RoleObject } from '../api/objects';
import { sameJson } from '../api/same-json';
import { matchesLabels } from '../api/selectors';
import { type Controller, mustBe, type StartController } from './context';

/** Source: pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go. */
interface AggregatedRole extends RoleObject {
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly object[] };
}

/** The rules of every role that one of the selectors finds, each once, in the order of the roles' names. Pure. */
export function aggregatedRules(role: AggregatedRole, all: readonly RoleObject[]): PolicyRule[] {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map((it) => requirementsOf(it));
  const rules: PolicyRule[] = [];
  for (const other of [...all].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    if (other.metadata.name === role.metadata.name) continue;
    if (!selectors.some((selector) => selector !== null && matchesLabels(selector, other.metadata.labels)))
      continue;
    for (const rule of other.rules ?? []) if (!rules.some((it) => sameJson(it, rule))) rules.push(rule);
  }
  return rules;
}

export const startClusterRoleAggregator: StartController = (context) => {
  const { client, signal } = context;
  const roles = context.informer<AggregatedRole>('/apis/rbac.authorization.k8s.io/v1/clusterroles');
  const queue = context.queue(sync, [roles]);
  roles.listen(() => {
    for (const role of roles.list()) if (role.aggregationRule !== undefined) queue.add(role.metadata.name);
  });

  async function sync(name: string): Promise<void> {
    const role = roles.get('', name);
    if (role?.aggregationRule === undefined) return;
    const rules = aggregatedRules(role, roles.list());
    if (sameJson(rules, role.rules ?? [])) return;
    const path = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`;
    mustBe(await client.request('PUT', path, { body: { ...role, rules }, signal }), 404, 409);
  }

  return { close: () => queue.close() } satisfies Controller;
};
