import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { replayWorked } from '../../attacker/replay';
import { formatKubeconfig } from '../../client/kubeconfig';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import { createObjects } from '../create-workloads';
import { clientOn } from './client-on';
import { playOf } from './play';

const SECRETS = '/api/v1/namespaces/default/secrets';

export const secretsInPassing = playOf({
  steps: [
    'admin: kubectl apply -f secrets.yaml',
    'attacker: arpspoof -t workstation 10.0.0.10',
    'job: kubectl get secret deployer -o yaml',
    'job: kubectl get secret operator -o yaml',
    'attacker: tries what it captured at the genuine apiserver',
  ],
  async play(stage) {
    const cluster = await stage.cluster();
    const { admin, attackerHost, credentials, pki, workstation } = cluster;
    const { signal } = stage;
    const server = { host: addresses.controlPlane, port: ports.apiserver };
    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
    const deployer = await credentials.token({ namespace: 'ops', name: 'deployer', rules });
    const trust = { kind: 'verify', bundlePem: pki.caPem, host: server.host } as const;
    const kubeconfig = formatKubeconfig({ server, trust, token: deployer }, 'deployer');
    const operator = await pki.authority.issue({
      commonName: 'operator',
      organizations: ['system:masters'],
      usages: ['clientAuth'],
    });
    const secret = (name: string, type: string, data: Readonly<Record<string, string>>) => ({
      path: SECRETS,
      object: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'default' },
        type,
        data: Object.fromEntries(
          Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
        ),
      },
    });
    await createObjects(admin, [
      secret('deployer', 'Opaque', { kubeconfig }),
      secret('operator', 'kubernetes.io/tls', { 'tls.crt': operator.certPem, 'tls.key': operator.keyPem }),
    ]);
    const token = await credentials.token({
      namespace: 'ci',
      name: 'build',
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
    });
    await stage.did('admin', 'kubectl apply -f secrets.yaml', 'secret/deployer and secret/operator created');

    const { forged, tampered } = randomCanaries(stage.random);
    const target = { address: server.host, port: server.port };
    const position = neighbour(workstation, attackerHost, target.address);
    await using attack = await new Attacker({
      host: attackerHost,
      random: stage.random.for('attacker'),
    }).attack({
      technique: 'replay',
      targets: [target],
      position,
      present: null,
      mode: 'relay',
      forged,
      tampered,
    });
    await stage.did('attacker', `arpspoof -t ${workstation.name} ${target.address}`, position.describe());
    await using job = clientOn(workstation, cluster, { token });
    for (const name of ['deployer', 'operator']) {
      const answer = await job.request('GET', `${SECRETS}/${name}`, { signal });
      const read = `kubectl get secret ${name} -o yaml`;
      if (answer.ok) await stage.did('job', read, 'read, by way of the attacker');
      else await stage.refused('job', read, answer.refusal?.text ?? answer.words);
    }
    await attack.withdraw();
    for (const replay of attack.loot.replays) {
      const { credential = '', identity, allowed, opened = '' } = replay;
      const tries = `tries the ${credential}`;
      if (!replayWorked(replay)) await stage.refused('attacker', tries, `${replay.status}`);
      else {
        const saw = `is ${identity}, may ${allowed.slice(0, 2).join('; ')}; ${opened.slice(0, 120)}`;
        await stage.gained('attacker', tries, saw, `what ${identity} may do`);
      }
    }
  },
});
