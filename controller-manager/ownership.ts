import type { KubeObject, OwnerReference } from '../api/objects';

/**
 * Who owns whom, and what that means for an object. Pure but for its memory.
 * Source: pkg/controller/garbagecollector/{graph,garbagecollector}.go.
 */
export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export class Ownership {
  readonly #objects = new Map<string, KubeObject>();
  readonly #dependents = new Map<string, Set<string>>();

  put(object: KubeObject): void {
    const { uid = '' } = object.metadata;
    const before = this.#objects.get(uid);
    if (before !== undefined) this.#unlink(before);
    this.#objects.set(uid, object);
    for (const owner of ownersOf(object)) {
      const known = this.#dependents.get(owner.uid) ?? new Set();
      this.#dependents.set(owner.uid, known);
      known.add(uid);
    }
  }

  remove({ metadata: { uid = '' } }: KubeObject): void {
    const before = this.#objects.get(uid);
    if (before === undefined) return;
    this.#unlink(before);
    this.#objects.delete(uid);
  }

  get(uid: string): KubeObject | null {
    return this.#objects.get(uid) ?? null;
  }

  dependentsOf(uid: string): KubeObject[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((it) => this.#objects.get(it) ?? []);
  }

  #unlink(object: KubeObject): void {
    for (const owner of ownersOf(object)) {
      const known = this.#dependents.get(owner.uid);
      known?.delete(object.metadata.uid ?? '');
      if (known?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}

export type Verdict =
  | { readonly kind: 'keep' }
  /** Some owners are left: only the references to the others go. */
  | { readonly kind: 'release'; readonly keep: readonly OwnerReference[] }
  | { readonly kind: 'delete'; readonly policy: 'Background' | 'Foreground' | 'Orphan' };

/** How an owner stands: there, gone, or going and waiting for those it owns. */
export type OwnerState = 'solid' | 'gone' | 'waiting';

export function verdictOn(
  object: KubeObject,
  stateOf: (owner: OwnerReference) => OwnerState,
  hasBlockingDependents: boolean,
): Verdict {
  const owners = ownersOf(object);
  if (owners.length === 0 || (isLeaving(object) && !waitsForDependents(object))) return { kind: 'keep' };
  const solid = owners.filter((owner) => stateOf(owner) === 'solid');
  if (solid.length > 0)
    return solid.length === owners.length ? { kind: 'keep' } : { kind: 'release', keep: solid };
  if (isLeaving(object)) return { kind: 'keep' };
  const waitedFor = owners.some((owner) => stateOf(owner) === 'waiting');
  if (waitedFor && hasBlockingDependents) return { kind: 'delete', policy: 'Foreground' };
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return { kind: 'delete', policy: 'Orphan' };
  return { kind: 'delete', policy: finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background' };
}

export function ownersOf({ metadata }: KubeObject): readonly OwnerReference[] {
  return metadata.ownerReferences ?? [];
}

export function isLeaving({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function waitsForDependents(object: KubeObject): boolean {
  return isLeaving(object) && (object.metadata.finalizers ?? []).includes(FOREGROUND);
}

/** Whether this dependent holds up the end of that owner. */
export function blocks(object: KubeObject, ownerUid: string): boolean {
  return ownersOf(object).some((owner) => owner.uid === ownerUid && owner.blockOwnerDeletion === true);
}
