import type { RoleBindingObject, RoleObject } from '../api/objects';
import type { RbacObjects } from './rbac';
import { type BindingIndex, indexBindings } from './rbac-index';
import { kindOf } from './registry';
import type { Storage } from './storage';

const known = new WeakMap<Storage, RbacObjects>();

/** The stored roles and bindings, the same ones for whoever asks. */
export function storedRbacObjects(storage: Storage): RbacObjects {
  const objects = known.get(storage) ?? indexed(storage);
  known.set(storage, objects);
  return objects;
}

/** An index is made at the first question after a change, and kept until the next one. */
function indexed(storage: Storage): RbacObjects {
  const [roles, clusterRoles] = [kindOf('roles'), kindOf('clusterroles')];
  const [bindings, clusterBindings] = [kindOf('rolebindings'), kindOf('clusterrolebindings')];
  let ofCluster: BindingIndex | null = null;
  const ofNamespace = new Map<string, BindingIndex>();
  storage.watch(clusterBindings, storage.revision, () => {
    ofCluster = null;
  });
  storage.watch(bindings, storage.revision, ({ object }) => {
    ofNamespace.delete(object.metadata.namespace ?? '');
  });
  return {
    clusterRoleBindings: () => {
      ofCluster ??= indexBindings(storage.each(clusterBindings, '') as Iterable<RoleBindingObject>);
      return ofCluster;
    },
    roleBindings: (namespace) => {
      const known = ofNamespace.get(namespace);
      if (known !== undefined) return known;
      const made = indexBindings(storage.each(bindings, namespace) as Iterable<RoleBindingObject>);
      // A namespace that nobody knows must not be remembered: clients can name any.
      if (storage.get(kindOf('namespaces'), '', namespace) !== null) ofNamespace.set(namespace, made);
      return made;
    },
    clusterRole: (name) => storage.get(clusterRoles, '', name) as RoleObject | null,
    role: (namespace, name) => storage.get(roles, namespace, name) as RoleObject | null,
  };
}
