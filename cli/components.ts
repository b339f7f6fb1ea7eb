import { parseApiserverFlags, renderApiserverHelp } from '../apiserver/flags';
import { startApiserver } from '../apiserver/server';
import { aborted } from '../client/aborted';
import { renderControllerManagerHelp } from '../controller-manager/flags';
import type { MidplaneError } from '../error';
import { startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { applyKubeletFlags, configFileOf, renderKubeletHelp } from '../kubelet/kubelet-flags';
import { nodeNameOf } from '../kubelet/node-name';
import type { KubeletSettings } from '../kubelet/settings';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { checkBundle, checkKeyPair } from '../pki/key-pair';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';
import { renderSchedulerHelp } from '../scheduler/flags';
import type { KeyPair } from '../wire/pem';
import { apiserverAccess } from './apiserver-access';
import { componentLog } from './component-log';
import { runControllerManager, runScheduler } from './control-loops';
import { readNamedFile } from './read-named-file';
import { exitCodes, type Terminal } from './terminal';

/** Upstream listens on every address; a lab that was started without a thought must not be open to the network. */
const LOOPBACK = '127.0.0.1';

/**
 * A component as a program of its own on this machine's network, with the flags that operators know. Runs until it is
 * told to stop; throws MidplaneError for whatever is wrong with flags, files or the address.
 */
export async function runComponent(
  name: ComponentName,
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (argv.some((word) => word === '--help' || word === '-h')) {
    terminal.write(components[name].help());
    return exitCodes.ok;
  }
  const component = await components[name].start(argv, terminal);
  const failure = await Promise.race([
    aborted(terminal.signal).then(() => null),
    component.failed ?? new Promise<never>(() => undefined),
  ]);
  await component.close();
  if (failure !== null) throw failure;
  return exitCodes.ok;
}

/** A component that runs. `failed` settles when it cannot go on by itself. */
interface Running {
  close(): Promise<void>;
  readonly failed?: Promise<MidplaneError>;
}

export type ComponentName = 'apiserver' | 'kubelet' | 'controller-manager' | 'scheduler';

const components: Readonly<
  Record<
    ComponentName,
    { help: () => string; start: (argv: readonly string[], terminal: Terminal) => Promise<Running> }
  >
> = {
  apiserver: { help: () => renderApiserverHelp({ bindAddress: LOOPBACK }), start: apiserver },
  kubelet: { help: () => renderKubeletHelp(LOOPBACK), start: kubelet },
  'controller-manager': { help: renderControllerManagerHelp, start: runControllerManager },
  scheduler: { help: renderSchedulerHelp, start: runScheduler },
};

async function apiserver(argv: readonly string[], terminal: Terminal): Promise<Running> {
  const flags = parseApiserverFlags(argv, { bindAddress: LOOPBACK });
  const log = componentLog(terminal).child({ component: 'apiserver' });
  return startApiserver({
    host: hostNetwork({ name: 'control-plane' }),
    flags,
    readFile: (path) => readNamedFile(path),
    log,
  });
}

async function kubelet(argv: readonly string[], terminal: Terminal): Promise<Running> {
  const configFile = configFileOf(argv);
  const fromFile =
    configFile === null
      ? null
      : parseKubeletConfiguration(await readNamedFile(configFile), configFile, LOOPBACK);
  const settings = applyKubeletFlags(argv, fromFile, LOOPBACK);
  const log = componentLog(terminal).child({ component: 'kubelet' });
  const nodeName = nodeNameOf(settings.hostnameOverride, hostNetwork().name);
  // As with `network_mode: service:…`, the pods of a node share the node's addresses and differ by their ports.
  const host = hostNetwork({
    name: nodeName,
    // Its own address foremost; the loopback as well, where the health port is.
    ...(settings.nodeIp === '' ? {} : { addresses: [settings.nodeIp, '127.0.0.1'] }),
  });
  const { clientCAFile } = settings.authentication.x509;
  const clientCaPem = clientCAFile === '' ? null : await readNamedFile(clientCAFile);
  if (clientCaPem !== null) checkBundle({ pem: clientCaPem, file: clientCAFile });
  const workload = await selfSignedKubeletServing(`pods.${nodeName}`);
  const agent = await startKubelet({
    host,
    nodeName,
    config: settings,
    apiserver: settings.kubeconfig === '' ? null : await apiserverAccess(settings.kubeconfig),
    sandbox: { attachPod: () => host },
    servingKeyPair: await servingKeyPair(settings, nodeName),
    clientCaPem,
    webKeyPair: async () => workload,
    log,
    signal: terminal.signal,
  });
  const { address, readOnlyPort } = settings;
  const listening = {
    at: joinHostPort(address, agent.at.port),
    ...(readOnlyPort === 0 ? {} : { readOnly: joinHostPort(address, readOnlyPort) }),
  };
  log.info({ ...listening, node: nodeName, nodeIp: agent.at.address }, 'serving');
  return agent;
}

/** The files that are named, else nothing yet (serverTLSBootstrap), else a certificate of the kubelet's own making. */
async function servingKeyPair(settings: KubeletSettings, nodeName: string): Promise<KeyPair | null> {
  const { tlsCertFile, tlsPrivateKeyFile } = settings;
  if (tlsCertFile !== '') {
    const pair = {
      certPem: await readNamedFile(tlsCertFile),
      keyPem: await readNamedFile(tlsPrivateKeyFile),
    };
    checkKeyPair({ ...pair, certFile: tlsCertFile, keyFile: tlsPrivateKeyFile, now: new Date() });
    return pair;
  }
  return settings.serverTLSBootstrap ? null : selfSignedKubeletServing(nodeName);
}
