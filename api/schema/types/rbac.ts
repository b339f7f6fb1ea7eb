import type { TypeTable } from '../type-table';

/** k8s.io/api rbac/v1/types.go. */
export const rbacTypes: TypeTable = {
  package: 'io.k8s.api.rbac.v1',
  apiVersion: 'rbac.authorization.k8s.io/v1',
  types: `
kind Role RoleList
  1 metadata meta.ObjectMeta
  2 rules []PolicyRule always listType=atomic

PolicyRule
  1 verbs []string required listType=atomic
  2 apiGroups []string listType=atomic
  3 resources []string listType=atomic
  4 resourceNames []string listType=atomic
  5 nonResourceURLs []string listType=atomic

kind ClusterRole ClusterRoleList
  1 metadata meta.ObjectMeta
  2 rules []PolicyRule always listType=atomic
  3 aggregationRule *AggregationRule

AggregationRule
  1 clusterRoleSelectors []meta.LabelSelector listType=atomic

kind RoleBinding RoleBindingList
  1 metadata meta.ObjectMeta
  2 subjects []Subject listType=atomic
  3 roleRef RoleRef required

Subject structType=atomic
  1 kind string required
  2 apiGroup string
  3 name string required
  4 namespace string

RoleRef structType=atomic
  1 apiGroup string required
  2 kind string required
  3 name string required

kind ClusterRoleBinding ClusterRoleBindingList
  1 metadata meta.ObjectMeta
  2 subjects []Subject listType=atomic
  3 roleRef RoleRef required
`,
};
