import type { Attack } from '../../attacker/attacker';
import { Attacker } from '../../attacker/attacker';
import type { OnPathHost, Position } from '../../attacker/position';
import type { KeyPair } from '../../wire/pem';
import { ports } from '../addresses';
import { randomCanaries } from '../canaries';
import type { Cluster } from '../cluster';
import type { Stage } from '../scenarios/stage';

export interface FakeKubelet {
  /** An administrator reads the pod's log and sends a password into it; whoever answers, it is told on the stage. */
  isAskedFor(pod: string): Promise<void>;
}

export interface FakeKubeletPlan {
  readonly address: string;
  readonly position: Position;
  /** Null: a certificate that it makes itself. */
  readonly present: KeyPair | null;
  /** Not the attacker's own machine. */
  readonly machine?: OnPathHost;
  /** What the cluster undoes by itself after a while, done anew before each request: time may have passed since. */
  readonly again?: () => Promise<unknown>;
  /** What is answered there is SSH, with this host key (PEM), and kubelets are played to whoever asks to be led to one. */
  readonly sshd?: { readonly hostKey: string };
}

/** The attacker answers for the kubelet at `address`, or for the sshd there. */
export async function poseAsKubelet(
  stage: Stage,
  { attackerHost, admin }: Pick<Cluster, 'attackerHost' | 'admin'>,
  plan: FakeKubeletPlan,
): Promise<FakeKubelet> {
  const { address, position, present, machine = attackerHost, sshd, again } = plan;
  const { up: password, forged, tampered } = randomCanaries(stage.random);
  const attack: Attack = await new Attacker({ host: machine, random: stage.random.for('attacker') }).attack({
    technique: present === null ? 'self-signed' : 'neighbour',
    targets: [{ address, port: sshd === undefined ? ports.kubelet : ports.ssh }],
    ...sshd,
    position,
    present,
    mode: 'impersonate',
    forged,
    tampered,
  });
  stage.closeLater({ close: () => attack.withdraw() });
  return {
    async isAskedFor(pod) {
      const { signal } = stage;
      await again?.();
      const logs = await admin.logs({ namespace: 'default', pod, tailLines: 3, signal });
      const log = logs.stdout.toString('utf8').trim();
      const read = `kubectl logs ${pod} --tail=3`;
      if (log.includes(forged))
        await stage.gained('admin', read, log, `the say in what the log of ${pod} says`);
      else if (logs.ok) throw notInTheWay(pod);
      else await stage.refused('admin', read, logs.words);

      await again?.();
      const command = ['sh', '-c', 'cat > /run/password'];
      const stdin = Buffer.from(`${password}\n`);
      const exec = await admin.exec({ namespace: 'default', pod, command, stdin, signal });
      const typed = `echo ${password} | kubectl exec -i ${pod} -- sh -c 'cat > /run/password'`;
      const heard = attack.loot.requests.find((request) => request.stdin.includes(password));
      if (heard === undefined && exec.ok) throw notInTheWay(pod);
      if (heard === undefined) await stage.refused('admin', typed, exec.words);
      else {
        const saw = `at the attacker: ${heard.method} ${heard.path.split('?')[0]}, stdin ${heard.stdin.trim()}`;
        await stage.gained('admin', typed, saw, `what is typed into ${pod}`);
      }
    },
  };
}

/** Nobody was refused anything then: that the genuine kubelet answered proves nothing. */
function notInTheWay(pod: string): Error {
  return new Error(`the attacker was never asked for pod "${pod}"`);
}
