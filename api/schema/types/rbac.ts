import type { TypeTable } from '../type-table';

/** k8s.io/api rbac/v1/types.go. */
export const rbacTypes: TypeTable = {
  package: 'io.k8s.api.rbac.v1',
  apiVersion: 'rbac.authorization.k8s.io/v1',
  types: `
kind Role RoleList: Rules about what may be done in one namespace.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 rules []PolicyRule always listType=atomic: The rules.

PolicyRule: What may be done, and with what. Nothing in it says who, or where.
  1 verbs []string required listType=atomic: What may be done: get, list, watch, create, update, patch, delete and others. '*' is everything.
  2 apiGroups []string listType=atomic: The groups of the resources; '' is the core group, '*' is all of them.
  3 resources []string listType=atomic: The resources, such as pods or pods/log; '*' is all of them.
  4 resourceNames []string listType=atomic: The only names for which it holds; without, all of them.
  5 nonResourceURLs []string listType=atomic: Paths that are no resources, such as /healthz; a '*' may stand for the last part. Only for ClusterRoles that a ClusterRoleBinding grants.

kind ClusterRole ClusterRoleList: Rules about what may be done, for the whole cluster or wherever a binding grants them.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 rules []PolicyRule always listType=atomic: The rules.
  3 aggregationRule *AggregationRule: Where the rules are gathered from; the controller then overwrites them.

AggregationRule
  1 clusterRoleSelectors []meta.LabelSelector listType=atomic: Selectors of the ClusterRoles whose rules are gathered.

kind RoleBinding RoleBindingList: Grants a role in one namespace.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 subjects []Subject listType=atomic: Whom the role is granted to.
  3 roleRef RoleRef required: The role: a Role of the same namespace, or a ClusterRole. Cannot be changed.

Subject structType=atomic: A user, a group or a service account.
  1 kind string required: User, Group or ServiceAccount.
  2 apiGroup string: '' for service accounts, rbac.authorization.k8s.io for users and groups.
  3 name string required: Name of the subject.
  4 namespace string: Namespace of a service account.

RoleRef structType=atomic
  1 apiGroup string required: rbac.authorization.k8s.io.
  2 kind string required: Role or ClusterRole.
  3 name string required: Name of the role.

kind ClusterRoleBinding ClusterRoleBindingList: Grants a ClusterRole in the whole cluster.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 subjects []Subject listType=atomic: Whom the role is granted to.
  3 roleRef RoleRef required: The ClusterRole. Cannot be changed.
`,
};
