import type { KubeObject } from '../api/objects';
import type { ServingApproval } from '../controller-manager/kubelet-serving-approver';

/**
 * What the lab's own approver needs, and the controller-manager has not got by itself: upstream lets nobody approve the
 * serving certificates of kubelets.
 */
export function servingApprovalRights(
  approval: ServingApproval,
): readonly { readonly path: string; readonly object: KubeObject }[] {
  if (approval === 'none') return [];
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    {
      path: `/apis/${apiGroup}/v1/clusterrolebindings`,
      object: {
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: 'midplane:kubelet-serving-approver' },
        roleRef: {
          apiGroup,
          kind: 'ClusterRole',
          name: 'system:certificates.k8s.io:kubelet-serving-approver',
        },
        subjects: [{ apiGroup, kind: 'User', name: 'system:kube-controller-manager' }],
      },
    },
  ];
}
