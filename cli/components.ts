import { parseApiserverFlags, renderApiserverHelp } from '../apiserver/flags';
import { startApiserver } from '../apiserver/server';
import { aborted } from '../client/aborted';
import { renderControllerManagerHelp } from '../controller-manager/flags';
import type { MidplaneError } from '../error';
import { renderKubeletHelp } from '../kubelet/kubelet-flags';
import { hostNetwork } from '../network/host-network';
import { renderSchedulerHelp } from '../scheduler/flags';
import { openSshEgress } from '../tunnel/ssh-egress';
import { renderSshdHelp } from '../tunnel/sshd-flags';
import { componentLog } from './component-log';
import { runControllerManager, runScheduler } from './control-loops';
import { keyFiles } from './key-files';
import { konnectivityAgentHelp, runKonnectivityAgent } from './konnectivity-agent';
import { konnectivityServerHelp, runKonnectivityServer } from './konnectivity-server';
import { kubeProxyHelp, runKubeProxy } from './kube-proxy';
import { joinCluster, renderJoinHelp } from './kubelet-join';
import { runKubelet } from './kubelet-program';
import { LOOPBACK } from './loopback';
import { readNamedFile } from './read-named-file';
import { runSshd } from './sshd';
import { exitCodes, type Terminal } from './terminal';

/**
 * A component as a program of its own on this machine's network, with the flags that operators know. Runs until it is
 * told to stop; throws MidplaneError for whatever is wrong with flags, files or the address.
 */
export async function runComponent(
  name: ComponentName,
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (name === 'kubelet' && argv[0] === 'join') return runJoin(argv.slice(1), terminal);
  if (argv.some((word) => word === '--help' || word === '-h')) {
    terminal.write(components[name].help());
    return exitCodes.ok;
  }
  return untilStopped(await components[name].start(argv, terminal), terminal);
}

async function runJoin(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv.some((word) => word === '--help' || word === '-h')) {
    terminal.write(renderJoinHelp());
    return exitCodes.ok;
  }
  return untilStopped(await joinCluster(argv, terminal), terminal);
}

async function untilStopped(component: Running | null, terminal: Terminal): Promise<number> {
  if (component === null) return exitCodes.ok;
  const failure = await Promise.race([
    aborted(terminal.signal).then(() => null),
    component.failed ?? new Promise<never>(() => undefined),
  ]);
  await component.close();
  if (failure !== null) throw failure;
  return exitCodes.ok;
}

/** A component that runs; null for one that had something to do and is done. `failed` settles when it cannot go on by itself. */
interface Running {
  close(): Promise<void>;
  readonly failed?: Promise<MidplaneError>;
}

export type ComponentName =
  | 'apiserver'
  | 'kubelet'
  | 'controller-manager'
  | 'scheduler'
  | 'kube-proxy'
  | 'konnectivity-server'
  | 'konnectivity-agent'
  | 'sshd';

const components: Readonly<
  Record<
    ComponentName,
    { help: () => string; start: (argv: readonly string[], terminal: Terminal) => Promise<Running | null> }
  >
> = {
  apiserver: { help: () => renderApiserverHelp({ bindAddress: LOOPBACK }), start: apiserver },
  kubelet: {
    help: () =>
      `${renderKubeletHelp(LOOPBACK)}\nTo join a cluster with a bootstrap token: midplane kubelet join --help\n`,
    start: runKubelet,
  },
  'controller-manager': { help: renderControllerManagerHelp, start: runControllerManager },
  scheduler: { help: renderSchedulerHelp, start: runScheduler },
  'kube-proxy': { help: kubeProxyHelp, start: runKubeProxy },
  'konnectivity-server': { help: konnectivityServerHelp, start: runKonnectivityServer },
  'konnectivity-agent': { help: konnectivityAgentHelp, start: runKonnectivityAgent },
  sshd: { help: renderSshdHelp, start: runSshd },
};

async function apiserver(argv: readonly string[], terminal: Terminal): Promise<Running> {
  const flags = parseApiserverFlags(argv, { bindAddress: LOOPBACK });
  const log = componentLog(terminal).child({ component: 'apiserver' });
  return startApiserver({
    host: hostNetwork({ name: 'control-plane' }),
    flags,
    readFile: (path) => readNamedFile(path),
    ...(flags.sshUser === ''
      ? {}
      : { openEgress: (site) => openSshEgress(flags, site, { files: keyFiles }) }),
    log,
  });
}
