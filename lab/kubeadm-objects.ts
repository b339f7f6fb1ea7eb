import type { KubeObject, PolicyRule, RbacSubject } from '../api/objects';

/**
 * What kubeadm adds to a cluster whose apiserver has come up: who may join by a bootstrap token, whose requests are
 * approved unasked, what anybody may read to find the cluster, and who administers it.
 * Source: cmd/kubeadm/app/phases/bootstraptoken/{node/tlsbootstrap,clusterinfo/clusterinfo}.go, addons/proxy/proxy.go,
 * phases/kubeconfig/kubeconfig.go (EnsureAdminClusterRoleBinding).
 */
export interface PlacedObject {
  /** Where it is posted to. */
  readonly path: string;
  readonly object: KubeObject;
}

/** Fresh objects at every call. The administrators' binding is the last: where it is, the others are. */
export function kubeadmObjects(): readonly PlacedObject[] {
  return [
    clusterRoleBinding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', joining),
    clusterRoleBinding('kubeadm:node-autoapprove-bootstrap', `${requests}:nodeclient`, joining),
    clusterRoleBinding('kubeadm:node-autoapprove-certificate-rotation', `${requests}:selfnodeclient`, {
      kind: 'Group',
      name: 'system:nodes',
    }),
    {
      path: `${rbac}/clusterroles`,
      object: {
        ...head('ClusterRole', 'kubeadm:get-nodes'),
        rules: [{ verbs: ['get'], apiGroups: [''], resources: ['nodes'] } satisfies PolicyRule],
      },
    },
    clusterRoleBinding('kubeadm:get-nodes', 'kubeadm:get-nodes', joining),
    ...clusterInfoForAnybody(),
    {
      path: '/api/v1/namespaces/kube-system/serviceaccounts',
      object: {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'kube-proxy', namespace: 'kube-system' },
      },
    },
    clusterRoleBinding('kubeadm:node-proxier', 'system:node-proxier', {
      kind: 'ServiceAccount',
      name: 'kube-proxy',
      namespace: 'kube-system',
    }),
    // The apiserver's client towards kubelets is in that group.
    clusterRoleBinding('kubeadm:cluster-admins', 'cluster-admin', {
      kind: 'Group',
      name: 'kubeadm:cluster-admins',
    }),
  ];
}

const rbacGroup = 'rbac.authorization.k8s.io';
const rbac = `/apis/${rbacGroup}/v1`;
const requests = 'system:certificates.k8s.io:certificatesigningrequests';
const joining: RbacSubject = { kind: 'Group', name: 'system:bootstrappers:kubeadm:default-node-token' };

/** Who joins has no credential yet that it could show before it knows the authority. */
function clusterInfoForAnybody(): PlacedObject[] {
  const name = 'kubeadm:bootstrap-signer-clusterinfo';
  const namespace = 'kube-public';
  const within = `${rbac}/namespaces/${namespace}`;
  const rule: PolicyRule = {
    verbs: ['get'],
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['cluster-info'],
  };
  return [
    { path: `${within}/roles`, object: { ...head('Role', name, namespace), rules: [rule] } },
    {
      path: `${within}/rolebindings`,
      object: {
        ...head('RoleBinding', name, namespace),
        roleRef: { apiGroup: rbacGroup, kind: 'Role', name },
        subjects: [{ apiGroup: rbacGroup, kind: 'User', name: 'system:anonymous' }],
      },
    },
  ];
}

function clusterRoleBinding(name: string, role: string, subject: RbacSubject): PlacedObject {
  const apiGroup = subject.kind === 'ServiceAccount' ? {} : { apiGroup: rbacGroup };
  return {
    path: `${rbac}/clusterrolebindings`,
    object: {
      ...head('ClusterRoleBinding', name),
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
      subjects: [{ ...apiGroup, ...subject }],
    },
  };
}

function head(kind: string, name: string, namespace?: string): KubeObject {
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return { apiVersion: `${rbacGroup}/v1`, kind, metadata };
}
