import type { KubeObject } from '../../api/objects';
import { Informer } from '../../client/informer';
import type { Cluster } from '../cluster';
import { configMap, configMaps, put } from '../conversations/admin-acts';
import { createObjects } from '../create-workloads';
import type { ServiceAccountSpec } from '../lab-credentials';
import type { Stage } from '../scenarios/stage';
import { clientOn } from './client-on';
import { playOf } from './play';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const NAMESPACE = '/api/v1/namespaces/default';
const SECRET = 'robot-token';
const WITHIN_MS = 10_000;

const robot: ServiceAccountSpec = {
  namespace: 'default',
  name: 'robot',
  rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
};

export const tokenAfterItsPod = playOf({
  steps: [
    'admin: kubectl apply -f robot.yaml',
    'attacker: cat /var/run/secrets/kubernetes.io/serviceaccount/token, in the pod',
    'attacker: kubectl --token=… get configmap plans -o jsonpath={.data.plan}',
    'admin: kubectl delete pod robot --now',
  ],
  options: {
    volume: { about: 'the source of the volume in which the pod has its token', type: 'json' },
  },
  async play(stage, { options }) {
    const cluster = await stage.cluster();
    const { admin, attackerHost, credentials } = cluster;
    const { signal } = stage;
    const pods = informer(stage, cluster, 'pods');
    await credentials.token(robot);
    await secretToken(stage, cluster);
    await createObjects(admin, [{ path: `${NAMESPACE}/pods`, object: pod(options.volume as object) }]);
    await cluster.whenRunning('node-1', 'default', 'robot');
    const [before, after] = [word(stage), word(stage)];
    await put(admin, `${configMaps}/plans`, configMap('plans', { plan: before }));
    await stage.did(
      'admin',
      'kubectl apply -f robot.yaml',
      'pod/robot runs, and its account may read configmap/plans',
    );

    const container = cluster.container({ namespace: 'default', pod: 'robot', container: 'robot' });
    const token = (await container.run(['cat', `${MOUNT}/token`], signal)).stdout.toString('utf8').trim();
    await stage.did('attacker', `cat ${MOUNT}/token, in the pod`, `${token.slice(0, 24)}…`);
    await using thief = clientOn(attackerHost, cluster, { token });
    const read = () => thief.request('GET', `${configMaps}/plans`, { signal });
    const get = 'kubectl --token=… get configmap plans -o jsonpath={.data.plan}';
    const then = await read();
    if (!then.body.includes(before)) throw new Error(`the token was worth nothing: ${then.words}`);
    await stage.did('attacker', get, before);

    await admin.request('DELETE', `${NAMESPACE}/pods/robot?gracePeriodSeconds=1`, { signal });
    await pods.until(() => pods.get('default', 'robot') === null, WITHIN_MS);
    if (pods.get('default', 'robot') !== null) throw new Error('pod "robot" does not go');
    await put(admin, `${configMaps}/plans`, configMap('plans', { plan: after }));
    await stage.did(
      'admin',
      'kubectl delete pod robot --now',
      'pod "robot" deleted; the plan is another one now',
    );

    const now = await read();
    if (now.body.includes(after)) {
      await stage.gained('attacker', get, after, 'what the account of a pod may read that is no more');
    } else await stage.refused('attacker', get, now.words);
  },
});

function word(stage: Stage): string {
  return `plan-${stage.random.hex(6)}`;
}

function informer(stage: Stage, { admin }: Cluster, resource: 'pods' | 'secrets'): Informer<KubeObject> {
  return stage.closeLater(
    new Informer<KubeObject>({ client: admin, path: `${NAMESPACE}/${resource}`, log: stage.log }),
  );
}

/** It is there in both twins; what differs is which token the pod has. */
async function secretToken(stage: Stage, cluster: Cluster): Promise<void> {
  const annotations = { 'kubernetes.io/service-account.name': robot.name };
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: SECRET, namespace: 'default', annotations },
    type: 'kubernetes.io/service-account-token',
  };
  const secrets = informer(stage, cluster, 'secrets');
  await createObjects(cluster.admin, [{ path: `${NAMESPACE}/secrets`, object }]);
  await secrets.until(() => {
    const { data = {} } = (secrets.get('default', SECRET) ?? {}) as { data?: { token?: string } };
    return data.token !== undefined;
  }, WITHIN_MS);
}

function pod(source: object): KubeObject {
  const volumeMounts = [{ name: 'access', mountPath: MOUNT, readOnly: true }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'robot', namespace: 'default' },
    spec: {
      nodeName: 'node-1',
      serviceAccountName: robot.name,
      automountServiceAccountToken: false,
      containers: [{ name: 'robot', image: 'midplane/shell', stdin: true, volumeMounts }],
      volumes: [{ name: 'access', ...source }],
    },
  } as KubeObject;
}
