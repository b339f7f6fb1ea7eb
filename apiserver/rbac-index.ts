import type { RbacSubject, RoleBindingObject } from '../api/objects';
import type { User } from './authorize';

/**
 * Bindings by whom they are about. A request then looks only at those of its user and groups, in the order in which all
 * of them stand, as upstream walks them.
 */
export interface BindingIndex {
  /** The bindings that speak of the user, each once with the first subject that does. */
  of(user: User): readonly BoundSubject[];
}

export interface BoundSubject {
  readonly binding: RoleBindingObject;
  readonly subject: RbacSubject;
}

interface Entry extends BoundSubject {
  readonly order: number;
}

export function indexBindings(bindings: Iterable<RoleBindingObject>): BindingIndex {
  const byKey = new Map<string, Entry[]>();
  let order = 0;
  for (const binding of bindings) {
    const namespace = binding.kind === 'RoleBinding' ? (binding.metadata.namespace ?? '') : '';
    for (const subject of binding.subjects ?? []) {
      const key = keyOf(subject, namespace);
      if (key === null) continue;
      const entries = byKey.get(key) ?? [];
      entries.push({ binding, subject, order });
      byKey.set(key, entries);
      order += 1;
    }
  }
  return { of: (user) => select(byKey, user) };
}

/** A ServiceAccount subject is its user name; without a namespace it takes the RoleBinding's, and matches nobody in a ClusterRoleBinding. */
function keyOf(subject: RbacSubject, bindingNamespace: string): string | null {
  switch (subject.kind) {
    case 'User':
      return `user ${subject.name}`;
    case 'Group':
      return `group ${subject.name}`;
    case 'ServiceAccount': {
      const namespace = subject.namespace || bindingNamespace;
      return namespace === '' ? null : `user system:serviceaccount:${namespace}:${subject.name}`;
    }
  }
  return null;
}

function select(byKey: ReadonlyMap<string, readonly Entry[]>, { name, groups }: User): BoundSubject[] {
  const keys = [`user ${name}`, ...new Set(groups.map((group) => `group ${group}`))];
  const found = keys.flatMap((key) => byKey.get(key) ?? []).sort((a, b) => a.order - b.order);
  const seen = new Set<RoleBindingObject>();
  return found.filter(({ binding }) => !seen.has(binding) && seen.add(binding));
}
