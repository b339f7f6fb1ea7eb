import { requirementsOf } from '../api/label-selector';
import type { KubeNode, Pod } from '../api/objects';
import { parseQuantity } from '../api/quantity';
import { matchesLabels, matchesPairs } from '../api/selectors';
import { type Taint, type Toleration, taintsOf, toleratesTaint } from '../api/tolerations';

/**
 * Whether a pod can run on a node, in the order and words of upstream's plugins. Pure.
 * Source: pkg/scheduler/framework/plugins/{nodeunschedulable,tainttoleration,nodeaffinity,nodeports,noderesources}.
 */
export interface Misfit {
  readonly reason: string;
  /** Whether the end of other pods would help (Unschedulable and not UnschedulableAndUnresolvable). */
  readonly resolvable: boolean;
}

/** What the scheduler reads of a pod beside what others do. */
export interface PodWishes {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: readonly NodeTerm[];
      };
    };
  };
}

interface NodeTerm {
  readonly matchExpressions?: readonly object[];
  readonly matchFields?: readonly object[];
}

/** Every reason of the first plugin that objects; [] when the pod fits. `others`: the pods of the node. */
export function misfits(pod: Pod, node: KubeNode, others: readonly Pod[]): readonly Misfit[] {
  const wishes = pod.spec as PodWishes;
  const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec.unschedulable === true && !tolerates(wishes, unschedulable))
    return [{ reason: 'node(s) were unschedulable', resolvable: false }];
  const untolerated = effectiveTaints(node).find((taint) => repels(taint) && !tolerates(wishes, taint));
  if (untolerated !== undefined) {
    const { key, value = '' } = untolerated;
    return [{ reason: `node(s) had untolerated taint {${key}: ${value}}`, resolvable: false }];
  }
  if (!isWished(wishes, node))
    return [{ reason: "node(s) didn't match Pod's node affinity/selector", resolvable: false }];
  if (portsClash(pod, others))
    return [{ reason: "node(s) didn't have free ports for the requested pod ports", resolvable: true }];
  return shortages(pod, node, others);
}

/**
 * A node that is not Ready gets such a taint from the node lifecycle controller, a moment later or, where none runs, never:
 * until then it counts as having it.
 */
function effectiveTaints(node: KubeNode): readonly Taint[] {
  const taints = taintsOf(node);
  const status = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  if (status === 'True') return taints;
  const key = `node.kubernetes.io/${status === 'Unknown' ? 'unreachable' : 'not-ready'}`;
  if (taints.some((taint) => taint.key === key)) return taints;
  return [{ key, effect: 'NoSchedule' }, ...taints];
}

function repels({ effect }: Taint): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute';
}

function tolerates({ tolerations = [] }: PodWishes, taint: Taint): boolean {
  return tolerations.some((toleration) => toleratesTaint(toleration, taint));
}

function isWished({ nodeSelector = {}, affinity }: PodWishes, node: KubeNode): boolean {
  if (!matchesPairs(nodeSelector, node.metadata.labels)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  // One term is enough, and a term must hold as a whole; an empty one holds for nobody.
  return (required.nodeSelectorTerms ?? []).some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length === 0 && matchFields.length === 0) return false;
    return (
      holds(matchExpressions, node.metadata.labels) &&
      holds(matchFields, { 'metadata.name': node.metadata.name })
    );
  });
}

function holds(
  matchExpressions: readonly object[],
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  const requirements = requirementsOf({ matchExpressions });
  return requirements !== null && matchesLabels(requirements, labels);
}

function portsClash(pod: Pod, others: readonly Pod[]): boolean {
  const taken = new Set(others.flatMap(hostPorts));
  return hostPorts(pod).some((port) => taken.has(port));
}

function hostPorts({ spec }: Pod): string[] {
  return spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap((port) => {
      const { hostPort = 0, protocol = 'TCP' } = port as { hostPort?: number; protocol?: string };
      return hostPort === 0 ? [] : [`${hostPort}/${protocol}`];
    }),
  );
}

function shortages(pod: Pod, node: KubeNode, others: readonly Pod[]): Misfit[] {
  const found: Misfit[] = [];
  if (others.length + 1 > allocatable(node, 'pods'))
    found.push({ reason: 'Too many pods', resolvable: true });
  for (const resource of ['cpu', 'memory']) {
    const wanted = requested(pod, resource);
    if (wanted === 0) continue;
    const used = others.reduce((sum, other) => sum + requested(other, resource), 0);
    if (used + wanted > allocatable(node, resource))
      found.push({ reason: `Insufficient ${resource}`, resolvable: true });
  }
  return found;
}

/** Cores, bytes, or pods; what a node does not say it has not got. */
export function allocatable({ status }: KubeNode, resource: string): number {
  return amount(status?.allocatable?.[resource] ?? '0');
}

/** What the containers ask for together, or the largest init container alone asks for. `least`: for those that ask for nothing. */
export function requested({ spec }: Pod, resource: string, least = 0): number {
  const of = (container: { resources?: object }): number => {
    const { requests = {} } = (container.resources ?? {}) as { requests?: Record<string, string> };
    return requests[resource] === undefined ? least : amount(requests[resource]);
  };
  const together = spec.containers.reduce((sum, container) => sum + of(container), 0);
  return Math.max(together, ...(spec.initContainers ?? []).map(of));
}

function amount(text: string): number {
  return Number(parseQuantity(text)?.nanos ?? 0n) / 1e9;
}
