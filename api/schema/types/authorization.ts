import type { TypeTable } from '../type-table';

/** k8s.io/api authorization/v1/types.go. */
export const authorizationTypes: TypeTable = {
  package: 'io.k8s.api.authorization.v1',
  apiVersion: 'authorization.k8s.io/v1',
  types: `
kind SubjectAccessReview
  1 metadata meta.ObjectMeta
  2 spec SubjectAccessReviewSpec required
  3 status SubjectAccessReviewStatus

SubjectAccessReviewSpec
  1 resourceAttributes *ResourceAttributes
  2 nonResourceAttributes *NonResourceAttributes
  3 user string
  4 groups []string listType=atomic
  5 extra map[string]ExtraValue
  6 uid string

ResourceAttributes
  1 namespace string
  2 verb string
  3 group string
  4 version string
  5 resource string
  6 subresource string
  7 name string
  8 fieldSelector *FieldSelectorAttributes
  9 labelSelector *LabelSelectorAttributes

FieldSelectorAttributes
  1 rawSelector string
  2 requirements []meta.FieldSelectorRequirement listType=atomic

LabelSelectorAttributes
  1 rawSelector string
  2 requirements []meta.LabelSelectorRequirement listType=atomic

NonResourceAttributes
  1 path string
  2 verb string

ExtraValue = []string

SubjectAccessReviewStatus
  1 allowed bool required
  4 denied bool
  2 reason string
  3 evaluationError string

kind SelfSubjectAccessReview
  1 metadata meta.ObjectMeta
  2 spec SelfSubjectAccessReviewSpec required
  3 status SubjectAccessReviewStatus

SelfSubjectAccessReviewSpec
  1 resourceAttributes *ResourceAttributes
  2 nonResourceAttributes *NonResourceAttributes

kind LocalSubjectAccessReview
  1 metadata meta.ObjectMeta
  2 spec SubjectAccessReviewSpec required
  3 status SubjectAccessReviewStatus

kind SelfSubjectRulesReview
  1 metadata meta.ObjectMeta
  2 spec SelfSubjectRulesReviewSpec required
  3 status SubjectRulesReviewStatus

SelfSubjectRulesReviewSpec
  1 namespace string

SubjectRulesReviewStatus
  1 resourceRules []ResourceRule required listType=atomic
  2 nonResourceRules []NonResourceRule required listType=atomic
  3 incomplete bool required
  4 evaluationError string

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
