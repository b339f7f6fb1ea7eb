import { describe, expect, test } from '@jest/globals';
import { type AggregatedRole, aggregatedRules } from './aggregated-rules';
import type { RoleObject } from './objects';

const role = (name: string, labels: Record<string, string>, ...resources: string[]): RoleObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules: resources.map((resource) => ({ verbs: ['get'], apiGroups: [''], resources: [resource] })),
});

const all = [
  role('b', { to: 'view' }, 'pods', 'secrets'),
  role('a', { to: 'view' }, 'nodes', 'pods'),
  role('c', { to: 'edit' }, 'services'),
];

describe('the rules of an aggregated role', () => {
  test.each<[string, object[], string[]]>([
    ['each once, by the names of the roles', [{ matchLabels: { to: 'view' } }], ['nodes', 'pods', 'secrets']],
    [
      'selector by selector',
      [{ matchLabels: { to: 'edit' } }, { matchLabels: { to: 'view' } }],
      ['services', 'nodes', 'pods', 'secrets'],
    ],
    [
      'of all that an expression finds',
      [{ matchExpressions: [{ key: 'to', operator: 'NotIn', values: ['view'] }] }],
      ['services'],
    ],
    ['of every other role for an empty selector', [{}], ['nodes', 'pods', 'secrets', 'services']],
    ['none without a selector', [], []],
    ['none for an operator that nobody knows', [{ matchExpressions: [{ key: 'to', operator: 'Has' }] }], []],
  ])('%s', (_, clusterRoleSelectors, resources) => {
    const own: AggregatedRole = {
      ...role('own', { to: 'view' }, 'leases'),
      aggregationRule: { clusterRoleSelectors },
    };
    const rules = aggregatedRules(own, [...all, own]);
    expect(rules.map((rule) => rule.resources?.[0])).toEqual(resources);
  });
});
