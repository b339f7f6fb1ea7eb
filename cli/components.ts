import { readFile as readFromDisk } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parseApiserverFlags, renderApiserverHelp } from '../apiserver/flags';
import { startApiserver } from '../apiserver/server';
import { parseKubeconfig } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import { startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { applyKubeletFlags, configFileOf, renderKubeletHelp } from '../kubelet/kubelet-flags';
import { nodeNameOf } from '../kubelet/node-name';
import type { KubeletSettings } from '../kubelet/settings';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { checkBundle, checkKeyPair } from '../pki/key-pair';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';
import type { KeyPair } from '../wire/pem';
import { componentLog } from './component-log';
import { exitCodes, type Terminal } from './terminal';

/** Upstream listens on every address; a lab that was started without a thought must not be open to the network. */
const LOOPBACK = '127.0.0.1';

/**
 * A component as a program of its own on this machine's network, with the flags that operators know. Runs until it is
 * told to stop; throws MidplaneError for whatever is wrong with flags, files or the address.
 */
export async function runComponent(
  name: 'apiserver' | 'kubelet',
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (argv.some((word) => word === '--help' || word === '-h')) {
    terminal.write(
      name === 'apiserver' ? renderApiserverHelp({ bindAddress: LOOPBACK }) : renderKubeletHelp(LOOPBACK),
    );
    return exitCodes.ok;
  }
  const component = await (name === 'apiserver' ? apiserver(argv, terminal) : kubelet(argv, terminal));
  const failure = await Promise.race([
    stopped(terminal.signal).then(() => null),
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

async function apiserver(argv: readonly string[], terminal: Terminal): Promise<Running> {
  const flags = parseApiserverFlags(argv, { bindAddress: LOOPBACK });
  const log = componentLog(terminal).child({ component: 'apiserver' });
  return startApiserver({
    host: hostNetwork({ name: 'control-plane' }),
    flags,
    readFile: (path) => readFile(path),
    log,
  });
}

async function kubelet(argv: readonly string[], terminal: Terminal): Promise<Running> {
  const configFile = configFileOf(argv);
  const fromFile =
    configFile === null ? null : parseKubeletConfiguration(await readFile(configFile), configFile, LOOPBACK);
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
  const clientCaPem = clientCAFile === '' ? null : await readFile(clientCAFile);
  if (clientCaPem !== null) checkBundle({ pem: clientCaPem, file: clientCAFile });
  const workload = await selfSignedKubeletServing(`pods.${nodeName}`);
  const agent = await startKubelet({
    host,
    nodeName,
    config: settings,
    apiserver: await apiserverOf(settings),
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

async function apiserverOf({ kubeconfig }: KubeletSettings) {
  if (kubeconfig === '') return null;
  const config = await parseKubeconfig(await readFile(kubeconfig), kubeconfig, (path) =>
    readFile(isAbsolute(path) ? path : join(dirname(kubeconfig), path)),
  );
  if (config.clientCertificate === undefined || config.trust.kind !== 'verify') {
    throw new MidplaneError(
      'CONFIG_INVALID',
      `kubeconfig "${kubeconfig}" has no client certificate, or trusts anybody`,
      {
        hint: 'this kubelet needs client-certificate, client-key and certificate-authority in it',
      },
    );
  }
  return { ...config.server, caPem: config.trust.bundlePem, clientCertificate: config.clientCertificate };
}

/** The files that are named, else nothing yet (serverTLSBootstrap), else a certificate of the kubelet's own making. */
async function servingKeyPair(settings: KubeletSettings, nodeName: string): Promise<KeyPair | null> {
  const { tlsCertFile, tlsPrivateKeyFile } = settings;
  if (tlsCertFile !== '') {
    const pair = { certPem: await readFile(tlsCertFile), keyPem: await readFile(tlsPrivateKeyFile) };
    checkKeyPair({ ...pair, certFile: tlsCertFile, keyFile: tlsPrivateKeyFile, now: new Date() });
    return pair;
  }
  return settings.serverTLSBootstrap ? null : selfSignedKubeletServing(nodeName);
}

async function readFile(path: string): Promise<string> {
  try {
    return await readFromDisk(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : code;
    throw new MidplaneError('FILE_UNREADABLE', `open ${path}: ${why}`, {
      hint: 'name a file that exists and that this user may read',
      cause,
    });
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
