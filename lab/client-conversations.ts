import { dirname } from 'node:path/posix';
import pino from 'pino';
import type { KubeObject } from '../api/objects';
import { aborted } from '../client/aborted';
import { systemClock } from '../client/clock';
import { type CommandOutcome, failed, succeeded } from '../client/command-outcome';
import { KubeClient, type KubeClientOptions, type KubeResponse } from '../client/kube-client';
import { startControllerManager } from '../controller-manager/controller-manager';
import { MidplaneError } from '../error';
import { bootstrapClientCertificate } from '../kubelet/bootstrap';
import { SIGNING_REQUESTS } from '../kubelet/certificate-signing';
import { startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { applyKubeletFlags } from '../kubelet/kubelet-flags';
import { generateKey, privateKeyPem } from '../pki/key-algorithm';
import { startScheduler } from '../scheduler/scheduler';
import type { KeyPair } from '../wire/pem';
import { addresses, ports } from './addresses';
import { approveByHand } from './approve-by-hand';
import type { Canaries } from './canaries';
import type { Cluster } from './cluster';
import type { ServiceAccountSpec } from './lab-credentials';
import type { Conversation } from './lab-under-test';
import type { ClientPathId } from './paths';
import { Witness } from './witness';

/**
 * The paths of those who dial: each starts the component itself, with a kubeconfig of its own on a machine of its own,
 * and ends it when it got what it wanted or cannot go on. The genuine apiserver holds the `down` word in an object that
 * the component reads; the `up` word is in something that it writes.
 */
export function clientConversation(id: ClientPathId, cluster: Cluster): Conversation {
  switch (id) {
    case 'kubectl-api':
      return user(cluster);
    case 'kubelet-api':
      return kubelet(cluster);
    case 'controller-manager-api':
      return controllerManager(cluster);
    case 'scheduler-api':
      return scheduler(cluster);
    case 'metrics-scrape':
      return scraper(cluster);
    case 'kubelet-bootstrap':
      return joiningKubelet(cluster);
    case 'kube-proxy-api':
    case 'pod-api':
      throw new MidplaneError('USAGE', `path "${id}" is a word of the vocabulary that is not run yet`);
  }
}

const silent = pino({ level: 'silent' });
const CANARY = 'lab.midplane/canary';
const configMaps = '/api/v1/namespaces/default/configmaps';
const APPLY = 'application/apply-patch+yaml';

/** `kubectl apply` of one ConfigMap, and `kubectl get` of another. */
function user(cluster: Cluster): Conversation {
  const { admin } = cluster;
  return {
    victim: cluster.workstation.name,
    plant: async ({ down }) => {
      await put(admin, `${configMaps}/canary`, configMap('canary', { down }));
      await remove(admin, `${configMaps}/applied`);
    },
    act: async ({ up }, signal) => {
      const access = { ...apiserverAccess(cluster), clientCertificate: cluster.pki.admin };
      await using client = new KubeClient({ ...access, from: cluster.workstation });
      const applied = await client.request('PATCH', `${configMaps}/applied?fieldManager=kubectl`, {
        body: configMap('applied', { up }),
        contentType: APPLY,
        signal,
      });
      if (!applied.ok) return outcomeOf([applied]);
      return outcomeOf([applied, await client.request('GET', `${configMaps}/canary`, { signal })]);
    },
    heard: () => readBack(admin, `${configMaps}/applied`),
    forget: async () => undefined,
  };
}

/** A kubelet that registers its node with a label, and asks which pods it is to run. */
function kubelet(cluster: Cluster): Conversation {
  const { admin } = cluster;
  const host = cluster.newNode;
  const pod = '/api/v1/namespaces/default/pods/canary';
  return {
    victim: host.name,
    plant: async ({ down }) => {
      await remove(admin, pod);
      await remove(admin, `/api/v1/nodes/${host.name}`);
      await create(admin, '/api/v1/namespaces/default/pods', canaryPod(host.name, down));
    },
    act: async ({ up }, signal) => {
      const access = apiserverAccess(cluster);
      const witness = new Witness(access.server, [{ method: 'GET', path: '/api/v1/pods?' }]);
      const clientCertificate = await cluster.credentials.kubelet(host.name);
      const config = parseKubeletConfiguration(KUBELET_CONFIGURATION, 'KubeletConfiguration');
      const stop = new AbortController();
      const starting = startKubelet({
        host,
        nodeName: host.name,
        config: applyKubeletFlags([`--node-labels=${CANARY}=${up}`], config),
        apiserver: { ...access, clientCertificate, observer: witness },
        sandbox: { attachPod: async () => host },
        servingKeyPair: null,
        clientCaPem: cluster.pki.caPem,
        log: silent,
        signal: stop.signal,
      }).then(
        (started) => started.close(),
        // It was told to stop before it was ready.
        () => undefined,
      );
      await Promise.race([witness.settled, aborted(signal)]);
      stop.abort();
      await starting;
      return witness.outcome();
    },
    heard: () => readBack(admin, `/api/v1/nodes/${host.name}`),
    forget: async () => undefined,
  };
}

/** Without webhooks and ports of its own: what is asked here is asked of its own accord. */
const KUBELET_CONFIGURATION = JSON.stringify({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  enableServer: false,
  healthzPort: 0,
  authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
});

function canaryPod(nodeName: string, down: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'canary', namespace: 'default', annotations: { [CANARY]: down } },
    spec: { nodeName, containers: [{ name: 'pause', image: 'registry.k8s.io/pause' }] },
  };
}

/** A machine that joins: it asks for its certificate with a bootstrap token, and an administrator approves. */
function joiningKubelet(cluster: Cluster): Conversation {
  const { admin, newNode: host, pki } = cluster;
  let down = '';
  return {
    victim: host.name,
    plant: async (canaries) => {
      // It is in what the administrator says when he approves.
      down = canaries.down;
      await remove(admin, SIGNING_REQUESTS);
    },
    act: async (_canaries, signal) => {
      const stop = new AbortController();
      const approving = approveByHand(admin, pki.authority, down, stop.signal);
      const access = { ...apiserverAccess(cluster), token: await cluster.credentials.bootstrapToken() };
      const observer = new Witness(access.server, null);
      await using client = new KubeClient({ ...access, from: host, observer });
      const issued = await bootstrapClientCertificate({
        client,
        nodeName: host.name,
        keyPem: privateKeyPem((await generateKey('ec-p256')).privateKey),
        clock: systemClock,
        log: silent,
        signal,
      });
      stop.abort();
      await approving;
      const { stdout } = observer.outcome();
      return issued.kind === 'failed' ? failed(issued.text, { stdout }) : succeeded({ stdout });
    },
    heard: () => readBack(admin, SIGNING_REQUESTS),
    forget: async () => undefined,
  };
}

/** A controller-manager that takes the lease in its host's name and looks after the service accounts of namespaces. */
function controllerManager(cluster: Cluster): Conversation {
  const { admin } = cluster;
  const namespace = '/api/v1/namespaces/default';
  return leader(cluster, 'kube-controller-manager', cluster.pki.controllerManager, {
    plant: ({ down }) => annotate(admin, namespace, down),
    reads: '/api/v1/namespaces',
    start: (client, hostname) =>
      startControllerManager({
        client,
        hostname,
        controllers: ['serviceaccount-controller'],
        log: silent,
      }),
  });
}

/** A scheduler that takes the lease in its host's name and looks for pods without a node. */
function scheduler(cluster: Cluster): Conversation {
  const { admin } = cluster;
  return leader(cluster, 'kube-scheduler', cluster.pki.scheduler, {
    plant: ({ down }) => annotate(admin, '/api/v1/namespaces/default/pods/web', down),
    reads: '/api/v1/pods',
    start: (client, hostname) => startScheduler({ client, hostname, log: silent }),
  });
}

interface Leader {
  readonly plant: (canaries: Canaries) => Promise<void>;
  /** The collection that holds what is planted. */
  readonly reads: string;
  readonly start: (client: KubeClientOptions, hostname: string) => { close(): Promise<void> };
}

/** One that stands by on the second control-plane machine: the first one's own would not have to leave it. */
function leader(
  cluster: Cluster,
  name: string,
  clientCertificate: KeyPair,
  { plant, reads, start }: Leader,
): Conversation {
  const { admin, standby } = cluster;
  const lease = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`;
  return {
    victim: standby.name,
    plant: async (canaries) => {
      await remove(admin, lease);
      await plant(canaries);
    },
    act: async ({ up }, signal) => {
      const access = apiserverAccess(cluster);
      const witness = new Witness(access.server, [
        { method: 'POST', path: dirname(lease) },
        { method: 'GET', path: reads },
      ]);
      const running = start({ ...access, clientCertificate, from: standby, observer: witness }, up);
      await Promise.race([witness.settled, aborted(signal)]);
      await running.close();
      return witness.outcome();
    },
    heard: () => readBack(admin, lease),
    forget: async () => undefined,
  };
}

/** A scraper with the token of a service account that may read the metrics of nodes. */
function scraper(cluster: Cluster): Conversation {
  const { admin } = cluster;
  const pods = '/api/v1/namespaces/default/pods';
  let planted: string | null = null;
  return {
    victim: cluster.workstation.name,
    plant: async ({ down }) => {
      if (planted !== null) await remove(admin, `${pods}/${planted}`);
      planted = down;
      const pod = canaryPod('node-1', down);
      await create(admin, pods, { ...pod, metadata: { ...pod.metadata, name: down } });
      await cluster.whenRunning('node-1', 'default', down);
    },
    act: async (_canaries, signal) => {
      const token = await cluster.credentials.token(prometheus);
      const server = { host: addresses.node1, port: ports.kubelet };
      const trust = cluster.clientTrust(addresses.node1);
      const observer = new Witness(server, null);
      await using client = new KubeClient({
        from: cluster.workstation,
        server,
        trust,
        token,
        userAgent: 'Prometheus/3.4.0',
        observer,
      });
      await client.request('GET', '/metrics/resource', { signal });
      return observer.outcome();
    },
    heard: async () => Buffer.alloc(0),
    forget: async () => undefined,
  };
}

/** What Prometheus needs for kubelets and for finding them. Source: prometheus-operator's kube-prometheus, prometheus-clusterRole.yaml. */
const prometheus: ServiceAccountSpec = {
  namespace: 'monitoring',
  name: 'prometheus',
  rules: [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    {
      apiGroups: [''],
      resources: ['nodes', 'services', 'endpoints', 'pods'],
      verbs: ['get', 'list', 'watch'],
    },
  ],
};

/** The apiserver as the kubeconfigs of the lab name it under the defence that is in force. */
function apiserverAccess(cluster: Cluster): Pick<KubeClientOptions, 'server' | 'trust'> {
  const host = addresses.controlPlane;
  return { server: { host, port: ports.apiserver }, trust: cluster.clientTrust(host) };
}

function outcomeOf(answers: readonly KubeResponse[]): CommandOutcome {
  const stdout = Buffer.concat(answers.map(({ body }) => body));
  const words = answers.at(-1)?.words ?? '';
  return words === '' ? succeeded({ stdout }) : failed(words, { stdout });
}

function configMap(name: string, data: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data,
  } as KubeObject;
}

async function put(admin: KubeClient, path: string, body: KubeObject): Promise<void> {
  mustBe(await admin.request('PATCH', `${path}?fieldManager=lab&force=true`, { body, contentType: APPLY }));
}

async function create(admin: KubeClient, path: string, body: KubeObject): Promise<void> {
  mustBe(await admin.request('POST', path, { body }));
}

async function annotate(admin: KubeClient, path: string, down: string): Promise<void> {
  const body = { metadata: { annotations: { [CANARY]: down } } };
  mustBe(await admin.request('PATCH', path, { body, contentType: 'application/merge-patch+json' }));
}

/** At once, whoever would have to agree: what is left of the run before must not be taken for this one's. */
async function remove(admin: KubeClient, path: string): Promise<void> {
  const answer = await admin.request('DELETE', `${path}?gracePeriodSeconds=0`);
  if (answer.status !== 404) mustBe(answer);
}

async function readBack(admin: KubeClient, path: string): Promise<Buffer> {
  const answer = await admin.request('GET', path);
  if (answer.status !== 404) mustBe(answer);
  return answer.body;
}

function mustBe(answer: KubeResponse): void {
  if (answer.ok) return;
  throw new MidplaneError('LAB_START_FAILED', `the lab could not prepare a run: ${answer.words}`);
}
