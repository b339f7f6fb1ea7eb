import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import type { Cluster } from '../cluster';
import type { Stage } from '../scenarios/stage';
import { playOf } from './play';

/**
 * apiserver ══ SSH ══ attacker (as 10.0.0.12:22) ── http ── pod web on node-1
 *
 * Open: the password that an administrator sends to a pod of node-1 is read on the way to node-2. Closed: the false sshd is
 * refused, and the request takes the tunnel that is left.
 */
export const uncheckedHostKey = playOf({
  steps: [
    'attacker: ssh-keygen -f host_key; answers at 10.0.0.12:22, by forged ARP, with that host key',
    'admin: echo PASSWORD | kubectl create --raw /api/v1/namespaces/default/pods/web:8080/proxy/canary -f - (pod web, on node-1)',
  ],
  async play(stage) {
    const cluster = await stage.cluster();
    const judged: string[] = [];
    cluster.fabric.timeline.subscribe(({ kind, data }) => {
      if (kind === 'host-key-judged' && data['accepted'] === false) judged.push(String(data['error']));
    });
    const words = randomCanaries(stage.random);
    const attack = await new Attacker({
      host: cluster.attackerHost,
      random: stage.random.for('attacker'),
    }).attack({
      technique: 'relay',
      mode: 'relay',
      targets: [{ address: addresses.node2, port: ports.ssh }],
      position: neighbour(cluster.controlPlane, cluster.attackerHost, addresses.node2),
      present: null,
      forged: words.forged,
      tampered: words.tampered,
    });
    stage.closeLater({ close: () => attack.withdraw() });
    // What the health check of the next minute would do with a tunnel that the attacker has broken off.
    await cluster.tunneler?.reopen(addresses.node2);
    const answers = 'ssh-keygen -f host_key; answers at 10.0.0.12:22, by forged ARP, with that host key';
    const [welcome] = attack.loot.hostKeys;
    if (welcome?.believed !== true) {
      const [why] = judged;
      if (why === undefined) throw new Error('the apiserver has never dialled the attacker');
      await stage.refused(
        'attacker',
        answers,
        `Failed to open tunnel to "10.0.0.12": ssh: handshake failed: ${why}`,
      );
    } else {
      await stage.did(
        'attacker',
        answers,
        `lets ${welcome.user} in: the apiserver has a tunnel to the attacker`,
      );
    }
    await sendPassword(stage, cluster, attack.loot, words);
  },
});

async function sendPassword(
  stage: Stage,
  { admin, container }: Cluster,
  loot: Awaited<ReturnType<Attacker['attack']>>['loot'],
  { up: password, down }: ReturnType<typeof randomCanaries>,
): Promise<void> {
  container({ namespace: 'default', pod: 'web', container: 'web' }).plant(down);
  // The health check of each minute asks for the kubelet.
  const askedBefore = loot.tunnelTargets.length;
  const path = '/api/v1/namespaces/default/pods/web:8080/proxy/canary';
  const sent = await admin.raw({
    method: 'POST',
    path,
    body: Buffer.from(password),
    contentType: 'text/plain',
    signal: stage.signal,
  });
  const did = `echo ${password} | kubectl create --raw ${path} -f - (pod web, on node-1)`;
  const answer = sent.stdout.toString('utf8').trim();
  if (!answer.includes(down)) throw new Error(`pod "web" was not reached: ${sent.words}`);
  const read = loot.up().includes(password) && loot.down().includes(down);
  if (!read) await stage.did('admin', did, `${answer}, through the tunnel that is left`);
  else {
    const saw = `at the attacker: asked for ${loot.tunnelTargets.slice(askedBefore).join(', ')}; ${password}; the pod answers ${down}`;
    await stage.gained(
      'admin',
      did,
      saw,
      'a password that was sent to a pod of another node, with the answer',
    );
  }
}
