import { type AggregatedRole, aggregatedRules } from '../api/aggregated-rules';
import { sameJson } from '../api/same-json';
import { type Controller, mustBe, type StartController } from './context';

/** Keeps the rules of ClusterRoles that are made of others. */
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
