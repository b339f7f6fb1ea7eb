import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const corePodTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Pod PodList
  1 metadata meta.ObjectMeta
  2 spec PodSpec
  3 status PodStatus

PodSpec
  1 volumes []Volume listType=map listMapKey=name patchStrategy=merge,retainKeys patchMergeKey=name
  20 initContainers []Container listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  2 containers []Container required listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  34 ephemeralContainers []EphemeralContainer listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  3 restartPolicy RestartPolicy
  4 terminationGracePeriodSeconds *int64
  5 activeDeadlineSeconds *int64
  6 dnsPolicy DNSPolicy
  7 nodeSelector map[string]string mapType=atomic
  8 serviceAccountName string
  9 serviceAccount string
  21 automountServiceAccountToken *bool
  10 nodeName string
  11 hostNetwork bool
  12 hostPID bool
  13 hostIPC bool
  27 shareProcessNamespace *bool
  14 securityContext *PodSecurityContext
  15 imagePullSecrets []LocalObjectReference listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  16 hostname string
  17 subdomain string
  18 affinity *Affinity
  19 schedulerName string
  22 tolerations []Toleration listType=atomic
  23 hostAliases []HostAlias listType=map listMapKey=ip patchStrategy=merge patchMergeKey=ip
  24 priorityClassName string
  25 priority *int32
  26 dnsConfig *PodDNSConfig
  28 readinessGates []PodReadinessGate listType=atomic
  29 runtimeClassName *string
  30 enableServiceLinks *bool
  31 preemptionPolicy *PreemptionPolicy
  32 overhead ResourceList
  33 topologySpreadConstraints []TopologySpreadConstraint listType=map listMapKey=topologyKey,whenUnsatisfiable patchStrategy=merge patchMergeKey=topologyKey
  35 setHostnameAsFQDN *bool
  36 os *PodOS
  37 hostUsers *bool
  38 schedulingGates []PodSchedulingGate listType=map listMapKey=name patchStrategy=merge patchMergeKey=name
  39 resourceClaims []PodResourceClaim listType=map listMapKey=name patchStrategy=merge,retainKeys patchMergeKey=name
  40 resources *ResourceRequirements

RestartPolicy = string (Always | OnFailure | Never)
DNSPolicy = string (ClusterFirstWithHostNet | ClusterFirst | Default | None)

HostAlias
  1 ip string required
  2 hostnames []string listType=atomic

PodDNSConfig
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

PodTemplateSpec
  1 metadata meta.ObjectMeta
  2 spec PodSpec
`,
};
