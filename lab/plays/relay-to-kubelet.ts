import { type Attack, Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import type { Rule } from '../../attacker/rules';
import { addresses, ports } from '../addresses';
import type { Cluster } from '../cluster';
import type { Stage } from '../scenarios/stage';

/** A machine of the segment between the apiserver and node-1, which passes everything on but for what the rules say. */
export async function relayToKubelet(
  stage: Stage,
  { attackerHost, controlPlane }: Pick<Cluster, 'attackerHost' | 'controlPlane'>,
  rules: readonly Rule[],
): Promise<Attack> {
  const attack = await new Attacker({ host: attackerHost, random: stage.random.for('attacker') }).attack({
    technique: 'relay',
    targets: [{ address: addresses.node1, port: ports.kubelet }],
    position: neighbour(controlPlane, attackerHost, addresses.node1),
    present: null,
    mode: 'relay',
    forged: '',
    tampered: '',
    rules,
  });
  stage.closeLater({ close: () => attack.withdraw() });
  return attack;
}
