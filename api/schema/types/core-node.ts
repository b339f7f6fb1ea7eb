import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreNodeTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Node NodeList: A machine that pods run on.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec NodeSpec: What is wanted.
  3 status NodeStatus: What is, as last observed. Set by the system, read-only.

NodeSpec: What is wanted of a node.
  1 podCIDR string: The range of addresses that pods of this node get theirs from.
  7 podCIDRs []string listType=set patchStrategy=merge: The same, one for each family of addresses.
  3 providerID string: What the cloud provider calls the node.
  4 unschedulable bool: Whether new pods are kept away. kubectl cordon sets it.
  5 taints []Taint listType=atomic: Marks that keep away pods that do not tolerate them.
  6 configSource *NodeConfigSource
  2 externalID string

Taint: Keeps pods away from a node, unless they tolerate it.
  1 key string required: The key of the taint.
  2 value string: The value that goes with the key.
  3 effect TaintEffect required: What happens to pods that do not tolerate it: NoSchedule, PreferNoSchedule or NoExecute.
  4 timeAdded *Time: When the taint was added. Only for NoExecute.

TaintEffect = string (NoSchedule | PreferNoSchedule | NoExecute)

NodeConfigSource
  2 configMap *ConfigMapNodeConfigSource

ConfigMapNodeConfigSource
  1 namespace string required
  2 name string required
  3 uid UID
  4 resourceVersion string
  5 kubeletConfigKey string required

NodeStatus: The current state of a node.
  1 capacity ResourceList: All resources of the node.
  2 allocatable ResourceList: What of them pods may have.
  3 phase NodePhase
  4 conditions []NodeCondition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type: What was observed of the node, Ready among it.
  5 addresses []NodeAddress listType=map listMapKey=type patchStrategy=merge patchMergeKey=type: Where the node can be reached. The apiserver dials the kubelet at one of them.
  6 daemonEndpoints NodeDaemonEndpoints: Where the daemons of the node listen.
  7 nodeInfo NodeSystemInfo: Versions and identifiers of the machine and its software.
  8 images []ContainerImage listType=atomic: Container images on the node.
  9 volumesInUse []UniqueVolumeName listType=atomic
  10 volumesAttached []AttachedVolume listType=atomic
  11 config *NodeConfigStatus
  12 runtimeHandlers []NodeRuntimeHandler listType=atomic
  13 features *NodeFeatures

NodePhase = string (Pending | Running | Terminated)

NodeCondition
  1 type NodeConditionType required: What the condition is about.
  2 status ConditionStatus required: True, False or Unknown.
  3 lastHeartbeatTime Time: When the condition was last told.
  4 lastTransitionTime Time: When the status last changed.
  5 reason string: Why it changed, in a word.
  6 message string: What is the matter, for people.

NodeConditionType = string

NodeAddress
  1 type NodeAddressType required: What kind of address it is: Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.
  2 address string required: The address.

NodeAddressType = string

NodeDaemonEndpoints
  1 kubeletEndpoint DaemonEndpoint: Where the kubelet listens.

DaemonEndpoint: Where a daemon listens.
  1 Port int32 required: The port.

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
