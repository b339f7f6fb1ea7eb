import { onTheMachine } from '../../attacker/position';
import { addresses } from '../addresses';
import { nodesByName } from '../control-plane';
import { defenceSettings } from '../defences';
import { rootOn } from '../places';
import { poseAsKubelet } from './pose-as-kubelet';
import type { Scenario } from './scenario';

/**
 * apiserver ══ SSH ══ node-2 (its root) ✗ kubelet of node-1
 *
 * Open: logs of and stdin for a pod on node-1 are forged and read on node-2. Closed: the apiserver refuses the certificate
 * inside of the tunnel; the tunnel is the same.
 */
export const tunnelByChance: Scenario = {
  id: 'tunnel-by-chance',
  title: 'one node carries the traffic of the others',
  story:
    'A tunnel is taken for a connection to the very address that it leads to; for any other the apiserver takes one by chance. Its own default dials kubelets by host name, while tunnels lead to addresses: so every log and every exec goes through a node of chance. Root on one node takes the sshd’s place there, with the node’s own host key, which known hosts have, and answers for the kubelet of whichever node is asked for.',
  needs: 'Root on one node: the host key of its sshd.',
  evidence:
    'A log request for a pod of another node comes out of this node’s tunnel, and what is invented there is what kubectl prints.',
  setting: {
    name: '--kubelet-certificate-authority',
    open: 'unset (the default): the apiserver believes whatever certificate comes through the tunnel',
    fixed: 'the cluster’s CA: whoever is at the end must show a certificate for the node that is dialled',
  },
  notice:
    'The warning "SSH tunnel not found for address \\"node-1\\", picking random node" in the log of the apiserver, at every log and exec: dial kubelets by the addresses that tunnels lead to (--kubelet-preferred-address-types). On the nodes: connections to a kubelet from another node’s address, or none where there ought to be some. Proxies to pods leave by chance all the same, and no flag verifies them.',
  sources: [
    'pkg/ssh/ssh.go before 1.22 (SSHTunnelList.pickTunnel)',
    'pkg/kubelet/client/kubelet_client.go',
    'cmd/kube-apiserver/app/options/options.go (KubeletPreferredAddressTypes)',
  ],
  async play(stage, twin) {
    const tunnels = defenceSettings('ssh-tunnel-known-hosts');
    const verifies = ['--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'];
    const cluster = await stage.cluster({
      kubelet: { ...tunnels?.kubelet, serverTLSBootstrap: true },
      kubeletServing: 'cluster-authority',
      apiserver: [...(tunnels?.apiserver ?? []), ...(twin === 'fixed' ? verifies : [])],
      insteadOf: nodesByName,
    });
    const fake = await poseAsKubelet(stage, cluster, {
      address: addresses.node2,
      machine: rootOn(cluster.nodes['node-2']),
      position: onTheMachine('node-2', { chains: ['prerouting'] }),
      present: null,
      sshd: { hostKey: cluster.pki.ssh.hosts['node-2'].privateKeyPem },
    });
    // As it will be dialled when its sshd has been restarted.
    await cluster.tunneler?.reopen(addresses.node2);
    const did = 'systemctl stop sshd; answers at port 22 of node-2 with /etc/ssh/ssh_host_ecdsa_key';
    await stage.did(
      'attacker',
      did,
      'the host key is the one in known_hosts: the apiserver has its tunnel to node-2',
    );
    await fake.isAskedFor('web');
  },
};
