import type { KubeObject } from '../api/objects';
import { kinds } from './registry-rows';

/**
 * What is known of a kind that this apiserver serves. Discovery, routing, storage, selectors and the texts of errors are
 * all read from `registry-rows.ts`; a new kind is a new row.
 */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The plural, as in the URL. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  /** What discovery says can be done with it, in its order. */
  readonly verbs: readonly string[];
  /** `kubectl get all` asks discovery for the category `all`. */
  readonly categories: readonly string[];
  /** `review` kinds are created, answered and forgotten; `computed` ones are made when they are read. */
  readonly storage: 'stored' | 'review' | 'computed';
  readonly subresources: readonly Subresource[];
  /** Field selectors beside metadata.name and metadata.namespace. */
  readonly fields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Spec changes raise metadata.generation. */
  readonly generation: boolean;
  /** What every answer warns of; '' of nothing (k8s.io/apiserver pkg/endpoints/deprecation, WarningMessage). */
  readonly deprecation: string;
  /** A PUT to a name that is not there creates it (AllowCreateOnUpdate of its strategy). */
  readonly createOnUpdate: boolean;
  /** A PUT without a resourceVersion overwrites (AllowUnconditionalUpdate); without, 422. */
  readonly unconditionalUpdate: boolean;
}

export interface Subresource {
  readonly name: string;
  readonly kind: string;
  /** Where the kind is of another group than its resource: `autoscaling/v1` Scale, `policy/v1` Eviction. */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

export { kinds };

const byResource = new Map(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.resource}`, kind]));

export function findKind(group: string, version: string, resource: string): ResourceKind | null {
  return byResource.get(`${group}/${version}/${resource}`) ?? null;
}

/** For code that names the resource itself: a miss is a bug. */
export function kindOf(resource: string): ResourceKind {
  const found = kinds.find((kind) => kind.resource === resource);
  if (found === undefined) throw new Error(`no kind is registered for ${resource}`);
  return found;
}

/** For objects that code writes itself: a miss is a bug. */
export function kindOfObject({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): ResourceKind {
  const found = kinds.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  if (found === undefined) throw new Error(`no kind is registered for ${apiVersion} ${kind}`);
  return found;
}

export function apiVersionOf(kind: { group: string; version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** The value of a selectable field, or null when this kind does not declare it. */
export function selectableField(kind: ResourceKind, name: string): ((object: KubeObject) => string) | null {
  if (name === 'metadata.name') return (object) => object.metadata.name;
  // Upstream's conversion functions of cluster-scoped kinds name only metadata.name; the generic one names both.
  if (name === 'metadata.namespace' && (kind.namespaced || Object.keys(kind.fields).length === 0))
    return (object) => object.metadata.namespace ?? '';
  return kind.fields[name] ?? null;
}
