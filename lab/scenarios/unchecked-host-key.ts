import { Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import { addresses, ports } from '../addresses';
import { randomCanaries } from '../canaries';
import type { Cluster } from '../cluster';
import { defenceSettings } from '../defences';
import type { Scenario } from './scenario';
import type { Stage } from './stage';

/**
 * apiserver ══ SSH ══ attacker (as 10.0.0.12:22) ── http ── pod web on node-1
 *
 * Open: the password that an administrator sends to a pod of node-1 is read on the way to node-2. Closed: the false sshd is
 * refused, and the request takes the tunnel that is left.
 */
export const uncheckedHostKey: Scenario = {
  id: 'unchecked-host-key',
  title: 'a false sshd at the end of a tunnel',
  story:
    'Until 1.21 kube-apiserver could reach everything in the cluster through SSH tunnels to its nodes, and believed every host key. Somebody on the way to port 22 of one node breaks the tunnel off, answers when it is dialled anew with a key that he has just made, and lets the apiserver in. What comes then is not for that node alone: an address without a tunnel of its own, a pod’s for example, is asked for through any of them.',
  needs: 'A place on the path between the apiserver and port 22 of one node.',
  evidence:
    'The genuine apiserver logs in at the attacker’s sshd, which learns each target, and the password that was sent to a pod of another node is in its loot, with the answer; with known hosts the handshake ends at the key.',
  setting: {
    name: '--midplane-ssh-known-hosts (in no release of Kubernetes)',
    open: 'unset: every host key is believed, as upstream did',
    fixed: 'the host keys of the nodes, and no other',
  },
  notice:
    'The sshd of the node hears nothing more of the apiserver while its Node is Ready. ssh_tunnel_open_count of the apiserver grows, and its log says "SSH tunnel not found for address … picking random node" for what leaves by chance. With known hosts the log has the attempt: "Failed to open tunnel … knownhosts: key mismatch".',
  sources: [
    'pkg/ssh/ssh.go before 1.22 (SSHTunnelList)',
    'PR 102297 of kubernetes/kubernetes, which removed it',
    'RFC 4253, section 8',
  ],
  async play(stage, twin) {
    const defence = defenceSettings(twin === 'open' ? 'ssh-tunnel' : 'ssh-tunnel-known-hosts');
    const cluster = await stage.cluster(defence ?? {});
    const judged: string[] = [];
    cluster.fabric.timeline.subscribe(({ kind, data }) => {
      if (kind === 'host-key-judged' && data['accepted'] === false) judged.push(String(data['error']));
    });
    const words = randomCanaries();
    const attack = await new Attacker({ host: cluster.attackerHost }).attack({
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
};

async function sendPassword(
  stage: Stage,
  { admin, container }: Cluster,
  loot: Awaited<ReturnType<Attacker['attack']>>['loot'],
  { up: password, down }: ReturnType<typeof randomCanaries>,
): Promise<void> {
  container({ namespace: 'default', pod: 'web', container: 'web' }).plant(down);
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
    const saw = `at the attacker: asked for ${loot.tunnelTargets.join(', ')}; ${password}; the pod answers ${down}`;
    await stage.gained(
      'admin',
      did,
      saw,
      'a password that was sent to a pod of another node, with the answer',
    );
  }
}
