import type { TypeTable } from '../type-table';

/** k8s.io/apimachinery pkg/apis/meta/v1/types.go. */
export const metaTypes: TypeTable = {
  package: 'io.k8s.apimachinery.pkg.apis.meta.v1',
  apiVersion: 'v1',
  types: `
ObjectMeta: Metadata that every persistent object has: what it is called, where it is, and what clients and the system have noted on it.
  1 name string: The name, unique among the objects of its kind in a namespace. Needed to create most objects; cannot be changed.
  2 generateName string: A prefix: when no name is given, the server makes one of it and a random suffix.
  3 namespace string: The namespace that the object lives in; empty for objects of the whole cluster. Cannot be changed.
  4 selfLink string: Deprecated. No longer set by the system.
  5 uid UID: Identifies this very object in time and space: a later object of the same name has another one. Set by the system, read-only.
  6 resourceVersion string: An opaque value that says which version of the object this is. Clients compare it for equality, and send it back to be told of changes in between. Set by the system, read-only.
  7 generation int64: A number that grows whenever the desired state changes. Set by the system, read-only.
  8 creationTimestamp Time: When the object was created on the server. Set by the system, read-only.
  9 deletionTimestamp *Time: When the object will be deleted, once somebody asked for it gracefully. Set by the system, read-only.
  10 deletionGracePeriodSeconds *int64: How many seconds the object has to end by itself before it is removed. Only set together with deletionTimestamp; may only be shortened. Read-only.
  11 labels map[string]string: Names and values by which objects are organized and selected.
  12 annotations map[string]string: Names and values that tools keep with an object. They are not for selecting.
  13 ownerReferences []OwnerReference listType=map listMapKey=uid patchStrategy=merge patchMergeKey=uid: The objects that this one depends on. When all of them are gone, it is collected as garbage. At most one of them is the managing controller.
  14 finalizers []string listType=set patchStrategy=merge: Must be empty before the object is removed: each entry names the component that takes it away when its work is done.
  17 managedFields []ManagedFieldsEntry listType=atomic: Which manager set which fields, for server-side apply. Clients have no need to set or read it.

OwnerReference structType=atomic: Names an owner in the same namespace, or one of the whole cluster.
  5 apiVersion string required: API version of the owner.
  1 kind string required: Kind of the owner.
  3 name string required: Name of the owner.
  4 uid UID required: UID of the owner.
  6 controller *bool: Whether the owner is the managing controller.
  7 blockOwnerDeletion *bool: Whether an owner that is deleted in the foreground waits for this object to be gone.

ManagedFieldsEntry: A set of fields, who set them, and how.
  1 manager string: The actor that manages these fields.
  2 operation ManagedFieldsOperationType: Apply or Update.
  3 apiVersion string: The version of the resource that the fields are named by.
  4 time *Time: When the entry was last changed.
  6 fieldsType string: The format of fieldsV1; FieldsV1 is the only one.
  7 fieldsV1 *FieldsV1: The fields.
  8 subresource string: The subresource that was used to set the fields, empty for the object itself.

ManagedFieldsOperationType = string

LabelSelector structType=atomic: Selects objects by their labels. All requirements must hold; an empty selector matches everything, none at all matches nothing.
  1 matchLabels map[string]string: Labels that must have exactly these values.
  2 matchExpressions []LabelSelectorRequirement listType=atomic: Requirements that labels must meet, all of them.

LabelSelectorRequirement: A requirement on the values of one label.
  1 key string required: The label.
  2 operator LabelSelectorOperator required: How the label relates to the values: In, NotIn, Exists or DoesNotExist.
  3 values []string listType=atomic: The values. At least one for In and NotIn, none for Exists and DoesNotExist.

LabelSelectorOperator = string

Condition: One aspect of the current state of an object.
  1 type string required: What the condition is about.
  2 status ConditionStatus required: True, False or Unknown.
  3 observedGeneration int64: The generation of the object that the condition was worked out for.
  4 lastTransitionTime Time required: When the status last changed.
  5 reason string required: Why it changed, in a word.
  6 message string required: What is the matter, for people.

ConditionStatus = string

FieldSelectorRequirement: A requirement on the values of one field.
  1 key string required
  2 operator FieldSelectorOperator required
  3 values []string listType=atomic

FieldSelectorOperator = string

kind DeleteOptions: What may be said when an object is deleted.
  1 gracePeriodSeconds *int64: How many seconds the object has before it is removed; 0 is at once. Without, the default of its kind.
  2 preconditions *Preconditions: What must hold for the deletion to be carried out; otherwise 409 Conflict.
  3 orphanDependents *bool: Deprecated, use propagationPolicy. Whether dependents are left behind.
  4 propagationPolicy *DeletionPropagation: What becomes of dependents. Orphan leaves them, Background deletes them afterwards, Foreground deletes them first.
  5 dryRun []string listType=atomic: With All, every stage is gone through, but nothing is stored.
  6 ignoreStoreReadErrorWithClusterBreakingPotential *bool

Preconditions: What must hold before an operation is carried out.
  1 uid *UID: The UID that the object must have.
  2 resourceVersion *string: The resourceVersion that the object must have.

DeletionPropagation = string

kind Status: The answer to a request that has no other object to answer with.
  1 metadata ListMeta
  2 status string: Success or Failure.
  3 message string: What happened, for people.
  4 reason StatusReason: Why the operation failed, for machines.
  5 details *StatusDetails listType=atomic: More about the reason.
  6 code int32: The HTTP code that goes with it.

ListMeta: Metadata of lists and of other answers that are not stored.
  1 selfLink string
  2 resourceVersion string: The version of the server's state that the list shows. A watch goes on from it.
  3 continue string: Set when there are more objects than the limit: the token with which the next page is asked for.
  4 remainingItemCount *int64: How many objects come after this page, as far as the server knows.

StatusReason = string

StatusDetails: More about the cause of a Status.
  1 name string
  2 group string
  3 kind string
  6 uid UID
  4 causes []StatusCause listType=atomic
  5 retryAfterSeconds int32

StatusCause: One thing that was wrong.
  1 reason CauseType
  2 message string
  3 field string

CauseType = string
`,
};
