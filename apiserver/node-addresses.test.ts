import { beforeAll, describe, expect, test } from '@jest/globals';
import { Backend, controlPlane, type Keys, mintKeys, TestCluster } from './cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

async function clusterWith(
  node: { address: string; port?: number },
  ...argv: string[]
): Promise<TestCluster> {
  const cluster = await TestCluster.start(keys, argv);
  await cluster.create('/api/v1/nodes', {
    metadata: { name: 'bad' },
    status: {
      addresses: [{ type: 'InternalIP', address: node.address }],
      daemonEndpoints: { kubeletEndpoint: { Port: node.port ?? 10250 } },
    },
  });
  await cluster.addPod('stray', [{ name: 'app', image: 'i' }], 'bad');
  return cluster;
}

const kubeletPort = '/api/v1/nodes/bad/proxy/pods';
const otherPort = '/api/v1/nodes/bad:9100/proxy/';
const logs = '/api/v1/namespaces/default/pods/stray/log';
const notAllowed = { code: 400, reason: 'BadRequest', message: 'address not allowed' };
const forbidden = [
  '127.0.0.1',
  '127.8.8.8',
  'localhost',
  '169.254.169.254',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  'fe80::1',
] as const;

describe('a node at an address that only the control plane may reach', () => {
  test.each(forbidden)('%s is not proxied to, on whichever port', async (address) => {
    await using cluster = await clusterWith({ address });
    for (const path of [kubeletPort, otherPort])
      expect((await cluster.ask('GET', path)).json).toMatchObject(notAllowed);
    expect(cluster.told('backend-dialled')).toEqual([]);
  });

  test.each(['127.0.0.1', '169.254.169.254'])(
    '%s is dialled on the kubelet’s port alone while CVE-2022-3294 is emulated',
    async (address) => {
      await using cluster = await clusterWith({ address }, '--midplane-emulate-cve=CVE-2022-3294');
      expect((await cluster.ask('GET', kubeletPort)).json).toMatchObject({ code: 503 });
      expect((await cluster.ask('GET', otherPort)).json).toMatchObject(notAllowed);
      expect(cluster.told('backend-dialled')).toMatchObject([{ target: `https://${address}:10250` }]);
    },
  );

  test('is still dialled for logs, which have no such check', async () => {
    await using cluster = await clusterWith({ address: '127.0.0.1' });
    const answer = await cluster.ask('GET', logs);
    expect(answer.json.message).toBe(
      'Get "https://127.0.0.1:10250/containerLogs/default/stray/app": dial tcp 127.0.0.1:10250: connect: connection refused',
    );
  });

  test('and a name that nobody knows is told as such', async () => {
    await using cluster = await clusterWith({ address: 'nowhere' });
    expect((await cluster.ask('GET', kubeletPort)).json).toMatchObject({
      code: 400,
      message: 'lookup nowhere: no such host',
    });
  });
});

describe('a node at the apiserver’s own address, which is as good as any in its network', () => {
  const withCa = '--kubelet-certificate-authority=ca.crt';

  test.each([[[]], [[withCa]]])('is proxied to with %j: the apiserver is asked by itself', async (argv) => {
    await using cluster = await clusterWith(controlPlane, ...argv);
    const answer = await cluster.ask('GET', '/api/v1/nodes/bad/proxy/apis');
    expect(answer.json).toMatchObject({ kind: 'APIGroupList' });
    const users = cluster.told('request-received').map(({ user }) => user);
    expect(users.slice(-2)).toEqual(['admin', 'kube-apiserver-kubelet-client']);
  });

  test('is refused once the common name is compared (KEP-4872, in no release)', async () => {
    const flags = ['--feature-gates=KubeletCertCNValidation=true', '--enable-kubelet-cert-cn-validation'];
    await using cluster = await clusterWith(controlPlane, withCa, ...flags);
    expect((await cluster.ask('GET', '/api/v1/nodes/bad/proxy/apis')).json).toMatchObject({
      code: 503,
      message:
        'error trying to reach service: x509: certificate has common name "kube-apiserver", not "system:node:bad"',
    });
  });
});

describe('a node at another machine’s address', () => {
  test('is dialled there, with the certificate of the apiserver', async () => {
    const at = { address: '10.0.0.11', port: 10257 };
    await using cluster = await clusterWith(at);
    const other = await Backend.at(cluster.node, at, keys.kubelet, {});
    expect((await cluster.ask('GET', kubeletPort)).text).toBe('hello');
    expect(other.seen).toMatchObject([{ url: '/pods', showedCertificate: true }]);
  });
});
