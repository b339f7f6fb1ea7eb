import type { KubeObject } from '../api/objects';
import { seconds } from '../client/api-time';
import type { KubeClient } from '../client/kube-client';
import { kubeconfigEntries } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import type { BootstrapToken } from '../wire/detached-jws';

const TOKEN_GROUP = 'system:bootstrappers:kubeadm:default-node-token';
const KUBE_PUBLIC = 'kube-public';
const CLUSTER_INFO = 'cluster-info';

/**
 * Where the cluster is and by what authority it is to be known, for anybody; the controller-manager signs it.
 * Source: cmd/kubeadm/app/phases/bootstraptoken/clusterinfo/clusterinfo.go.
 */
export async function publishClusterInfo(
  admin: KubeClient,
  server: { readonly host: string; readonly port: number },
  caPem: string,
): Promise<void> {
  const { cluster } = kubeconfigEntries({
    server,
    trust: { kind: 'verify', bundlePem: caPem, host: server.host },
  });
  const kubeconfig = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: '', cluster }],
    contexts: null,
    'current-context': '',
    preferences: {},
    users: null,
  });
  const path = `/api/v1/namespaces/${KUBE_PUBLIC}/configmaps`;
  const body = { metadata: { name: CLUSTER_INFO, namespace: KUBE_PUBLIC }, data: { kubeconfig } };
  const created = await admin.request('POST', path, { body });
  // One of an earlier lab with the same objects, which was somewhere else.
  const put =
    created.status === 409 ? await admin.request('PUT', `${path}/${CLUSTER_INFO}`, { body }) : created;
  if (!put.ok) {
    throw new MidplaneError('LAB_START_FAILED', `cluster-info could not be published: ${put.words}`, {
      hint: 'run with --verbose for the logs of the components',
    });
  }
}

/** As kubeadm makes it: for both uses, and for its own group. Source: bootstraptoken/v1/utils.go (BootstrapTokenToSecret). */
export function bootstrapTokenSecret(
  token: BootstrapToken,
  expires: Date | null,
  description = '',
): KubeObject {
  const data: Record<string, string> = {
    'token-id': token.id,
    'token-secret': token.secret,
    ...(description === '' ? {} : { description }),
    ...(expires === null ? {} : { expiration: seconds(expires) }),
    'usage-bootstrap-authentication': 'true',
    'usage-bootstrap-signing': 'true',
    'auth-extra-groups': TOKEN_GROUP,
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${token.id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}
