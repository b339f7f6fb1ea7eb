import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { systemClock } from '../client/clock';
import { MidplaneError } from '../error';
import { CertificateFiles, fileFault, readable } from '../kubelet/certificate-files';
import { type Kubelet, startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { applyKubeletFlags, configFileOf } from '../kubelet/kubelet-flags';
import { type NodeIdentity, openNodeIdentity, writeWhole } from '../kubelet/node-identity';
import { nodeNameOf } from '../kubelet/node-name';
import type { KubeletSettings } from '../kubelet/settings';
import { hostNetwork } from '../network/host-network';
import { type Host, joinHostPort } from '../network/network';
import { checkBundle, checkKeyPair } from '../pki/key-pair';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';
import type { KeyPair } from '../wire/pem';
import { componentLog } from './component-log';
import { LOOPBACK } from './loopback';
import { readNamedFile } from './read-named-file';
import type { Terminal } from './terminal';

/** A kubelet that runs, and who it is to its apiserver. */
export interface RunningKubelet {
  readonly failed: Promise<MidplaneError>;
  close(): Promise<void>;
}

/** `midplane kubelet`. Throws MidplaneError for flags, files, the address, and an apiserver that wants nothing of it. */
export async function runKubelet(argv: readonly string[], terminal: Terminal): Promise<RunningKubelet> {
  const log = componentLog(terminal).child({ component: 'kubelet' });
  return startNode(await kubeletSettings(argv), log, terminal.signal);
}

/** The configuration file that the flags name, and the flags over it. */
export async function kubeletSettings(argv: readonly string[]): Promise<KubeletSettings> {
  const configFile = configFileOf(argv);
  const fromFile =
    configFile === null
      ? null
      : parseKubeletConfiguration(await readNamedFile(configFile), configFile, LOOPBACK);
  return applyKubeletFlags(argv, fromFile, LOOPBACK);
}

/** Resolves when the apiserver has taken the node, if there is one. */
export async function startNode(
  settings: KubeletSettings,
  log: Logger,
  signal: AbortSignal,
): Promise<RunningKubelet> {
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
  const identity = await identityOf(settings, host, nodeName, log, signal);
  try {
    const agent = await startAgent({ settings, host, nodeName, identity, clientCaPem, log, signal });
    const { address, readOnlyPort } = settings;
    const listening = {
      at: joinHostPort(address, agent.at.port),
      ...(readOnlyPort === 0 ? {} : { readOnly: joinHostPort(address, readOnlyPort) }),
    };
    log.info({ ...listening, node: nodeName, nodeIp: agent.at.address }, 'serving');
    return {
      failed: agent.failed,
      close: async () => {
        await agent.close();
        await identity?.close();
      },
    };
  } catch (error) {
    await identity?.close();
    throw error;
  }
}

function identityOf(
  settings: KubeletSettings,
  from: Host,
  nodeName: string,
  log: Logger,
  signal: AbortSignal,
): Promise<NodeIdentity> | null {
  const { kubeconfig, bootstrapKubeconfig, rotateCertificates: rotate } = settings;
  if (kubeconfig === '') return null;
  const certDir = certDirOf(settings);
  return openNodeIdentity({
    from,
    nodeName,
    kubeconfig,
    bootstrapKubeconfig,
    certDir,
    rotate,
    clock: systemClock,
    log,
    signal,
  });
}

/** Where the certificates are that the cluster gives. */
function certDirOf({ certDir, kubeconfig }: KubeletSettings): string {
  return certDir === '' ? join(dirname(kubeconfig), 'pki') : certDir;
}

async function startAgent(given: {
  readonly settings: KubeletSettings;
  readonly host: Host;
  readonly nodeName: string;
  readonly identity: NodeIdentity | null;
  readonly clientCaPem: string | null;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<Kubelet> {
  const { settings, host, nodeName, identity, clientCaPem, log, signal } = given;
  const workload = await selfSignedKubeletServing(`pods.${nodeName}`);
  const waitsForPeople = identity !== null && settings.bootstrapKubeconfig !== '';
  return startKubelet({
    host,
    nodeName,
    config: settings,
    apiserver: identity?.access ?? null,
    sandbox: { attachPod: () => host },
    servingKeyPair: await servingKeyPair(settings, nodeName).catch(fileFault),
    ...(identity === null
      ? {}
      : { servingStore: new CertificateFiles(certDirOf(settings), 'kubelet-server') }),
    clientCaPem,
    webKeyPair: async () => workload,
    ...(waitsForPeople ? { readyWithinMs: null } : {}),
    log,
    signal,
  });
}

/**
 * The files that are named, else nothing yet (serverTLSBootstrap), else a certificate of the kubelet's own making, which
 * stays the same in --cert-dir. Source: cmd/kubelet/app/server.go (InitializeTLS).
 */
async function servingKeyPair(settings: KubeletSettings, nodeName: string): Promise<KeyPair | null> {
  const { tlsCertFile, tlsPrivateKeyFile, certDir } = settings;
  if (tlsCertFile !== '') return namedKeyPair(tlsCertFile, tlsPrivateKeyFile);
  if (settings.serverTLSBootstrap) return null;
  if (certDir === '') return selfSignedKubeletServing(nodeName);
  const [certFile, keyFile] = [join(certDir, 'kubelet.crt'), join(certDir, 'kubelet.key')];
  const [certPem, keyPem] = [await readable(certFile), await readable(keyFile)];
  if (certPem !== null && keyPem !== null) return namedKeyPair(certFile, keyFile);
  if (certPem !== null || keyPem !== null) {
    const missing = certPem === null ? certFile : keyFile;
    throw new MidplaneError(
      'FILE_UNREADABLE',
      `error reading ${missing}, certificate and key must be supplied as a pair`,
      { hint: 'delete the other one, and both are made anew' },
    );
  }
  const pair = await selfSignedKubeletServing(nodeName);
  await writeWhole(certFile, pair.certPem, 0o644);
  await writeWhole(keyFile, pair.keyPem);
  return pair;
}

async function namedKeyPair(certFile: string, keyFile: string): Promise<KeyPair> {
  const pair = { certPem: await readNamedFile(certFile), keyPem: await readNamedFile(keyFile) };
  checkKeyPair({ ...pair, certFile, keyFile, now: new Date() });
  return pair;
}
