import type { Pod } from '../../api/objects';
import { clientOn } from './client-on';
import { playOf } from './play';
import { readSecret, runPodWithSecret } from './secret-of-pod';

export const stolenNodeCredentials = playOf({
  steps: [
    'admin: kubectl create secret generic db … && kubectl apply -f db.yaml',
    'admin: kubectl create secret generic cache … && kubectl apply -f cache.yaml',
    'attacker: kubectl --kubeconfig kubelet.conf get secret cache',
    'attacker: kubectl --kubeconfig kubelet.conf get pods -A',
    'attacker: kubectl --kubeconfig kubelet.conf get secret db',
  ],
  async play(stage) {
    const { signal } = stage;
    const cluster = await stage.cluster();
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
});
