import { onTheMachine } from '../../attacker/position';
import { addresses } from '../addresses';
import { rootOn } from '../places';
import { playOf } from './play';
import { poseAsKubelet } from './pose-as-kubelet';

/**
 * apiserver ══ SSH ══ node-2 (its root) ✗ kubelet of node-1
 *
 * Open: logs of and stdin for a pod on node-1 are forged and read on node-2. Closed: the apiserver refuses the certificate
 * inside of the tunnel; the tunnel is the same.
 */
export const tunnelByChance = playOf({
  steps: [
    'attacker: systemctl stop sshd; answers at port 22 of node-2 with /etc/ssh/ssh_host_ecdsa_key',
    'admin: kubectl logs web --tail=3',
    "admin: echo PASSWORD | kubectl exec -i web -- sh -c 'cat > /run/password'",
  ],
  async play(stage) {
    const cluster = await stage.cluster();
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
});
