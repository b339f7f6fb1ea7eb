import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreClusterTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Namespace NamespaceList: A scope for names: objects in different namespaces may be called the same.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec NamespaceSpec: What is wanted.
  3 status NamespaceStatus: What is, as last observed. Set by the system, read-only.

NamespaceSpec: What is wanted of a namespace.
  1 finalizers []FinalizerName listType=atomic: Must be empty before the namespace is removed for good.

FinalizerName = string

NamespaceStatus: The current state of a namespace.
  1 phase NamespacePhase: Where the namespace is in its life.
  2 conditions []NamespaceCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type: What is known of a namespace that is being deleted.

NamespacePhase = string (Active | Terminating)

NamespaceCondition
  1 type NamespaceConditionType required: What the condition is about.
  2 status ConditionStatus required: True, False or Unknown.
  4 lastTransitionTime Time: When the status last changed.
  5 reason string: Why it changed, in a word.
  6 message string: What is the matter, for people.

NamespaceConditionType = string
ConditionStatus = string

kind Event EventList: Something that happened to an object, told by a component. Events are kept for a short time, and nobody may rely on their reasons staying the same.
  1 metadata meta.ObjectMeta required: Standard metadata of an object.
  2 involvedObject ObjectReference required: The object that the event is about.
  3 reason string: Why it happened: a short word, for machines.
  4 message string: What happened, for people.
  5 source EventSource: The component that tells it.
  6 firstTimestamp Time: When it was first seen.
  7 lastTimestamp Time: When it was last seen.
  8 count int32: How often it has happened.
  9 type string: Normal or Warning; new types may come.
  10 eventTime MicroTime: When it was first observed.
  11 series *EventSeries: What is known of the series that the event is part of.
  12 action string: What was done, or failed.
  13 related *ObjectReference: A second object that matters here.
  14 reportingComponent string always: The controller that tells it, such as kubernetes.io/kubelet.
  15 reportingInstance string always: Which instance of that controller.

EventSource
  1 component string: The component.
  2 host string: The node that it runs on.

EventSeries
  1 count int32
  2 lastObservedTime MicroTime

kind Binding: Ties one object to another: a pod to the node that it shall run on.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 target ObjectReference required: What the object is bound to.

ObjectReference structType=atomic: Says enough about another object to find it.
  1 kind string: Kind of the object.
  2 namespace string: Namespace of the object.
  3 name string: Name of the object.
  4 uid UID: UID of the object.
  5 apiVersion string: API version of the object.
  6 resourceVersion string: The version of the object that is meant, if any.
  7 fieldPath string: A part of the object, such as spec.containers{name} for a container.

LocalObjectReference structType=atomic: Names an object in the same namespace.
  1 name string default="": Name of the object.

TypedLocalObjectReference structType=atomic
  1 apiGroup *string always
  2 kind string required
  3 name string required

TypedObjectReference
  1 apiGroup *string always
  2 kind string required
  3 name string required
  4 namespace *string

ResourceList = map[string]Quantity
ResourceName = string
`,
};
