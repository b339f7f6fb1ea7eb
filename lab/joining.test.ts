import { expect, test } from '@jest/globals';
import pino from 'pino';
import { systemClock } from '../client/clock';
import { CLIENT_SIGNER, nodeSubject } from '../kubelet/bootstrap';
import { CertificateManager } from '../kubelet/certificate-manager';
import { memoryStore } from '../kubelet/certificate-store';
import { clientOf } from '../kubelet/client-credential';
import { discoverCluster } from '../kubelet/discover-cluster';
import { startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { pinsOf } from '../kubelet/public-key-pin';
import { addresses, ports } from './addresses';
import { defenceSettings } from './defences';
import { bootstrapTokenSecret } from './joining-objects';
import { mintPeople } from './lab-people';
import { mintLabPki } from './lab-pki';
import { startStandingLab } from './standing-lab';

const log = pino({ level: 'silent' });
const token = { id: 'abcdef', secret: '0123456789abcdef' };
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** A third machine, with nothing but a token and the hash of the authority, in a lab with all its controllers. */
test('a node joins a lab that runs, and is asked through the apiserver once its serving certificate is there, as those of the others are', async () => {
  const pki = await mintLabPki();
  const settings = defenceSettings('kubelet-ca');
  if (settings === null) throw new Error('kubelet-ca is always run');
  await using lab = await startStandingLab({
    pki,
    people: await mintPeople(pki.authority, pki.admin),
    settings,
    log,
    port: 0,
    apiserverFlags: [],
    readFile: () => Promise.reject(new Error('no file')),
  });
  const { admin, newNode: host } = lab.cluster;
  await admin.request('POST', '/api/v1/namespaces/kube-system/secrets', {
    body: bootstrapTokenSecret(token, new Date(Date.now() + 3_600_000)),
  });
  const server = { host: addresses.controlPlane, port: ports.apiserver };
  const found = await discoverCluster({
    from: host,
    server,
    token,
    caCertHashes: pinsOf(pki.caPem),
    clock: systemClock,
    log,
    signal: new AbortController().signal,
  });
  if (found.kind === 'refused') throw new Error(found.text);
  // What cluster-info says is the lab's door on the loopback, which this machine has no way to.
  expect(found.config.server).toEqual(lab.at);
  const trust = { ...found.config.trust, host: server.host } as typeof found.config.trust;

  const credential = await CertificateManager.open({
    name: 'client',
    signerName: CLIENT_SIGNER,
    usage: 'client auth',
    template: () => nodeSubject('node-3'),
    store: memoryStore(),
    connect: (current) =>
      clientOf(
        host,
        current === null ? { ...found.config, server, trust } : { server, trust, clientCertificate: current },
      ),
    clock: systemClock,
    log,
  });
  credential.start();
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.node3,
    healthzPort: 0,
    authentication: { x509: { clientCAFile: 'ca.crt' } },
    serverTLSBootstrap: true,
  };
  const kubelet = await startKubelet({
    host,
    nodeName: 'node-3',
    config: parseKubeletConfiguration(JSON.stringify(configuration), 'node-3'),
    apiserver: { server, trust, clientCertificate: credential },
    sandbox: { attachPod: () => host },
    servingKeyPair: null,
    clientCaPem: pki.caPem,
    log,
  });
  try {
    const csrs = async (signer: string) => {
      const answer = await admin.request('GET', CSRS);
      const { items } = answer.json() as {
        items: { spec: { signerName: string }; status: object; metadata: { name: string } }[];
      };
      return items.filter((it) => it.spec.signerName === signer);
    };
    expect(await csrs(CLIENT_SIGNER)).toMatchObject([
      {
        spec: { username: 'system:bootstrap:abcdef' },
        status: { conditions: [{ type: 'Approved', reason: 'AutoApproved' }] },
      },
    ]);

    const askKubelet = (node: string) => admin.request('GET', `/api/v1/nodes/${node}/proxy/healthz`);
    let asked = await askKubelet('node-3');
    while (asked.words.includes('remote error: tls: internal error')) asked = await askKubelet('node-3');
    expect({ status: asked.status, words: asked.words }).toEqual({ status: 200, words: '' });
    const serving = await csrs('kubernetes.io/kubelet-serving');
    const requesters = serving.map((it) => (it.spec as { username?: string }).username);
    expect(requesters.sort()).toEqual(['node-1', 'node-2', 'node-3'].map((name) => `system:node:${name}`));
    for (const { status } of serving) {
      const certificate = expect.any(String);
      const conditions = [{ type: 'Approved', reason: 'MidplaneApproved' }];
      expect(status).toMatchObject({ certificate, conditions });
    }
    // The first two had theirs before the lab was said to run, and no key of theirs is any other's.
    for (const node of ['node-1', 'node-2'] as const) {
      expect((await askKubelet(node)).words).toBe('');
      expect(lab.cluster.kubeletServing[node].keyPem).not.toBe(pki.kubeletServing[node].keyPem);
    }
  } finally {
    await kubelet.close();
    await credential.close();
  }
}, 40_000);
