import type { TypeTable } from '../type-table';

/** k8s.io/apimachinery pkg/apis/meta/v1/types.go. */
export const metaTypes: TypeTable = {
  package: 'io.k8s.apimachinery.pkg.apis.meta.v1',
  apiVersion: 'v1',
  types: `
ObjectMeta
  1 name string
  2 generateName string
  3 namespace string
  4 selfLink string
  5 uid UID
  6 resourceVersion string
  7 generation int64
  8 creationTimestamp Time
  9 deletionTimestamp *Time
  10 deletionGracePeriodSeconds *int64
  11 labels map[string]string
  12 annotations map[string]string
  13 ownerReferences []OwnerReference listType=map listMapKey=uid patchStrategy=merge patchMergeKey=uid
  14 finalizers []string listType=set patchStrategy=merge
  17 managedFields []ManagedFieldsEntry listType=atomic

OwnerReference structType=atomic
  5 apiVersion string required
  1 kind string required
  3 name string required
  4 uid UID required
  6 controller *bool
  7 blockOwnerDeletion *bool

ManagedFieldsEntry
  1 manager string
  2 operation ManagedFieldsOperationType
  3 apiVersion string
  4 time *Time
  6 fieldsType string
  7 fieldsV1 *FieldsV1
  8 subresource string

ManagedFieldsOperationType = string

LabelSelector structType=atomic
  1 matchLabels map[string]string
  2 matchExpressions []LabelSelectorRequirement listType=atomic

LabelSelectorRequirement
  1 key string required
  2 operator LabelSelectorOperator required
  3 values []string listType=atomic

LabelSelectorOperator = string

Condition
  1 type string required
  2 status ConditionStatus required
  3 observedGeneration int64
  4 lastTransitionTime Time required
  5 reason string required
  6 message string required

ConditionStatus = string

FieldSelectorRequirement
  1 key string required
  2 operator FieldSelectorOperator required
  3 values []string listType=atomic

FieldSelectorOperator = string

kind DeleteOptions
  1 gracePeriodSeconds *int64
  2 preconditions *Preconditions
  3 orphanDependents *bool
  4 propagationPolicy *DeletionPropagation
  5 dryRun []string listType=atomic
  6 ignoreStoreReadErrorWithClusterBreakingPotential *bool

Preconditions
  1 uid *UID
  2 resourceVersion *string

DeletionPropagation = string

kind Status
  1 metadata ListMeta
  2 status string
  3 message string
  4 reason StatusReason
  5 details *StatusDetails listType=atomic
  6 code int32

ListMeta
  1 selfLink string
  2 resourceVersion string
  3 continue string
  4 remainingItemCount *int64

StatusReason = string

StatusDetails
  1 name string
  2 group string
  3 kind string
  6 uid UID
  4 causes []StatusCause listType=atomic
  5 retryAfterSeconds int32

StatusCause
  1 reason CauseType
  2 message string
  3 field string

CauseType = string
`,
};
