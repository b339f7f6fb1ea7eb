import type { ClientFlags } from '../client/client-flags';
import type { KubeClientOptions } from '../client/kube-client';
import { startControllerManager } from '../controller-manager/controller-manager';
import { parseControllerManagerFlags } from '../controller-manager/flags';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { checkBundle } from '../pki/key-pair';
import { parseSchedulerFlags } from '../scheduler/flags';
import { startScheduler } from '../scheduler/scheduler';
import { emulatedKubernetes } from '../version';
import { apiserverAccess } from './apiserver-access';
import { componentLog } from './component-log';
import { serveHealth } from './health-port';
import { readNamedFile } from './read-named-file';
import type { Terminal } from './terminal';

interface Running {
  close(): Promise<void>;
}

/** `midplane controller-manager`. Throws MidplaneError for flags, files and the address. */
export async function runControllerManager(argv: readonly string[], terminal: Terminal): Promise<Running> {
  const flags = parseControllerManagerFlags(argv);
  const rootCaPem = flags.rootCaFile === '' ? null : await readNamedFile(flags.rootCaFile);
  if (rootCaPem !== null) checkBundle({ pem: rootCaPem, file: flags.rootCaFile });
  const log = componentLog(terminal).child({ component: 'controller-manager' });
  return withHealth(flags, 'controller-manager', log, (client) =>
    startControllerManager({
      client,
      rootCaPem,
      controllers: flags.controllers,
      leaderElect: flags.leaderElect,
      log,
    }),
  );
}

/** `midplane scheduler`, likewise. */
export async function runScheduler(argv: readonly string[], terminal: Terminal): Promise<Running> {
  const flags = parseSchedulerFlags(argv);
  const log = componentLog(terminal).child({ component: 'scheduler' });
  return withHealth(flags, 'scheduler', log, (client) =>
    startScheduler({ client, leaderElect: flags.leaderElect, log }),
  );
}

async function withHealth(
  flags: ClientFlags,
  name: string,
  log: ReturnType<typeof componentLog>,
  start: (client: KubeClientOptions) => Running,
): Promise<Running> {
  const access = await apiserverAccess(flags.kubeconfig);
  const machine = hostNetwork({ name: 'control-plane' });
  const health =
    flags.securePort === 0
      ? null
      : await serveHealth(machine, { address: flags.bindAddress, port: flags.securePort });
  if (health !== null) log.info({ at: joinHostPort(health.at.address, health.at.port) }, 'serving health');
  const loops = start({
    ...access,
    from: machine,
    userAgent: `kube-${name}/${emulatedKubernetes} (linux/amd64) kubernetes/midplane`,
  });
  return {
    close: async () => {
      await loops.close();
      await health?.close();
    },
  };
}
