import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const corePodTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Pod PodList: A group of containers that run together on one node.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec PodSpec: What is wanted.
  3 status PodStatus: What is, as last observed. Set by the system, read-only.

PodSpec: What is wanted of a pod.
  1 volumes []Volume listType=map listMapKey=name patchStrategy=merge,retainKeys patchMergeKey=name: Volumes that containers of the pod can mount.
  20 initContainers []Container listType=map listMapKey=name patchStrategy=merge patchMergeKey=name: Containers that run before the others, one after the other. Each must succeed before the next begins; names are unique among all containers. Cannot be changed.
  2 containers []Container required listType=map listMapKey=name patchStrategy=merge patchMergeKey=name: The containers of the pod, at least one. None can be added or removed afterwards.
  34 ephemeralContainers []EphemeralContainer listType=map listMapKey=name patchStrategy=merge patchMergeKey=name: Containers that somebody added to the running pod, to look at it. Only through the ephemeralcontainers subresource.
  3 restartPolicy RestartPolicy: When containers of the pod are started again. Always is the default.
  4 terminationGracePeriodSeconds *int64: How many seconds processes have between the first signal and being killed. 30 by default; 0 is at once.
  5 activeDeadlineSeconds *int64: How many seconds the pod may be active, from its start, before the system ends it.
  6 dnsPolicy DNSPolicy: Whom containers ask for names. ClusterFirst is the default.
  7 nodeSelector map[string]string mapType=atomic: Labels that a node must have for the pod to fit on it.
  8 serviceAccountName string: The service account that the pod runs as.
  9 serviceAccount string: Deprecated, use serviceAccountName.
  21 automountServiceAccountToken *bool: Whether a token of the service account is mounted.
  10 nodeName string: The node that the pod runs on. Usually set by the scheduler; a pod that names its node is not scheduled.
  11 hostNetwork bool: Whether the pod uses the network of its node: ports are then those of the node.
  12 hostPID bool: Whether the pod sees the processes of its node.
  13 hostIPC bool: Whether the pod shares the node's inter-process communication.
  27 shareProcessNamespace *bool: Whether the containers of the pod see each other's processes.
  14 securityContext *PodSecurityContext: Security settings of the pod, and defaults for its containers.
  15 imagePullSecrets []LocalObjectReference listType=map listMapKey=name patchStrategy=merge patchMergeKey=name: Secrets in the same namespace with which images are pulled.
  16 hostname string: The host name of the pod. Without, a name that the system derives from the pod's.
  17 subdomain string: With it, the pod is known as hostname.subdomain.namespace.svc and the cluster's domain.
  18 affinity *Affinity: Where the pod would rather run, or must not.
  19 schedulerName string: The scheduler that places the pod. default-scheduler when none is named.
  22 tolerations []Toleration listType=atomic: Taints that the pod puts up with.
  23 hostAliases []HostAlias listType=map listMapKey=ip patchStrategy=merge patchMergeKey=ip: Entries for the hosts file of the pod.
  24 priorityClassName string: The class that the pod's priority is taken from.
  25 priority *int32: The higher, the more important. Set by admission from the class.
  26 dnsConfig *PodDNSConfig: Settings of the resolver, beside those that dnsPolicy makes.
  28 readinessGates []PodReadinessGate listType=atomic: Conditions that must hold beside the containers being ready, for the pod to be ready.
  29 runtimeClassName *string: The class of container runtime that runs the pod.
  30 enableServiceLinks *bool: Whether services are told in environment variables. True by default.
  31 preemptionPolicy *PreemptionPolicy: Whether pods of lower priority make room for this one.
  32 overhead ResourceList: Resources that running the pod takes beside those of its containers.
  33 topologySpreadConstraints []TopologySpreadConstraint listType=map listMapKey=topologyKey,whenUnsatisfiable patchStrategy=merge patchMergeKey=topologyKey: How pods of a group are spread over the topology of the cluster.
  35 setHostnameAsFQDN *bool: Whether the host name is the fully qualified one.
  36 os *PodOS: The operating system of the containers.
  37 hostUsers *bool: Whether the pod shares the user namespace of its node. True by default.
  38 schedulingGates []PodSchedulingGate listType=map listMapKey=name patchStrategy=merge patchMergeKey=name: As long as there is one, the pod is not scheduled.
  39 resourceClaims []PodResourceClaim listType=map listMapKey=name patchStrategy=merge,retainKeys patchMergeKey=name: Claims of resources that containers can refer to.
  40 resources *ResourceRequirements: Resources of the pod as a whole.

RestartPolicy = string (Always | OnFailure | Never)
DNSPolicy = string (ClusterFirstWithHostNet | ClusterFirst | Default | None)

HostAlias: An address, and the names that stand for it in the hosts file.
  1 ip string required: The address.
  2 hostnames []string listType=atomic: The names.

PodDNSConfig: Settings of a pod's resolver.
  1 nameservers []string listType=atomic
  2 searches []string listType=atomic
  3 options []PodDNSConfigOption listType=atomic

PodDNSConfigOption
  1 name string
  2 value *string

PodReadinessGate
  1 conditionType PodConditionType required

PodOS
  1 name OSName required

OSName = string

PodResourceClaim
  1 name string required
  3 resourceClaimName *string
  4 resourceClaimTemplateName *string

PodTemplateSpec: What the pods that are made from it look like.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec PodSpec
`,
};
