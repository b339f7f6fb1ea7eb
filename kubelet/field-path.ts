import type { Pod } from '../api/objects';
import { type ContainerSpec, type ResourceFieldReference, specOf } from './pod-spec';
import { quantityValue } from './quantity-value';

/** What the downward API can tell of a pod. */
export interface PodFacts {
  readonly pod: Pod;
  readonly podIp: string;
  readonly hostIp: string;
  /** The node's allocatable amounts, which stand in for limits that are not set. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** Sources: pkg/fieldpath/fieldpath.go, pkg/kubelet/kubelet_pods.go (podFieldSelectorRuntimeValue). */
export function fieldValue(path: string, { pod, podIp, hostIp }: PodFacts): string | null {
  const { metadata } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === 'labels' ? metadata.labels : metadata.annotations;
    return map?.[subscript[2] ?? ''] ?? '';
  }
  const spec = specOf(pod);
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? 'default';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(metadata.labels ?? {});
    case 'metadata.annotations':
      return formatMap(metadata.annotations ?? {});
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return podIp;
    default:
      return null;
  }
}

/** FormatMap: sorted, one a line, values quoted as Go does. */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/** Source: pkg/api/v1/resource/helpers.go (ExtractContainerResourceValue): rounded up to whole divisors. */
export function resourceValue(
  { resource, divisor }: ResourceFieldReference,
  container: ContainerSpec | undefined,
  { allocatable }: PodFacts,
): string | null {
  const [kind, ...rest] = resource.split('.');
  const name = rest.join('.');
  if (container === undefined || (kind !== 'limits' && kind !== 'requests')) return null;
  const { limits = {}, requests = {} } = container.resources ?? {};
  const amount = kind === 'limits' ? (limits[name] ?? allocatable[name]) : (requests[name] ?? limits[name]);
  const unit = divisor === undefined ? 1 : quantityValue(divisor) || 1;
  // A thousandth of rounding room: 0.1 / 0.001 is not quite 100.
  return String(Math.ceil(quantityValue(amount ?? 0) / unit - 1e-9));
}
