import type { KubeObject } from '../api/objects';
import type { Authority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';

/** The people of a lab that somebody works in: a kubeconfig each, and what the cluster lets them do. */
export const roles = ['admin', 'developer', 'viewer', 'attacker'] as const;

export type Role = (typeof roles)[number];

export type People = Readonly<Record<Role, KeyPair>>;

/** One line about each, for those who choose. */
export const roleText: Readonly<Record<Role, string>> = {
  admin: 'may do everything (group system:masters)',
  developer: 'may edit what is in namespace default, its RBAC not (ClusterRole edit)',
  viewer: 'may look at everything but secrets (ClusterRole view)',
  attacker: 'a certificate of the cluster that nobody granted anything',
};

export async function mintPeople(authority: Authority, admin: KeyPair): Promise<People> {
  const client = (commonName: string, organizations: string[]): Promise<KeyPair> =>
    authority.issue({ commonName, organizations, usages: ['clientAuth'] });
  const [developer, viewer, attacker] = await Promise.all([
    client('developer', ['developers']),
    client('viewer', ['viewers']),
    client('attacker', []),
  ]);
  return { admin, developer, viewer, attacker };
}

/** What makes the words of `roleText` true. */
export const roleBindings: readonly { readonly path: string; readonly object: KubeObject }[] = [
  {
    path: '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'developers', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'developers' }],
    },
  },
  {
    path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'viewers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'viewers' }],
    },
  },
];
