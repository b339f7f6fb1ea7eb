import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KeyPair } from '../wire/pem';
import { Backend, type Keys, kubeletAt, mintKeys, TestCluster } from './cluster.test.fixtures';

const log = '/api/v1/namespaces/default/pods/web/log';
const verified = ['--kubelet-certificate-authority=ca.crt'];
const gated = [...verified, '--feature-gates=KubeletCertCNValidation=true'];
const enforced = [...gated, '--enable-kubelet-cert-cn-validation'];
const otherName = 'x509: certificate has common name "system:node:node-2", not "system:node:node-1"';

let keys: Keys;
/** Of node-2, with the address of node-1 in it. */
let neighbour: KeyPair;
beforeAll(async () => {
  keys = await mintKeys();
  neighbour = await keys.ca.issue({
    commonName: 'system:node:node-2',
    ipAddresses: ['10.0.0.12', kubeletAt.address],
    usages: ['serverAuth'],
  });
});

async function clusterShown(pair: KeyPair, argv: readonly string[]) {
  const cluster = await TestCluster.start(keys, argv);
  await cluster.addWorkload();
  const kubelet = await Backend.at(cluster.node, kubeletAt, pair, {});
  return { cluster, kubelet };
}

async function counted(cluster: TestCluster): Promise<string[]> {
  const { text } = await cluster.ask('GET', '/metrics');
  return text
    .split('\n')
    .filter((line) => line.startsWith('kube_apiserver_validation_kubelet_cert_cn_total'))
    .map((line) => line.replace('kube_apiserver_validation_kubelet_cert_cn_total', ''));
}

/** KEP-4872, which no release of Kubernetes has. */
describe("the common name of a kubelet's serving certificate", () => {
  test.each([
    ['with the flag', enforced, 500, ['{status="failure"} 1', '{status="success"} 0']],
    ['with the gate alone', gated, 200, ['{status="failure"} 1', '{status="success"} 0']],
    ['without the gate', verified, 200, []],
    ['without an authority', ['--feature-gates=KubeletCertCNValidation=true'], 200, []],
  ])('of another node, %s, gives status %#', async (_when, argv, status, lines) => {
    const { cluster, kubelet } = await clusterShown(neighbour, argv);
    await using _ = cluster;
    const answer = await cluster.ask('GET', log);
    expect(answer.status).toBe(status);
    expect(kubelet.seen).toHaveLength(status === 200 ? 1 : 0);
    if (status !== 200)
      expect(answer.json.message).toBe(
        `Get "https://10.0.0.11:10250/containerLogs/default/web/app": ${otherName}`,
      );
    expect(await counted(cluster)).toEqual(lines);
  });

  test('of the node itself is let through, and counted', async () => {
    const { cluster, kubelet } = await clusterShown(keys.kubelet, enforced);
    await using _ = cluster;
    expect((await cluster.ask('GET', log)).status).toBe(200);
    expect(kubelet.seen).toMatchObject([{ showedCertificate: true }]);
    expect(await counted(cluster)).toEqual(['{status="failure"} 0', '{status="success"} 1']);
  });

  test('is not looked at by a log request that verifies nobody', async () => {
    const { cluster, kubelet } = await clusterShown(neighbour, enforced);
    await using _ = cluster;
    expect((await cluster.ask('GET', `${log}?insecureSkipTLSVerifyBackend=true`)).status).toBe(200);
    expect(kubelet.seen).toHaveLength(1);
    expect(await counted(cluster)).toEqual(['{status="failure"} 0', '{status="success"} 0']);
  });

  test('is not reached by a certificate that is not verified: its other fault is told', async () => {
    const foreign = await keys.otherCa.issue({
      commonName: 'system:node:node-2',
      ipAddresses: [kubeletAt.address],
      usages: ['serverAuth'],
    });
    const { cluster } = await clusterShown(foreign, enforced);
    await using _ = cluster;
    expect((await cluster.ask('GET', log)).json.message).toMatch(/signed by unknown authority$/);
    expect(await counted(cluster)).toEqual(['{status="failure"} 0', '{status="success"} 0']);
  });

  test('is refused before the certificate of the apiserver leaves, by the node proxy too', async () => {
    const { cluster, kubelet } = await clusterShown(neighbour, enforced);
    await using _ = cluster;
    const answer = await cluster.ask('GET', '/api/v1/nodes/node-1/proxy/pods');
    expect(answer.json).toMatchObject({
      code: 503,
      message: `error trying to reach service: ${otherName}`,
    });
    expect(kubelet.seen).toEqual([]);
    expect(kubelet.handshakeAlerts).toEqual(['bad_certificate']);
  });
});
