import type { ResourceKind } from '../registry';
import { binding } from './binding';
import { eviction } from './eviction';
import { scale } from './scale';
import type { SubresourceHandler } from './subresource-handler';

/**
 * The subresources that have bodies of their own, and one resource that is nothing but such a body. The others are parts
 * of their object, or streams (routes.ts).
 */
const handlers: Readonly<Record<string, SubresourceHandler>> = {
  'bindings/': binding,
  'deployments.apps/scale': scale,
  'pods/binding': binding,
  'pods/eviction': eviction,
  'replicasets.apps/scale': scale,
};

export function subresourceHandler(kind: ResourceKind, subresource: string): SubresourceHandler | null {
  const resource = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  return handlers[`${resource}/${subresource}`] ?? null;
}
