import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Clock, systemClock } from '../client/clock';
import { formatKubeconfig, parseKubeconfig } from '../client/kubeconfig';
import { createCertificateRequest } from '../pki/certificate-request';
import { nodeSubject, requestName } from './bootstrap';
import { incompatibility } from './certificate-signing';
import { clientOf } from './client-credential';
import { type ControlPlane, CSRS, startControlPlane } from './joining.test.fixtures';
import { silent } from './kubelet.test.fixtures';
import { openNodeIdentity } from './node-identity';

const key = createPrivateKey(`-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIIxalDV7bEDs5p6d5tRdbcn/5l5mhfLsA4KYTLJvFg8AoAoGCCqGSM49
AwEHoUQDQgAEq0P3YmNUnYxtESfNQInXn79Ld3AdsvrJms1hHTN78M+INFiAvoIc
7nY+xAdTMwdywJw+zw6q/KqLN+PBc/9fsw==
-----END EC PRIVATE KEY-----
`);
const usages = ['digital signature', 'client auth'];

describe('the name of a request', () => {
  test('is the one that a kubelet gives it', () => {
    expect(requestName(key, nodeSubject('node-9'), usages)).toBe(
      'node-csr-oOHVGCStCV-YRZ4qvA9LOAhf7PN8YAywajGgTQv5sWE',
    );
  });

  test.each([
    ['another node', nodeSubject('node-8'), usages],
    ['other usages', nodeSubject('node-9'), [...usages, 'key encipherment']],
    [
      'an organization that runs into the name',
      { commonName: 'system:node:node-9system:nodes', organizations: [] },
      usages,
    ],
  ])('is another one for %s', (_what, subject, asked) => {
    expect(requestName(key, subject, asked)).not.toBe(requestName(key, nodeSubject('node-9'), usages));
  });
});

describe('a request that is there already', () => {
  const requestPem = createCertificateRequest(key, nodeSubject('node-9'));
  const signerName = 'kubernetes.io/kube-apiserver-client-kubelet';
  const ours = { name: null, requestPem, signerName, usages, privateKey: key };
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const now = new Date();

  test.each([
    ['of the same key', { request: base64(requestPem), signerName }, null],
    [
      'of the same key, signed another time',
      { request: base64(createCertificateRequest(key, nodeSubject('node-9'))), signerName },
      null,
    ],
    [
      'for another signer',
      { request: base64(requestPem), signerName: 'kubernetes.io/kube-apiserver-client' },
      'csr signerNames differ: new "kubernetes.io/kube-apiserver-client", orig: "kubernetes.io/kube-apiserver-client-kubelet"',
    ],
    [
      'for another node',
      { request: base64(createCertificateRequest(key, nodeSubject('node-8'))), signerName },
      'csr subjects differ: new: "system:node:node-8", orig: "system:node:node-9"',
    ],
    [
      'of another key',
      { request: base64(createCertificateRequest(other, nodeSubject('node-9'))), signerName },
      'error validating signature new CSR against old key: x509: ECDSA verification failure',
    ],
    [
      'that is none',
      { request: base64('nonsense'), signerName },
      'unable to parse new csr: PEM block type must be CERTIFICATE REQUEST',
    ],
  ])('%s', (_what, spec, fault) => {
    expect(incompatibility({ spec }, ours, now)).toBe(fault);
  });
});

describe('a node without rotation', () => {
  let folder: string;
  let cluster: ControlPlane;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'midplane-bootstrap-'));
    cluster = await startControlPlane();
    await writeFile(join(folder, 'bootstrap.conf'), formatKubeconfig(cluster.bootstrapConfig, 'bootstrap'));
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const open = (over: { signal?: AbortSignal; clock?: Clock; rotate?: boolean } = {}) =>
    openNodeIdentity({
      from: cluster.node,
      nodeName: 'node-9',
      kubeconfig: join(folder, 'kubelet.conf'),
      bootstrapKubeconfig: join(folder, 'bootstrap.conf'),
      certDir: join(folder, 'pki'),
      rotate: false,
      clock: systemClock,
      log: silent,
      signal: new AbortController().signal,
      ...over,
    });

  test('asks as the token, and leaves certificate and kubeconfig', async () => {
    const opening = open();
    const csr = await cluster.whenAsked();
    expect(csr).toMatchObject({
      metadata: { name: expect.stringMatching(/^node-csr-[\w-]{43}$/) },
      spec: {
        signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
        usages: ['digital signature', 'client auth'],
        username: 'system:bootstrap:abcdef',
      },
    });
    expect(await readdir(join(folder, 'pki'))).toEqual(['kubelet-client.key.tmp']);
    expect((await stat(join(folder, 'pki', 'kubelet-client.key.tmp'))).mode & 0o777).toBe(0o600);
    await cluster.sign(csr);
    const { access } = await opening;

    const kubeconfig = await readFile(join(folder, 'kubelet.conf'), 'utf8');
    const current = join(folder, 'pki', 'kubelet-client-current.pem');
    expect(JSON.parse(kubeconfig)).toMatchObject({
      'current-context': 'default-context',
      clusters: [{ name: 'default-cluster', cluster: { server: 'https://10.0.0.10:6443' } }],
      users: [{ name: 'default-auth', user: { 'client-certificate': current, 'client-key': current } }],
    });
    expect(kubeconfig).not.toContain('0123456789abcdef');
    expect((await stat(join(folder, 'kubelet.conf'))).mode & 0o777).toBe(0o600);
    expect(await readlink(current)).toMatch(/\/kubelet-client-\d{4}(-\d\d){5}\.pem$/);
    expect((await readdir(join(folder, 'pki'))).length).toBe(2);
    const read = await parseKubeconfig(kubeconfig, 'kubelet.conf', (path) => readFile(path, 'utf8'));
    expect(access).toEqual(read);
    await using node = clientOf(cluster.node, read);
    const review = await node.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: {},
    });
    expect(review.json()).toMatchObject({
      status: {
        userInfo: {
          username: 'system:node:node-9',
          groups: expect.arrayContaining(['system:nodes']),
        },
      },
    });
  });

  test('that is good asks nobody', async () => {
    const first = open();
    await cluster.sign(await cluster.whenAsked());
    const { access } = await first;
    expect((await open()).access).toEqual(access);
    expect(await cluster.csrs()).toHaveLength(1);
  });

  test('that was stopped goes on with the request it made', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    const first = open({ signal: stop.signal });
    const csr = await cluster.whenAsked();
    stop.abort(reason);
    await expect(first).rejects.toBe(reason);
    const second = open();
    await cluster.sign(csr);
    await second;
    expect(await cluster.csrs()).toHaveLength(1);
  });

  test('that is denied gives up, and says why', async () => {
    const opening = open();
    await cluster.deny(await cluster.whenAsked());
    await expect(opening).rejects.toMatchObject({
      code: 'CERTIFICATE_UNUSABLE',
      message:
        'failed to run Kubelet: cannot watch on the certificate signing request: certificate signing request is denied, reason: NotYou, message: somebody decided',
    });
    // The same key again: the same request, which is still denied.
    await expect(open()).rejects.toThrow('certificate signing request is denied');
    expect(await cluster.csrs()).toHaveLength(1);
  });

  test.each([
    ['a file where its folder should be', 'pki', 'FILE_UNREADABLE', /ENOTDIR|EEXIST/],
    [
      'nonsense where its certificate should be',
      'pki/kubelet-client-current.pem',
      'PEM_INVALID',
      /could not convert/,
    ],
  ])('that would rotate and finds %s says so', async (_what, path, code, message) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), 'nonsense');
    const opening = open({ rotate: true });
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('whose request is deleted gives up', async () => {
    const opening = open();
    const { metadata } = await cluster.whenAsked();
    await cluster.admin.request('DELETE', `${CSRS}/${metadata.name}`);
    await expect(opening).rejects.toThrow(`csr "${metadata.name}" was deleted`);
  });

  test('whose certificate is over asks again, with the key it has', async () => {
    const first = open();
    const csr = await cluster.whenAsked();
    await cluster.sign(csr, 1_000, new Date(Date.now() - 60_000));
    await first;
    const second = open();
    // Of the same name, whose certificate is over: it has to go first.
    await expect(second).rejects.toThrow(
      'retrieved csr is not compatible: one of the certificates for the CSR has expired',
    );
    await cluster.admin.request('DELETE', `${CSRS}/${csr.metadata.name}`);
    const third = open();
    const again = await cluster.whenAsked();
    expect(again.metadata.name).toBe(csr.metadata.name);
    await cluster.sign(again);
    await third;
  });

  test('with a token that nobody knows says what the apiserver said', async () => {
    const config = { ...cluster.bootstrapConfig, token: 'abcdef.aaaaaaaaaaaaaaaa' };
    await writeFile(join(folder, 'bootstrap.conf'), formatKubeconfig(config, 'bootstrap'));
    // Even /healthz refuses it: a minute is waited for that to change.
    let now = Date.now();
    const clock = {
      now: () => new Date(now),
      pause: async (ms: number) => {
        now += ms;
      },
    };
    await expect(open({ clock })).rejects.toMatchObject({
      message: 'failed to run Kubelet: cannot create certificate signing request: Unauthorized',
    });
  });

  test('that began insecurely stays insecure', async () => {
    const config = { ...cluster.bootstrapConfig, trust: { kind: 'verify-nobody' } as const };
    await writeFile(join(folder, 'bootstrap.conf'), formatKubeconfig(config, 'bootstrap'));
    const opening = open();
    await cluster.sign(await cluster.whenAsked());
    await opening;
    const kubeconfig = await readFile(join(folder, 'kubelet.conf'), 'utf8');
    expect(JSON.parse(kubeconfig)).toMatchObject({
      clusters: [{ cluster: { 'insecure-skip-tls-verify': true } }],
    });
  });
});
