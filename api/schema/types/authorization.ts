import type { TypeTable } from '../type-table';

/** k8s.io/api authorization/v1/types.go. */
export const authorizationTypes: TypeTable = {
  package: 'io.k8s.api.authorization.v1',
  apiVersion: 'authorization.k8s.io/v1',
  types: `
kind SubjectAccessReview: Asks whether a user may do something. It is answered and not kept.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec SubjectAccessReviewSpec required: What is wanted.
  3 status SubjectAccessReviewStatus: What is, as last observed. Set by the system, read-only.

SubjectAccessReviewSpec
  1 resourceAttributes *ResourceAttributes: What is asked for, when it is a resource.
  2 nonResourceAttributes *NonResourceAttributes: What is asked for, when it is a path.
  3 user string: Who would do it.
  4 groups []string listType=atomic: Groups of the user.
  5 extra map[string]ExtraValue: What else is known of the user.
  6 uid string: UID of the user.

ResourceAttributes
  1 namespace string: The namespace; empty for all of them, or for resources without.
  2 verb string: What would be done.
  3 group string: Group of the resource.
  4 version string: Version of the resource.
  5 resource string: The resource.
  6 subresource string: The subresource.
  7 name string: Name of the object; empty for all of them.
  8 fieldSelector *FieldSelectorAttributes
  9 labelSelector *LabelSelectorAttributes

FieldSelectorAttributes
  1 rawSelector string
  2 requirements []meta.FieldSelectorRequirement listType=atomic

LabelSelectorAttributes
  1 rawSelector string
  2 requirements []meta.LabelSelectorRequirement listType=atomic

NonResourceAttributes
  1 path string: The path.
  2 verb string: What would be done.

ExtraValue = []string

SubjectAccessReviewStatus
  1 allowed bool required: Whether it is allowed.
  4 denied bool: Whether it is forbidden for good: no other authorizer is asked.
  2 reason string: Why it is, or is not.
  3 evaluationError string: What went wrong while it was found out.

kind SelfSubjectAccessReview: Asks whether who is asking may do something. It is answered and not kept.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec SelfSubjectAccessReviewSpec required: What is wanted.
  3 status SubjectAccessReviewStatus: What is, as last observed. Set by the system, read-only.

SelfSubjectAccessReviewSpec
  1 resourceAttributes *ResourceAttributes: What is asked for, when it is a resource.
  2 nonResourceAttributes *NonResourceAttributes: What is asked for, when it is a path.

kind LocalSubjectAccessReview: Asks whether a user may do something in one namespace. It is answered and not kept.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec SubjectAccessReviewSpec required: What is wanted.
  3 status SubjectAccessReviewStatus: What is, as last observed. Set by the system, read-only.

kind SelfSubjectRulesReview: Asks what who is asking may do in a namespace. The answer may be incomplete, and is not for deciding.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec SelfSubjectRulesReviewSpec required: What is wanted.
  3 status SubjectRulesReviewStatus: What is, as last observed. Set by the system, read-only.

SelfSubjectRulesReviewSpec
  1 namespace string: The namespace.

SubjectRulesReviewStatus
  1 resourceRules []ResourceRule required listType=atomic: What may be done with resources. The order does not matter.
  2 nonResourceRules []NonResourceRule required listType=atomic: What may be done with paths.
  3 incomplete bool required: Whether rules are missing, because an authorizer cannot list its own.
  4 evaluationError string: What went wrong meanwhile.

ResourceRule
  1 verbs []string required listType=atomic
  2 apiGroups []string listType=atomic
  3 resources []string listType=atomic
  4 resourceNames []string listType=atomic

NonResourceRule
  1 verbs []string required listType=atomic
  2 nonResourceURLs []string listType=atomic
`,
};
