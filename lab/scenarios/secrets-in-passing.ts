import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { replayWorked } from '../../attacker/replay';
import { formatKubeconfig } from '../../client/kubeconfig';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import { createObjects } from '../create-workloads';
import { clientOn } from './client-on';
import type { Scenario } from './scenario';

const SECRETS = '/api/v1/namespaces/default/secrets';

export const secretsInPassing: Scenario = {
  id: 'secrets-in-passing',
  title: 'one insecure client, and the credentials of others that it reads',
  story:
    'A build job may read two Secrets, and its kubeconfig skips verification. Whoever relays its requests has its token; but what it reads is worth more: a kubeconfig with somebody else’s token, and a client certificate with its key. Both are tried at the genuine apiserver, which says whose they are, and answers.',
  needs: 'A place on the path between the build job and the apiserver.',
  evidence:
    'The token and the certificate that stood in the Secrets are tried at the genuine apiserver; its answers and the names that it gives them are in the run.',
  attack: ['T1528', 'T1552'],
  setting: {
    name: 'the kubeconfig of the build job',
    open: 'insecure-skip-tls-verify: true',
    fixed: 'certificate-authority-data: the CA of the cluster',
  },
  notice:
    'In the audit log, three users from one address that is none of theirs (sourceIPs), in the same second each a create of selfsubjectreviews and selfsubjectrulesreviews: hardly anybody asks who he is. The job’s own requests come from that address too.',
  sources: [
    'k8s.io/apiserver pkg/authentication/request/{bearertoken,x509}',
    'pkg/registry/authentication/selfsubjectreview/rest.go',
    'RFC 8446 section 4.4.3 (why a certificate needs its key)',
  ],
  async play(stage, twin) {
    const cluster = await stage.cluster({ clientTrust: twin === 'open' ? 'nobody' : 'cluster-authority' });
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

    const { forged, tampered } = randomCanaries();
    const target = { address: server.host, port: server.port };
    const position = neighbour(workstation, attackerHost, target.address);
    await using attack = await new Attacker({ host: attackerHost }).attack({
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
};
