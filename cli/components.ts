import { readFile as readFromDisk } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parseApiserverFlags, renderApiserverHelp } from '../apiserver/flags';
import { startApiserver } from '../apiserver/server';
import { parseKubeconfig } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import { startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { applyKubeletFlags, configFileOf, KUBELET_FLAG_NAMES } from '../kubelet/kubelet-flags';
import type { KubeletSettings } from '../kubelet/settings';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { checkBundle, checkKeyPair } from '../pki/key-pair';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';
import type { KeyPair } from '../wire/pem';
import { componentLog } from './component-log';
import { exitCodes, type Terminal } from './terminal';

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
    terminal.write(name === 'apiserver' ? renderApiserverHelp() : kubeletHelp());
    return exitCodes.ok;
  }
  const component = await (name === 'apiserver' ? apiserver(argv, terminal) : kubelet(argv, terminal));
  await stopped(terminal.signal);
  await component.close();
  return exitCodes.ok;
}

async function apiserver(argv: readonly string[], terminal: Terminal): Promise<{ close(): Promise<void> }> {
  const flags = parseApiserverFlags(argv);
  const log = componentLog(terminal).child({ component: 'apiserver' });
  return startApiserver({
    host: hostNetwork({ name: 'control-plane' }),
    flags,
    readFile: (path) => readFile(path),
    log,
  });
}

async function kubelet(argv: readonly string[], terminal: Terminal): Promise<{ close(): Promise<void> }> {
  const configFile = configFileOf(argv);
  const fromFile =
    configFile === null ? null : parseKubeletConfiguration(await readFile(configFile), configFile);
  const settings = applyKubeletFlags(argv, fromFile);
  const log = componentLog(terminal).child({ component: 'kubelet' });
  const nodeName = settings.hostnameOverride || hostNetwork().name;
  // As with `network_mode: service:…`, the pods of a node share the node's addresses and differ by their ports.
  const host = hostNetwork({
    name: nodeName,
    ...(settings.nodeIp === '' ? {} : { addresses: [settings.nodeIp] }),
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
  });
  log.info({ at: joinHostPort(agent.at.address, agent.at.port), node: nodeName }, 'serving');
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

function kubeletHelp(): string {
  return `Flags (kubelet's names):\n\n${KUBELET_FLAG_NAMES.map((flag) => `  ${flag}`).join('\n')}\n`;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
