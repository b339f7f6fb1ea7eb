import type { CommandOutcome } from '../../client/kube-client';
import { formatKubeconfig } from '../../client/kubeconfig';
import type { Cluster } from '../cluster';
import { openDoor } from '../cluster-door';
import type { Kubectl } from '../kubectl';
import { mintPeople, type People } from '../lab-people';
import type { Stage } from '../scenarios/stage';
import { filled } from './kubectl-words';
import type { KubectlLine } from './scenario-file';

/** The people of a scenario, each with a kubeconfig, on the workstation of its lab. */
export interface KubectlUsers {
  /** `up` stands wherever the line says $(UP). */
  run(line: KubectlLine, up: string, signal: AbortSignal): Promise<CommandOutcome>;
}

export async function kubectlUsers(stage: Stage, cluster: Cluster, kubectl: Kubectl): Promise<KubectlUsers> {
  const { pki } = cluster;
  const { config } = stage.closeLater(await openDoor(cluster));
  let people: Promise<People> | null = null;
  return {
    run: async ({ words, stdin, as }, up, signal) => {
      if (as !== 'admin') people ??= mintPeople(pki.authority, pki.admin);
      const clientCertificate = (await people)?.[as] ?? pki.admin;
      return kubectl.run({
        words: words.map((word) => filled(word, up)),
        stdin: filled(stdin, up),
        kubeconfig: formatKubeconfig({ ...config, clientCertificate }, 'midplane'),
        signal,
      });
    },
  };
}
