import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../client/clock';
import { type ClientConfig, kubeconfigEntries, parseKubeconfig } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import { makeFolder } from '../make-folder';
import type { Host } from '../network/network';
import { generateKey } from '../pki/key-algorithm';
import { parseCertificate } from '../wire/certificate';
import { pemBlocks } from '../wire/pem';
import { bootstrapClientCertificate, CLIENT_SIGNER, nodeSubject, waitForServer } from './bootstrap';
import { CertificateFiles, fileFault, readable } from './certificate-files';
import { CertificateManager } from './certificate-manager';
import { type ApiserverAccess, clientOf } from './client-credential';

/**
 * Who a node is to its apiserver, from the files that a kubelet is given and those that it leaves: a kubeconfig that is
 * good is used; else one is made, with a certificate that is asked for with the bootstrap kubeconfig's credential.
 *
 * With rotation the kubelet runs before it has a certificate, and asks again and again; without it asks once, waits, and
 * gives up when it is refused. Sources: cmd/kubelet/app/server.go (buildKubeletClientConfig),
 * pkg/kubelet/certificate/bootstrap/bootstrap.go (LoadClientConfig, LoadClientCert).
 */
export interface NodeIdentityOptions {
  readonly from: Host;
  readonly nodeName: string;
  /** Files; '' for no bootstrap kubeconfig. */
  readonly kubeconfig: string;
  readonly bootstrapKubeconfig: string;
  readonly certDir: string;
  /** rotateCertificates */
  readonly rotate: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface NodeIdentity {
  readonly access: ApiserverAccess;
  close(): Promise<void>;
}

/** Throws MidplaneError, in upstream's words where it has some. */
export function openNodeIdentity(options: NodeIdentityOptions): Promise<NodeIdentity> {
  return (options.rotate ? openRotating(options) : openOnce(options)).catch(fileFault);
}

async function openOnce(options: NodeIdentityOptions): Promise<NodeIdentity> {
  if (options.bootstrapKubeconfig !== '') await loadClientCertificate(options);
  return { access: await loadKubeconfig(options.kubeconfig), close: async () => undefined };
}

async function openRotating(options: NodeIdentityOptions): Promise<NodeIdentity> {
  const { from, nodeName, clock, log } = options;
  const { toAskWith, config } = await loadClientConfig(options);
  const { server, trust } = config;
  const credential = await CertificateManager.open({
    name: CLIENT_SIGNER,
    signerName: CLIENT_SIGNER,
    usage: 'client auth',
    template: () => nodeSubject(nodeName),
    store: new CertificateFiles(options.certDir, 'kubelet-client', filesOf(config, options.kubeconfig)),
    // One that stands in the kubeconfig itself is only to begin with: kubeadm gives an administrator's to the first node.
    bootstrapPair: (config.clientCertificateFiles === undefined ? config.clientCertificate : null) ?? null,
    // Whoever has a certificate asks as itself, everybody else with what it was given to begin.
    connect: (current) =>
      clientOf(from, current === null ? toAskWith : { server, trust, clientCertificate: current }),
    clock,
    log,
  });
  log.info('Starting client certificate rotation');
  credential.start();
  return { access: { server, trust, clientCertificate: credential }, close: () => credential.close() };
}

function filesOf({ clientCertificateFiles }: ClientConfig, kubeconfig: string) {
  if (clientCertificateFiles === undefined) return null;
  const { certFile, keyFile } = clientCertificateFiles;
  return { certFile: beside(kubeconfig, certFile), keyFile: beside(kubeconfig, keyFile) };
}

/** What to ask for certificates with, and what everything else goes by. */
async function loadClientConfig({
  kubeconfig,
  bootstrapKubeconfig,
  certDir,
  clock,
  log,
}: NodeIdentityOptions): Promise<{ toAskWith: ClientConfig; config: ClientConfig }> {
  if (bootstrapKubeconfig === '') {
    const config = await loadKubeconfig(kubeconfig);
    return { toAskWith: config, config };
  }
  const kept = await usableKubeconfig(kubeconfig, clock.now(), log);
  if (kept !== null) {
    log.info('Current kubeconfig file contents are still valid, no bootstrap necessary');
    return { toAskWith: kept, config: kept };
  }
  const toAskWith = await loadKubeconfig(bootstrapKubeconfig);
  const files = new CertificateFiles(certDir, 'kubelet-client');
  await writeKubeconfig(kubeconfig, toAskWith, files.currentPath);
  log.info(
    'Use the bootstrap credentials to request a cert, and set kubeconfig to point to the certificate dir',
  );
  return { toAskWith, config: { server: toAskWith.server, trust: toAskWith.trust } };
}

/** Leaves a kubeconfig that is good, or throws. */
async function loadClientCertificate(options: NodeIdentityOptions): Promise<void> {
  const { from, nodeName, kubeconfig, bootstrapKubeconfig, certDir, clock, log, signal } = options;
  if ((await usableKubeconfig(kubeconfig, clock.now(), log)) !== null) {
    log.info({ path: kubeconfig }, 'Kubeconfig exists and is valid, skipping bootstrap');
    return;
  }
  log.info('Using bootstrap kubeconfig to generate TLS client cert, key and kubeconfig file');
  const config = await loadKubeconfig(bootstrapKubeconfig);
  const files = new CertificateFiles(certDir, 'kubelet-client');
  // Beside the certificates, until the request has succeeded: so the same request is made after a restart.
  const keyFile = join(certDir, 'kubelet-client.key.tmp');
  const kept = await files.current().catch(() => null);
  const keyPem = kept?.keyPem ?? (await loadOrGenerateKey(keyFile));
  await using client = clientOf(from, config);
  if (!(await waitForServer(client, { clock, log, signal }))) {
    log.info({ err: 'timed out waiting to connect to apiserver' }, 'Error waiting for apiserver to come up');
  }
  const outcome = await bootstrapClientCertificate({ client, nodeName, keyPem, clock, log, signal });
  signal.throwIfAborted();
  if (outcome.kind === 'failed') {
    throw new MidplaneError('CERTIFICATE_UNUSABLE', `failed to run Kubelet: ${outcome.text}`, {
      hint: `kubectl get csr shows what became of the request; the key is kept in ${keyFile}, so the next start asks the same`,
    });
  }
  await files.update(outcome.pair, clock.now());
  await rm(keyFile, { force: true });
  await writeKubeconfig(kubeconfig, config, files.currentPath);
}

async function loadOrGenerateKey(file: string): Promise<string> {
  const kept = await readable(file);
  if (kept !== null && pemBlocks(kept).some(({ label }) => label.endsWith('PRIVATE KEY'))) return kept;
  if (kept !== null) {
    throw new MidplaneError('PEM_INVALID', `error loading key from ${file}: it holds no private key`, {
      hint: 'delete it, and a new key is made',
    });
  }
  const { privateKey } = await generateKey('ec-p256');
  const pem = privateKey.export({ type: 'sec1', format: 'pem' }) as string;
  await writeWhole(file, pem);
  return pem;
}

/** Null when it is not there or no good any more, which is said. Source: isClientConfigStillValid. */
async function usableKubeconfig(file: string, now: Date, log: Logger): Promise<ClientConfig | null> {
  if ((await readable(file)) === null) return null;
  let config: ClientConfig;
  try {
    config = await loadKubeconfig(file);
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    log.error(`unable to read existing bootstrap client config from ${file}: ${error.message}`);
    return null;
  }
  const certificates = pemBlocks(config.clientCertificate?.certPem ?? '').filter(
    ({ label }) => label === 'CERTIFICATE',
  );
  if (certificates.length === 0) {
    log.error(`unable to read TLS certificates from existing bootstrap client config read from ${file}`);
    return null;
  }
  for (const { der } of certificates) {
    const certificate = parseCertificate(der);
    if (certificate.kind === 'unreadable-certificate') {
      const why = `${file}: ${certificate.text}`;
      log.error(`unable to load TLS certificates from existing bootstrap client config read from ${why}`);
      return null;
    }
    if (now.getTime() > certificate.notAfter.epochMs) {
      const end = new Date(certificate.notAfter.epochMs).toISOString();
      log.error(`part of the existing bootstrap client certificate in ${file} is expired: ${end}`);
      return null;
    }
  }
  return config;
}

async function loadKubeconfig(file: string): Promise<ClientConfig> {
  const read = async (path: string): Promise<string> => {
    const text = await readable(path).catch((cause: Error) => unreadableFile(path, cause.message, cause));
    return text ?? unreadableFile(path, 'no such file or directory');
  };
  return parseKubeconfig(await read(file), file, (path) => read(beside(file, path)));
}

function beside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

function unreadableFile(path: string, why: string, cause?: Error): never {
  throw new MidplaneError('FILE_UNREADABLE', `open ${path}: ${why}`, {
    hint: 'name a file that exists and that this user may read',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The server and whom to believe are those of the bootstrap kubeconfig: what began insecure stays so. */
async function writeKubeconfig(file: string, { server, trust }: ClientConfig, pair: string): Promise<void> {
  const { cluster } = kubeconfigEntries({ server, trust });
  const context = { cluster: 'default-cluster', user: 'default-auth', namespace: 'default' };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'default-context',
    clusters: [{ name: 'default-cluster', cluster }],
    contexts: [{ name: 'default-context', context }],
    users: [{ name: 'default-auth', user: { 'client-certificate': pair, 'client-key': pair } }],
  };
  // JSON is YAML, and everybody who reads a kubeconfig reads it.
  await writeWhole(file, `${JSON.stringify(config, null, 2)}\n`);
}

/** Whole or not at all, and for the owner alone unless told otherwise. */
export async function writeWhole(file: string, text: string, mode = 0o600): Promise<void> {
  await makeFolder(dirname(file), 0o755);
  await writeFile(`${file}.new`, text, { mode });
  await rename(`${file}.new`, file);
}
