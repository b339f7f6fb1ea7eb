import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreNodeTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Node NodeList
  1 metadata meta.ObjectMeta
  2 spec NodeSpec
  3 status NodeStatus

NodeSpec
  1 podCIDR string
  7 podCIDRs []string listType=set patchStrategy=merge
  3 providerID string
  4 unschedulable bool
  5 taints []Taint listType=atomic
  6 configSource *NodeConfigSource
  2 externalID string

Taint
  1 key string required
  2 value string
  3 effect TaintEffect required
  4 timeAdded *Time

TaintEffect = string (NoSchedule | PreferNoSchedule | NoExecute)

NodeConfigSource
  2 configMap *ConfigMapNodeConfigSource

ConfigMapNodeConfigSource
  1 namespace string required
  2 name string required
  3 uid UID
  4 resourceVersion string
  5 kubeletConfigKey string required

NodeStatus
  1 capacity ResourceList
  2 allocatable ResourceList
  3 phase NodePhase
  4 conditions []NodeCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type
  5 addresses []NodeAddress listType=map listMapKey=type patchStrategy=merge patchMergeKey=type
  6 daemonEndpoints NodeDaemonEndpoints
  7 nodeInfo NodeSystemInfo
  8 images []ContainerImage listType=atomic
  9 volumesInUse []UniqueVolumeName listType=atomic
  10 volumesAttached []AttachedVolume listType=atomic
  11 config *NodeConfigStatus
  12 runtimeHandlers []NodeRuntimeHandler listType=atomic
  13 features *NodeFeatures

NodePhase = string (Pending | Running | Terminated)

NodeCondition
  1 type NodeConditionType required
  2 status ConditionStatus required
  3 lastHeartbeatTime Time
  4 lastTransitionTime Time
  5 reason string
  6 message string

NodeConditionType = string

NodeAddress
  1 type NodeAddressType required
  2 address string required

NodeAddressType = string

NodeDaemonEndpoints
  1 kubeletEndpoint DaemonEndpoint

DaemonEndpoint
  1 Port int32 required

NodeSystemInfo
  1 machineID string required
  2 systemUUID string required
  3 bootID string required
  4 kernelVersion string required
  5 osImage string required
  6 containerRuntimeVersion string required
  7 kubeletVersion string required
  8 kubeProxyVersion string required
  9 operatingSystem string required
  10 architecture string required
  11 swap *NodeSwapStatus

NodeSwapStatus
  1 capacity *int64

ContainerImage
  1 names []string always listType=atomic
  2 sizeBytes int64

UniqueVolumeName = string

AttachedVolume
  1 name UniqueVolumeName required
  2 devicePath string required

NodeConfigStatus
  1 assigned *NodeConfigSource
  2 active *NodeConfigSource
  3 lastKnownGood *NodeConfigSource
  4 error string

NodeRuntimeHandler
  1 name string always
  2 features *NodeRuntimeHandlerFeatures

NodeRuntimeHandlerFeatures
  1 recursiveReadOnlyMounts *bool
  2 userNamespaces *bool

NodeFeatures
  1 supplementalGroupsPolicy *bool
`,
};
