import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreSchedulingTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
Affinity: Rules of attraction and repulsion for the scheduler.
  1 nodeAffinity *NodeAffinity: About nodes.
  2 podAffinity *PodAffinity: Near to which pods.
  3 podAntiAffinity *PodAntiAffinity: Away from which pods.

NodeAffinity
  1 requiredDuringSchedulingIgnoredDuringExecution *NodeSelector
  2 preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm listType=atomic

NodeSelector structType=atomic
  1 nodeSelectorTerms []NodeSelectorTerm required listType=atomic

NodeSelectorTerm structType=atomic
  1 matchExpressions []NodeSelectorRequirement listType=atomic
  2 matchFields []NodeSelectorRequirement listType=atomic

NodeSelectorRequirement
  1 key string required
  2 operator NodeSelectorOperator required
  3 values []string listType=atomic

NodeSelectorOperator = string (In | NotIn | Exists | DoesNotExist | Gt | Lt)

PreferredSchedulingTerm
  1 weight int32 required
  2 preference NodeSelectorTerm required

PodAffinity
  1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm listType=atomic
  2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm listType=atomic

PodAffinityTerm
  1 labelSelector *meta.LabelSelector
  2 namespaces []string listType=atomic
  3 topologyKey string required
  4 namespaceSelector *meta.LabelSelector
  5 matchLabelKeys []string listType=atomic
  6 mismatchLabelKeys []string listType=atomic

WeightedPodAffinityTerm
  1 weight int32 required
  2 podAffinityTerm PodAffinityTerm required

PodAntiAffinity
  1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm listType=atomic
  2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm listType=atomic

Toleration: Lets a pod put up with taints that match it.
  1 key string: Key of the taint; empty for all, and then the operator is Exists.
  2 operator TolerationOperator: Exists, or Equal, the default.
  3 value string: Value of the taint.
  4 effect TaintEffect: Effect of the taint; empty for all.
  5 tolerationSeconds *int64: How many seconds a taint of effect NoExecute is put up with. For ever by default.

TolerationOperator = string (Exists | Equal)

TopologySpreadConstraint: How pods are spread over the topology.
  1 maxSkew int32 required
  2 topologyKey string required
  3 whenUnsatisfiable UnsatisfiableConstraintAction required
  4 labelSelector *meta.LabelSelector
  5 minDomains *int32
  6 nodeAffinityPolicy *NodeInclusionPolicy
  7 nodeTaintsPolicy *NodeInclusionPolicy
  8 matchLabelKeys []string listType=atomic

UnsatisfiableConstraintAction = string (DoNotSchedule | ScheduleAnyway)
NodeInclusionPolicy = string (Ignore | Honor)

PodSchedulingGate
  1 name string required

PreemptionPolicy = string (PreemptLowerPriority | Never)
`,
};
