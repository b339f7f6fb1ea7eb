import type { TypeTable } from '../type-table';

/** k8s.io/api apps/v1/types.go. */
export const appsTypes: TypeTable = {
  package: 'io.k8s.api.apps.v1',
  apiVersion: 'apps/v1',
  types: `
kind Deployment DeploymentList
  1 metadata meta.ObjectMeta
  2 spec DeploymentSpec
  3 status DeploymentStatus

DeploymentSpec
  1 replicas *int32
  2 selector *meta.LabelSelector required
  3 template core.PodTemplateSpec required
  4 strategy DeploymentStrategy patchStrategy=retainKeys
  5 minReadySeconds int32
  6 revisionHistoryLimit *int32
  7 paused bool
  9 progressDeadlineSeconds *int32

DeploymentStrategy
  1 type DeploymentStrategyType
  2 rollingUpdate *RollingUpdateDeployment

DeploymentStrategyType = string (Recreate | RollingUpdate)

RollingUpdateDeployment
  1 maxUnavailable *IntOrString
  2 maxSurge *IntOrString

DeploymentStatus
  1 observedGeneration int64
  2 replicas int32
  3 updatedReplicas int32
  7 readyReplicas int32
  4 availableReplicas int32
  5 unavailableReplicas int32
  9 terminatingReplicas *int32
  6 conditions []DeploymentCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type
  8 collisionCount *int32

DeploymentCondition
  1 type DeploymentConditionType required
  2 status core.ConditionStatus required
  6 lastUpdateTime Time
  7 lastTransitionTime Time
  4 reason string
  5 message string

DeploymentConditionType = string

kind ReplicaSet ReplicaSetList
  1 metadata meta.ObjectMeta
  2 spec ReplicaSetSpec
  3 status ReplicaSetStatus

ReplicaSetSpec
  1 replicas *int32
  4 minReadySeconds int32
  2 selector *meta.LabelSelector required
  3 template core.PodTemplateSpec

ReplicaSetStatus
  1 replicas int32 required
  2 fullyLabeledReplicas int32
  4 readyReplicas int32
  5 availableReplicas int32
  7 terminatingReplicas *int32
  3 observedGeneration int64
  6 conditions []ReplicaSetCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type

ReplicaSetCondition
  1 type ReplicaSetConditionType required
  2 status core.ConditionStatus required
  3 lastTransitionTime Time
  4 reason string
  5 message string

ReplicaSetConditionType = string
`,
};
