import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const corePodStatusTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
PodStatus: The current state of a pod. It may lag behind what really is, above all when the node cannot be reached.
  17 observedGeneration int64: The generation of the pod that the status was worked out for.
  1 phase PodPhase: Where the pod is in its life: Pending, Running, Succeeded, Failed or Unknown. The conditions and the status of the containers say more.
  2 conditions []PodCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type: What is known of the pod: whether it is scheduled, initialized, ready.
  3 message string: Why the pod is in this state, for people.
  4 reason string: Why the pod is in this state, in a word.
  11 nominatedNodeName string: The node on which others make room for the pod.
  5 hostIP string: Address of the node.
  16 hostIPs []HostIP listType=atomic patchStrategy=merge patchMergeKey=ip: Addresses of the node.
  6 podIP string: Address of the pod, reachable at least from within the cluster.
  12 podIPs []PodIP listType=map listMapKey=ip patchStrategy=merge patchMergeKey=ip: Addresses of the pod, at most one for each family.
  7 startTime *Time: When the kubelet took the pod on, before any image was pulled.
  10 initContainerStatuses []ContainerStatus listType=atomic: The states of the init containers, in their order.
  8 containerStatuses []ContainerStatus listType=atomic: The states of the containers.
  9 qosClass PodQOSClass: The class of service that the pod gets for the resources it asks for.
  13 ephemeralContainerStatuses []ContainerStatus listType=atomic: The states of the ephemeral containers.
  14 resize PodResizeStatus
  15 resourceClaimStatuses []PodResourceClaimStatus listType=map listMapKey=name patchStrategy=merge,retainKeys patchMergeKey=name

PodPhase = string (Pending | Running | Succeeded | Failed | Unknown)

PodCondition
  1 type PodConditionType required: What the condition is about.
  7 observedGeneration int64: The generation of the pod that the condition was worked out for.
  2 status ConditionStatus required: True, False or Unknown.
  3 lastProbeTime Time: When the condition was last looked at.
  4 lastTransitionTime Time: When the status last changed.
  5 reason string: Why it changed, in a word.
  6 message string: What is the matter, for people.

PodConditionType = string

HostIP
  1 ip string required

PodIP
  1 ip string required

ContainerStatus: The current state of a container.
  1 name string required: Name of the container.
  2 state ContainerState: How the container is now.
  3 lastState ContainerState: How it was before it was last started.
  4 ready bool required: Whether the readiness probe passes; true without a probe once it runs.
  5 restartCount int32 required: How often it was started again.
  6 image string required: The image that it runs.
  7 imageID string required: The identifier of that image.
  8 containerID string: The identifier of the container, as type://id.
  9 started *bool: Whether the container has come up: the startup probe, if there is one, has passed.
  10 allocatedResources ResourceList
  11 resources *ResourceRequirements
  12 volumeMounts []VolumeMountStatus listType=map listMapKey=mountPath patchStrategy=merge patchMergeKey=mountPath
  13 user *ContainerUser
  14 allocatedResourcesStatus []ResourceStatus listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  15 stopSignal *Signal

ContainerState: One of three: waiting, running or terminated.
  1 waiting *ContainerStateWaiting: Not running yet.
  2 running *ContainerStateRunning: Running.
  3 terminated *ContainerStateTerminated: Ended.

ContainerStateWaiting
  1 reason string: Why it is not running yet, in a word.
  2 message string: Why it is not running yet, for people.

ContainerStateRunning
  1 startedAt Time: When it was started.

ContainerStateTerminated
  1 exitCode int32 required: The exit code of the last run.
  2 signal int32: The signal that ended it.
  3 reason string: Why it ended, in a word.
  4 message string: Why it ended, for people.
  5 startedAt Time: When the run began.
  6 finishedAt Time: When the run ended.
  7 containerID string: The identifier of the container, as type://id.

VolumeMountStatus
  1 name string required
  2 mountPath string required
  3 readOnly bool
  4 recursiveReadOnly *RecursiveReadOnlyMode

ContainerUser
  1 linux *LinuxContainerUser

LinuxContainerUser
  1 uid int64 required
  2 gid int64 required
  3 supplementalGroups []int64 listType=atomic

ResourceStatus
  1 name ResourceName required
  2 resources []ResourceHealth listType=map listMapKey=resourceID

ResourceHealth
  1 resourceID ResourceID required
  2 health ResourceHealthStatus

ResourceID = string
ResourceHealthStatus = string
PodQOSClass = string (Guaranteed | Burstable | BestEffort)
PodResizeStatus = string

PodResourceClaimStatus
  1 name string required
  2 resourceClaimName *string
`,
};
