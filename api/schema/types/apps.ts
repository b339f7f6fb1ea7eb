import type { TypeTable } from '../type-table';

/** k8s.io/api apps/v1/types.go. */
export const appsTypes: TypeTable = {
  package: 'io.k8s.api.apps.v1',
  apiVersion: 'apps/v1',
  types: `
kind Deployment DeploymentList: Keeps a set of equal pods running, and changes them step by step.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec DeploymentSpec: What is wanted.
  3 status DeploymentStatus: What is, as last observed. Set by the system, read-only.

DeploymentSpec: What is wanted of a deployment.
  1 replicas *int32: How many pods there shall be. 1 by default.
  2 selector *meta.LabelSelector required: Labels of the pods that belong to it; the template's labels must match.
  3 template core.PodTemplateSpec required: What its pods look like. Their restartPolicy is Always.
  4 strategy DeploymentStrategy patchStrategy=retainKeys: How old pods are replaced by new ones.
  5 minReadySeconds int32: How many seconds a pod must be ready to count as available. 0 by default.
  6 revisionHistoryLimit *int32: How many old ReplicaSets are kept, to go back to. 10 by default.
  7 paused bool: Whether changes of the template are not rolled out.
  9 progressDeadlineSeconds *int32: How many seconds a rollout may go without progress before it is said to have failed. 600 by default.

DeploymentStrategy
  1 type DeploymentStrategyType: Recreate ends all pods before new ones come; RollingUpdate, the default, replaces them a few at a time.
  2 rollingUpdate *RollingUpdateDeployment: How many at a time. Only for RollingUpdate.

DeploymentStrategyType = string (Recreate | RollingUpdate)

RollingUpdateDeployment
  1 maxUnavailable *IntOrString: How many pods may be missing meanwhile, as a number or a percentage. 25% by default.
  2 maxSurge *IntOrString: How many pods may be there beyond the wanted number, as a number or a percentage. 25% by default.

DeploymentStatus
  1 observedGeneration int64: The generation that the controller has seen.
  2 replicas int32: How many pods there are.
  3 updatedReplicas int32: How many of them are of the present template.
  7 readyReplicas int32: How many of them are ready.
  4 availableReplicas int32: How many of them are available.
  5 unavailableReplicas int32: How many are still missing.
  9 terminatingReplicas *int32
  6 conditions []DeploymentCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type: What was observed of the deployment.
  8 collisionCount *int32: How often a name for a new ReplicaSet was taken.

DeploymentCondition
  1 type DeploymentConditionType required: What the condition is about.
  2 status core.ConditionStatus required: True, False or Unknown.
  6 lastUpdateTime Time: When the condition was last written.
  7 lastTransitionTime Time: When the status last changed.
  4 reason string: Why it changed, in a word.
  5 message string: What is the matter, for people.

DeploymentConditionType = string

kind ReplicaSet ReplicaSetList: Keeps a number of equal pods running.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec ReplicaSetSpec: What is wanted.
  3 status ReplicaSetStatus: What is, as last observed. Set by the system, read-only.

ReplicaSetSpec
  1 replicas *int32: How many pods there shall be. 1 by default.
  4 minReadySeconds int32: How many seconds a pod must be ready to count as available.
  2 selector *meta.LabelSelector required: Labels of the pods that belong to it; the template's labels must match. Cannot be changed.
  3 template core.PodTemplateSpec: What its pods look like.

ReplicaSetStatus
  1 replicas int32 required: How many pods there are.
  2 fullyLabeledReplicas int32
  4 readyReplicas int32: How many of them are ready.
  5 availableReplicas int32: How many of them are available.
  7 terminatingReplicas *int32
  3 observedGeneration int64
  6 conditions []ReplicaSetCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type

ReplicaSetCondition
  1 type ReplicaSetConditionType required: What the condition is about.
  2 status core.ConditionStatus required: True, False or Unknown.
  3 lastTransitionTime Time: When the status last changed.
  4 reason string: Why it changed, in a word.
  5 message string: What is the matter, for people.

ReplicaSetConditionType = string
`,
};
