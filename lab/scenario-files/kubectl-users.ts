import type { CommandOutcome } from '../../client/kube-client';
import { formatKubeconfig } from '../../client/kubeconfig';
import { publish } from '../../network/publish';
import { addresses, ports } from '../addresses';
import type { Cluster } from '../cluster';
import { apiserverName } from '../conversations/admin-acts';
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

/**
 * kubectl dials this machine's loopback, and goes on from the workstation's place on the lab's network; it verifies the
 * name or address that the lab's own kubeconfigs have.
 */
export async function kubectlUsers(stage: Stage, cluster: Cluster, kubectl: Kubectl): Promise<KubectlUsers> {
  const { pki, workstation } = cluster;
  const host = apiserverName(cluster).dialledAs ?? addresses.controlPlane;
  const door = stage.closeLater(await publish(workstation, { host, port: ports.apiserver }));
  const server = { host: '127.0.0.1', port: door.at.port };
  const trust = cluster.clientTrust(host);
  let people: Promise<People> | null = null;
  return {
    run: async ({ words, stdin, as }, up, signal) => {
      if (as !== 'admin') people ??= mintPeople(pki.authority, pki.admin);
      const clientCertificate = (await people)?.[as] ?? pki.admin;
      return kubectl.run({
        words: words.map((word) => filled(word, up)),
        stdin: filled(stdin, up),
        kubeconfig: formatKubeconfig({ server, trust, clientCertificate }, 'midplane'),
        signal,
      });
    },
  };
}
