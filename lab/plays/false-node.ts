import type { KubeClient, KubeResponse } from '../../client/kube-client';
import type { Cluster } from '../cluster';
import type { Stage } from '../scenarios/stage';
import { clientOn } from './client-on';

/**
 * Somebody who may make Node objects and get nodes/proxy (an autoscaler, a cluster operator's agent), and makes one for a
 * machine that is none: where the apiserver goes for it is what stands in the object.
 */
export interface FalseNode extends AsyncDisposable {
  readonly client: KubeClient;
  /** `kubectl get --raw /api/v1/nodes/NAME/proxy…`, or with a port: NAME:PORT. */
  get(path: string, port?: number): Promise<{ readonly did: string; readonly answer: KubeResponse }>;
}

const NAME = 'edge-9';

export async function makeFalseNode(
  stage: Stage,
  cluster: Cluster,
  at: { readonly address: string; readonly port: number },
): Promise<FalseNode> {
  const { signal } = stage;
  const token = await cluster.credentials.token({
    namespace: 'infra',
    name: 'node-operator',
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: ['create', 'get', 'list'] },
      { apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get'] },
    ],
  });
  const grant =
    'kubectl create clusterrole node-operator --verb=create,get,list --resource=nodes  # and get nodes/proxy';
  await stage.did('admin', grant, 'clusterrole.rbac.authorization.k8s.io/node-operator created, and bound');
  const client = clientOn(cluster.attackerHost, cluster, { token });
  const body = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NAME },
    status: {
      addresses: [{ type: 'InternalIP', address: at.address }],
      daemonEndpoints: { kubeletEndpoint: { Port: at.port } },
    },
  };
  const made = await client.request('POST', '/api/v1/nodes', { body, signal });
  if (!made.ok) throw new Error(`the operator cannot do its work: ${made.words}`);
  const status = `status.addresses: ${at.address}, kubeletEndpoint.Port: ${at.port}`;
  await stage.did('attacker', `kubectl create -f ${NAME}.yaml  # ${status}`, `node/${NAME} created`);
  return {
    client,
    get: async (path, port) => {
      const url = `/api/v1/nodes/${port === undefined ? NAME : `${NAME}:${port}`}/proxy${path}`;
      return { did: `kubectl get --raw ${url}`, answer: await client.request('GET', url, { signal }) };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
