import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pino from 'pino';
import { fieldsOf, itemsOf, textOf } from '../api/fields';
import type { KubeObject, Pod } from '../api/objects';
import { Informer } from '../client/informer';
import { seededRandomness } from '../randomness';
import { parseCertificateRequest } from '../wire/certificate-request';
import { pemBlocks } from '../wire/pem';
import { type Cluster, startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';

/** What a cluster with its control loops draws by chance, in the course of the same work. */
const log = pino({ level: 'silent' });

const drawn = new Map<string, Awaited<ReturnType<typeof workIn>>>();

beforeAll(async () => {
  for (const name of ['one', 'same', 'other']) drawn.set(name, await workIn(name === 'other' ? 'b' : 'a'));
}, 60_000);

afterAll(() => drawn.clear());

const kindsDrawn = [
  'uids of objects',
  'names that the apiserver makes',
  'addresses and ports of services',
  'identifiers of containers',
  'holders of leases',
  'keys that kubelets make',
  'identifiers of tokens',
  'bootstrap tokens',
] as const;

test.each(kindsDrawn)('%s are the same for the same seed, and others for another', (kind) => {
  const [one, same, other] = ['one', 'same', 'other'].map((name) => drawn.get(name)?.[kind] ?? []);
  expect(one?.length).toBeGreaterThan(0);
  expect(same).toEqual(one);
  expect(other?.filter((it) => one?.includes(it))).toEqual([]);
});

async function workIn(seed: string): Promise<Record<(typeof kindsDrawn)[number], string[]>> {
  const random = seededRandomness(seed);
  const settings = defenceSettings('kubelet-ca');
  if (settings === null) throw new Error('the defence kubelet-ca is always run');
  await using cluster = await startCluster({
    pki: await mintLabPki({ random: random.for('pki') }),
    settings,
    log,
    controllers: true,
    servingOnRequest: true,
    controllerSettings: { approveKubeletServing: 'node-addresses' },
    random: random.for('lab'),
  });
  await create(cluster, '/apis/apps/v1/namespaces/default/deployments', deployment);
  await create(cluster, '/api/v1/namespaces/default/services', service);
  await threeRun(cluster);
  const token = await cluster.credentials.token({ namespace: 'default', name: 'a', clusterRole: 'view' });
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const [objects, pods, services, leases, requests] = [
    (await Promise.all(collections.map((path) => list(cluster, path)))).flat(),
    await list(cluster, '/api/v1/pods'),
    await list(cluster, '/api/v1/services'),
    await list(cluster, '/apis/coordination.k8s.io/v1/leases'),
    await list(cluster, '/apis/certificates.k8s.io/v1/certificatesigningrequests'),
  ];
  const generated = [...pods, ...requests].filter(({ metadata }) => metadata.generateName !== undefined);
  return {
    'uids of objects': objects.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.uid}`),
    'names that the apiserver makes': generated.map(({ metadata }) => metadata.name),
    'addresses and ports of services': services.filter(({ metadata }) => metadata.name === 'd').map(placeOf),
    'identifiers of containers': pods.flatMap(({ status }) =>
      itemsOf(fieldsOf(status)['containerStatuses']).map(({ containerID }) => textOf(containerID)),
    ),
    'holders of leases': leases
      .map(({ spec }) => textOf(fieldsOf(spec)['holderIdentity']))
      .filter((holder) => holder.includes('_')),
    'keys that kubelets make': requests.map(keyAskedFor),
    'identifiers of tokens': [String(claims.jti)],
    'bootstrap tokens': [await cluster.credentials.bootstrapToken()],
  };
}

/** What is there for certain by now. Events would be others in any case: their names are the time of day. */
const collections = [
  '/api/v1/pods',
  '/api/v1/services',
  '/api/v1/nodes',
  '/api/v1/namespaces',
  '/apis/apps/v1/deployments',
  '/apis/apps/v1/replicasets',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
];

const labels = { app: 'd' };
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'midplane/web' }] } },
  },
};
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'd' },
  spec: { type: 'NodePort', selector: labels, ports: [{ port: 80 }] },
};

async function create({ admin }: Cluster, path: string, body: object): Promise<void> {
  const answer = await admin.request('POST', path, { body });
  if (!answer.ok) throw new Error(answer.words);
}

async function threeRun({ admin }: Cluster): Promise<void> {
  const pods = new Informer<Pod>({ client: admin, path: '/api/v1/pods', log });
  const areRunning = (): boolean =>
    pods
      .list()
      .filter(({ metadata, status }) => metadata.labels?.['app'] === 'd' && status?.phase === 'Running')
      .length === 3;
  await pods.until(areRunning, 15_000);
  await pods.close();
}

/** An item of a list says its kind no more than upstream's does. */
async function list({ admin }: Cluster, path: string): Promise<(KubeObject & Record<string, unknown>)[]> {
  const answer = await admin.request('GET', path);
  return (answer.json() as { items: (KubeObject & Record<string, unknown>)[] }).items;
}

function placeOf({ spec }: Record<string, unknown>): string {
  const { clusterIP, ports } = fieldsOf(spec);
  return `${textOf(clusterIP)} ${itemsOf(ports).map(({ nodePort }) => nodePort)}`;
}

function keyAskedFor({ spec }: Record<string, unknown>): string {
  const pem = Buffer.from(textOf(fieldsOf(spec)['request']), 'base64').toString();
  const [block] = pemBlocks(pem);
  const request = block === undefined ? null : parseCertificateRequest(block.der);
  return request !== null && 'rawPublicKey' in request ? request.rawPublicKey.toString('hex') : '';
}
