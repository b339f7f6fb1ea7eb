import type { Pod } from '../../api/objects';
import type { KubeClient, KubeResponse } from '../../client/kube-client';
import type { Stage } from '../scenarios/stage';
import { clientOn } from './client-on';
import { playOf } from './play';
import { plantSecret, readSecret } from './secret-of-pod';

const LABEL = 'node-restriction.kubernetes.io/vault';
const cordon = { spec: { unschedulable: true } };

export const nodeWithoutRestriction = playOf({
  steps: [
    'admin: kubectl label node node-1 node-restriction.kubernetes.io/vault=true',
    'attacker: kubectl --kubeconfig kubelet.conf label node node-2 node-restriction.kubernetes.io/vault=true',
    'attacker: curl --cert kubelet.pem -XPATCH …/api/v1/nodes/node-1 -d \'{"spec":{"unschedulable":true}}\'',
    'admin: kubectl apply -f vault.yaml  # nodeSelector: {node-restriction.kubernetes.io/vault: "true"}',
    'attacker: kubectl --kubeconfig kubelet.conf get secret vault',
  ],
  async play(stage) {
    const { signal } = stage;
    const cluster = await stage.cluster();
    const { admin } = cluster;
    const labels = { metadata: { labels: { [LABEL]: 'true' } } };
    const labelled = await patchNode(admin, 'node-1', labels, signal);
    if (!labelled.ok) throw new Error(`the administrator could not label node-1: ${labelled.words}`);
    await stage.did('admin', `kubectl label node node-1 ${LABEL}=true`, 'node/node-1 labeled');

    await using thief = clientOn(cluster.attackerHost, cluster, {
      clientCertificate: cluster.pki.kubeletClients['node-2'],
    });
    const config = 'kubectl --kubeconfig kubelet.conf';
    await judge(
      stage,
      await patchNode(thief, 'node-2', labels, signal),
      [`${config} label node node-2 ${LABEL}=true`, 'node/node-2 labeled'],
      'a label that only administrators may give',
    );
    await judge(
      stage,
      await patchNode(thief, 'node-1', cordon, signal),
      // kubectl would read the object first, which the Node authorizer lets a node do with its own alone.
      [
        `curl --cert kubelet.pem -XPATCH …/api/v1/nodes/node-1 -d '${JSON.stringify(cordon)}'`,
        '200: node-1 takes no more pods',
      ],
      'a change of another node',
    );

    const secret = await plantSecret(stage, cluster, {
      name: 'vault',
      spec: { nodeSelector: { [LABEL]: 'true' } },
    });
    await admin.request('POST', '/api/v1/namespaces/default/pods', { body: secret.pod, signal });
    const node = await nodeOf(admin, 'vault', signal);
    const selector = `nodeSelector: {${LABEL}: "true"}`;
    await stage.did(
      'admin',
      `kubectl apply -f vault.yaml  # ${selector}`,
      `pod/vault is scheduled to ${node}`,
    );

    const read = await readSecret(thief, 'vault', signal);
    const get = `${config} get secret vault`;
    if (secret.isIn(read.text)) {
      await stage.gained('attacker', get, read.text, 'the secret of a pod that was never meant for node-2');
    } else await stage.refused('attacker', get, read.text);
  },
});

function patchNode(
  client: KubeClient,
  node: string,
  body: object,
  signal: AbortSignal,
): Promise<KubeResponse> {
  const contentType = 'application/merge-patch+json';
  return client.request('PATCH', `/api/v1/nodes/${node}`, { body, contentType, signal });
}

async function judge(
  stage: Stage,
  answer: KubeResponse,
  [did, saw]: readonly [did: string, saw: string],
  gain: string,
): Promise<void> {
  if (answer.ok) await stage.gained('attacker', did, saw, gain);
  else await stage.refused('attacker', did, answer.words);
}

/** Where the scheduler put it, once it has. */
async function nodeOf(admin: KubeClient, pod: string, signal: AbortSignal): Promise<string> {
  let found: string | undefined;
  const watch = admin.watch(
    `/api/v1/namespaces/default/pods?fieldSelector=metadata.name%3D${pod}`,
    (_type, object) => {
      found = (object as unknown as Pod).spec.nodeName;
      if (found !== undefined) watch.close();
    },
    { signal },
  );
  await watch.ended;
  signal.throwIfAborted();
  if (found === undefined) throw new Error(`pod "${pod}" was not scheduled`);
  return found;
}
