import { integerBelow, type Randomness } from '../randomness';

/**
 * Hands out service addresses. The network address, the first host address (the apiserver's own service) and the
 * broadcast address are never given to others. Source: pkg/registry/core/service/ipallocator.
 */
export interface ClusterIpRange {
  readonly first: number;
  readonly size: number;
}

export function parseClusterIpRange(cidr: string): ClusterIpRange {
  const [address = '', prefix = ''] = cidr.split('/');
  const size = 2 ** (32 - Number(prefix));
  return { first: Math.floor(toNumber(address) / size) * size, size };
}

/** `10.96.0.1`: the address of the service `kubernetes`. */
export function kubernetesServiceIp(range: ClusterIpRange): string {
  return toText(range.first + 1);
}

export function allocateClusterIp(
  range: ClusterIpRange,
  used: ReadonlySet<string>,
  random: Randomness,
): string | null {
  const usable = range.size - 3;
  const start = integerBelow(usable, random);
  for (let step = 0; step < Math.min(usable, used.size + 1); step += 1) {
    const candidate = toText(range.first + 2 + ((start + step) % usable));
    if (!used.has(candidate)) return candidate;
  }
  return null;
}

export function inRange(range: ClusterIpRange, address: string): boolean {
  const value = toNumber(address);
  return value > range.first && value < range.first + range.size - 1;
}

/** As it was configured: `10.96.0.0/12`. */
export function rangeText({ first, size }: ClusterIpRange): string {
  return `${toText(first)}/${32 - Math.log2(size)}`;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
