import { type Attack, Attacker } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import type { Rule } from '../../attacker/rules';
import type { Twin } from '../../report/scenario-outcome';
import { addresses, ports } from '../addresses';
import type { Cluster } from '../cluster';
import type { Stage } from './stage';

/** Kubelets that serve anybody, as their flags have it; the twins differ in whether the apiserver looks whom it dials. */
export function clusterOfOpenKubelets(stage: Stage, twin: Twin): Promise<Cluster> {
  return stage.cluster({
    kubelet: {
      serverTLSBootstrap: true,
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
    },
    kubeletServing: 'cluster-authority',
    apiserver: twin === 'fixed' ? ['--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'] : [],
  });
}

/** A machine of the segment between the apiserver and node-1, which passes everything on but for what the rules say. */
export async function relayToKubelet(
  stage: Stage,
  { attackerHost, controlPlane }: Pick<Cluster, 'attackerHost' | 'controlPlane'>,
  rules: readonly Rule[],
): Promise<Attack> {
  const attack = await new Attacker({ host: attackerHost }).attack({
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
