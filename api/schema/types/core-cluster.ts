import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreClusterTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Namespace NamespaceList
  1 metadata meta.ObjectMeta
  2 spec NamespaceSpec
  3 status NamespaceStatus

NamespaceSpec
  1 finalizers []FinalizerName listType=atomic

FinalizerName = string

NamespaceStatus
  1 phase NamespacePhase
  2 conditions []NamespaceCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type

NamespacePhase = string (Active | Terminating)

NamespaceCondition
  1 type NamespaceConditionType required
  2 status ConditionStatus required
  4 lastTransitionTime Time
  5 reason string
  6 message string

NamespaceConditionType = string
ConditionStatus = string

kind Event EventList
  1 metadata meta.ObjectMeta required
  2 involvedObject ObjectReference required
  3 reason string
  4 message string
  5 source EventSource
  6 firstTimestamp Time
  7 lastTimestamp Time
  8 count int32
  9 type string
  10 eventTime MicroTime
  11 series *EventSeries
  12 action string
  13 related *ObjectReference
  14 reportingComponent string always
  15 reportingInstance string always

EventSource
  1 component string
  2 host string

EventSeries
  1 count int32
  2 lastObservedTime MicroTime

kind Binding
  1 metadata meta.ObjectMeta
  2 target ObjectReference required

ObjectReference structType=atomic
  1 kind string
  2 namespace string
  3 name string
  4 uid UID
  5 apiVersion string
  6 resourceVersion string
  7 fieldPath string

LocalObjectReference structType=atomic
  1 name string default=""

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
