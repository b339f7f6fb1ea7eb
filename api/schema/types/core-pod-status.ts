import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const corePodStatusTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
PodStatus
  17 observedGeneration int64
  1 phase PodPhase
  2 conditions []PodCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type
  3 message string
  4 reason string
  11 nominatedNodeName string
  5 hostIP string
  16 hostIPs []HostIP listType=atomic patchStrategy=merge patchMergeKey=ip
  6 podIP string
  12 podIPs []PodIP listType=map listMapKey=ip patchStrategy=merge patchMergeKey=ip
  7 startTime *Time
  10 initContainerStatuses []ContainerStatus listType=atomic
  8 containerStatuses []ContainerStatus listType=atomic
  9 qosClass PodQOSClass
  13 ephemeralContainerStatuses []ContainerStatus listType=atomic
  14 resize PodResizeStatus
  15 resourceClaimStatuses []PodResourceClaimStatus listType=map listMapKey=name patchStrategy=merge,retainKeys patchMergeKey=name

PodPhase = string (Pending | Running | Succeeded | Failed | Unknown)

PodCondition
  1 type PodConditionType required
  7 observedGeneration int64
  2 status ConditionStatus required
  3 lastProbeTime Time
  4 lastTransitionTime Time
  5 reason string
  6 message string

PodConditionType = string

HostIP
  1 ip string required

PodIP
  1 ip string required

ContainerStatus
  1 name string required
  2 state ContainerState
  3 lastState ContainerState
  4 ready bool required
  5 restartCount int32 required
  6 image string required
  7 imageID string required
  8 containerID string
  9 started *bool
  10 allocatedResources ResourceList
  11 resources *ResourceRequirements
  12 volumeMounts []VolumeMountStatus listType=map listMapKey=mountPath patchStrategy=merge patchMergeKey=mountPath
  13 user *ContainerUser
  14 allocatedResourcesStatus []ResourceStatus listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  15 stopSignal *Signal

ContainerState
  1 waiting *ContainerStateWaiting
  2 running *ContainerStateRunning
  3 terminated *ContainerStateTerminated

ContainerStateWaiting
  1 reason string
  2 message string

ContainerStateRunning
  1 startedAt Time

ContainerStateTerminated
  1 exitCode int32 required
  2 signal int32
  3 reason string
  4 message string
  5 startedAt Time
  6 finishedAt Time
  7 containerID string

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
