import { randomUUID, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { Informer } from '../client/informer';
import { KubeClient } from '../client/kube-client';
import type { CertificateSigningRequest } from '../controller-manager/certificate-signing-request';
import { type MadeRequest, makeRequest } from '../pki/certificate-request.test.fixtures';
import { privateKeyPem } from '../pki/key-algorithm';
import type { KeyPair } from '../wire/pem';
import { addresses, ports } from './addresses';
import { type Cluster, startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';

/** The signers and approvers in a whole lab: who gets a certificate, whose word that needs, and what it opens. */
const log = pino({ level: 'silent' });
const WITHIN_MS = 10_000;
const at = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const clientUsages = ['digital signature', 'client auth'];
const servingUsages = ['digital signature', 'server auth'];

let cluster: Cluster;
let requests: Informer<CertificateSigningRequest>;

beforeAll(async () => {
  cluster = await startLab('none');
  requests = new Informer({ client: cluster.admin, path: at, log });
}, 30_000);

afterAll(async () => {
  await requests?.close();
  await cluster?.close();
});

async function startLab(approveKubeletServing: 'none' | 'shape' | 'node-addresses'): Promise<Cluster> {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence none is always run');
  return startCluster({
    pki: await mintLabPki(),
    settings,
    log,
    controllers: true,
    controllerSettings: { approveKubeletServing },
  });
}

function clientOf({ pki, workstation }: Cluster, clientCertificate: KeyPair): KubeClient {
  return new KubeClient({
    from: workstation,
    server: { host: addresses.controlPlane, port: ports.apiserver },
    trust: { kind: 'verify', bundlePem: pki.caPem, host: addresses.controlPlane },
    clientCertificate,
  });
}

interface Wish {
  readonly signerName: string;
  readonly usages: readonly string[];
  readonly expirationSeconds?: number;
}

async function ask(client: KubeClient, made: MadeRequest, wish: Wish): Promise<string> {
  const name = `csr-${randomUUID()}`;
  const body = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: { request: made.base64, ...wish },
  };
  const answer = await client.request('POST', at, { body });
  if (!answer.ok) throw new Error(answer.words);
  return name;
}

async function decide(client: KubeClient, name: string, type: 'Approved' | 'Denied'): Promise<void> {
  const csr = (await client.request('GET', `${at}/${name}`)).json() as CertificateSigningRequest;
  const status = { conditions: [{ type, status: 'True', reason: 'Test', message: 'by hand' }] };
  const answer = await client.request('PUT', `${at}/${name}/approval`, { body: { ...csr, status } });
  if (!answer.ok) throw new Error(answer.words);
}

/** As `kubectl get csr` shows it, as soon as that is one of these. */
async function becomes(of: Informer<CertificateSigningRequest>, name: string, wanted: RegExp) {
  const now = () => of.get('', name);
  const conditions = () => (now()?.status?.conditions ?? []).map(({ type }) => type).join();
  const word = () => `${conditions()}${now()?.status?.certificate ? ',Issued' : ''}`;
  await of.until(() => wanted.test(word()), WITHIN_MS);
  expect(word()).toMatch(wanted);
  return now() as CertificateSigningRequest;
}

function certificateOf({ status }: CertificateSigningRequest): string {
  return Buffer.from(status?.certificate ?? '', 'base64').toString();
}

const client = 'kubernetes.io/kube-apiserver-client';

describe('a person who asks for a client certificate', () => {
  test.each(['P-256', 'RSA', 'Ed25519'] as const)(
    'waits for somebody’s word, and then is who they asked to be (%s)',
    async (key) => {
      const made = await makeRequest({ commonName: 'jane', organizations: ['dev'], key });
      const usages = key === 'RSA' ? [...clientUsages, 'key encipherment'] : clientUsages;
      const name = await ask(cluster.admin, made, { signerName: client, usages, expirationSeconds: 3600 });
      await becomes(requests, name, /^$/);
      await decide(cluster.admin, name, 'Approved');
      const certPem = certificateOf(await becomes(requests, name, /^Approved,Issued$/));
      const leaf = new X509Certificate(certPem);
      const lifeMs = Date.parse(leaf.validTo) - Date.parse(leaf.validFrom);
      expect(lifeMs).toBe(65 * 60 * 1000);

      const jane = clientOf(cluster, { certPem, keyPem: privateKeyPem(made.privateKey) });
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const me = await jane.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body });
      expect(me.json()).toMatchObject({
        status: { userInfo: { username: 'jane', groups: ['dev', 'system:authenticated'] } },
      });
      await jane.close();
    },
  );

  test('gets nothing when it is denied', async () => {
    const name = await ask(cluster.admin, await makeRequest(), { signerName: client, usages: clientUsages });
    await decide(cluster.admin, name, 'Denied');
    const after = await ask(cluster.admin, await makeRequest(), { signerName: client, usages: clientUsages });
    await decide(cluster.admin, after, 'Approved');
    await becomes(requests, after, /^Approved,Issued$/);
    expect((await becomes(requests, name, /^Denied$/)).status?.certificate).toBeUndefined();
  });

  test('gets nothing that the signer does not sign, whoever approves it', async () => {
    const name = await ask(cluster.admin, await makeRequest(), { signerName: client, usages: servingUsages });
    await decide(cluster.admin, name, 'Approved');
    expect((await becomes(requests, name, /Failed/)).status).toEqual({
      conditions: [
        expect.objectContaining({ type: 'Approved' }),
        expect.objectContaining({
          type: 'Failed',
          status: 'True',
          reason: 'SignerValidationFailure',
          message: 'invalid usage for client certificate: server auth',
        }),
      ],
    });
  });

  test('gets nothing from a signer that is not of Kubernetes', async () => {
    const other = { signerName: 'example.com/signer', usages: clientUsages };
    const name = await ask(cluster.admin, await makeRequest(), other);
    await decide(cluster.admin, name, 'Approved');
    const after = await ask(cluster.admin, await makeRequest(), { signerName: client, usages: clientUsages });
    await decide(cluster.admin, after, 'Approved');
    await becomes(requests, after, /^Approved,Issued$/);
    await becomes(requests, name, /^Approved$/);
  });
});

describe('a kubelet that asks for a client certificate', () => {
  const wish = { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: clientUsages };
  const nodeRequest = (node: string) =>
    makeRequest({ commonName: `system:node:${node}`, organizations: ['system:nodes'] });

  test('renews its own once it may, and until then it waits', async () => {
    await bind('system:node-bootstrapper', 'renewers');
    const node = clientOf(cluster, await certified('system:node:node-9', 'renewers'));
    const name = await ask(node, await nodeRequest('node-9'), wish);
    const others = await ask(node, await nodeRequest('node-8'), wish);
    await becomes(requests, name, /^$/);
    await bind(`${rights}:selfnodeclient`, 'renewers');
    const csr = await becomes(requests, name, /^Approved,Issued$/);
    expect(csr.status?.conditions?.[0]).toMatchObject({
      reason: 'AutoApproved',
      message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    });
    expect(new X509Certificate(certificateOf(csr)).subject).toBe('O=system:nodes\nCN=system:node:node-9');
    // The same right does not give it its neighbour's.
    await becomes(requests, await ask(node, await nodeRequest('node-9'), wish), /^Approved,Issued$/);
    await becomes(requests, others, /^$/);
    await node.close();
  });

  test('gets any node’s, where it may have one node’s: upstream’s approver looks no further', async () => {
    await bind('system:node-bootstrapper', 'joiners');
    await bind(`${rights}:nodeclient`, 'joiners');
    const joining = clientOf(cluster, await certified('system:bootstrap:abcdef', 'joiners'));
    const csr = await becomes(
      requests,
      await ask(joining, await nodeRequest('node-2'), wish),
      /^Approved,Issued$/,
    );
    expect(csr.spec.username).toBe('system:bootstrap:abcdef');
    expect(csr.status?.conditions?.[0]?.message).toBe(
      'Auto approving kubelet client certificate after SubjectAccessReview.',
    );
    await joining.close();
  });
});

const rights = 'system:certificates.k8s.io:certificatesigningrequests';

function certified(commonName: string, ...organizations: string[]): Promise<KeyPair> {
  return cluster.pki.authority.issue({ commonName, organizations, usages: ['clientAuth'] });
}

async function bind(role: string, group: string): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  const body = {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `test:${group}:${role}` },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup, kind: 'Group', name: group }],
  };
  const answer = await cluster.admin.request('POST', `/apis/${apiGroup}/v1/clusterrolebindings`, { body });
  if (!answer.ok) throw new Error(answer.words);
}

/** node-1 asks for its own name and address, and then for its neighbour's. */
async function askForServing(lab: Cluster) {
  const kubelet = clientOf(lab, lab.pki.kubeletClients['node-1']);
  const wish = { signerName: 'kubernetes.io/kubelet-serving', usages: servingUsages };
  const of = (value: string) =>
    makeRequest({
      commonName: 'system:node:node-1',
      organizations: ['system:nodes'],
      names: [{ type: 'ip', value }],
    });
  const own = await ask(kubelet, await of(addresses.node1), wish);
  const neighbours = await ask(kubelet, await of(addresses.node2), wish);
  await kubelet.close();
  return { own, neighbours };
}

describe('a kubelet that asks for a serving certificate', () => {
  test('waits for somebody’s word: nothing approves it by itself', async () => {
    const { own, neighbours } = await askForServing(cluster);
    await decide(cluster.admin, own, 'Approved');
    const leaf = new X509Certificate(certificateOf(await becomes(requests, own, /^Approved,Issued$/)));
    expect(leaf.checkIP(addresses.node1)).toBe(addresses.node1);
    await becomes(requests, neighbours, /^$/);
  });

  test.each([
    ['shape', /^Approved,Issued$/],
    ['node-addresses', /^Denied$/],
  ] as const)(
    'gets its own under %s, and its neighbour’s address: %s',
    async (mode, fate) => {
      await using lab = await startLab(mode);
      const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
      expect((await lab.admin.request('GET', `${path}/midplane:kubelet-serving-approver`)).words).toBe('');
      const of = new Informer<CertificateSigningRequest>({ client: lab.admin, path: at, log });
      const { own, neighbours } = await askForServing(lab);
      await becomes(of, own, /^Approved,Issued$/);
      await becomes(of, neighbours, fate);
      await of.close();
    },
    30_000,
  );
});
