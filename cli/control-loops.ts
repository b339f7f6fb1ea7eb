import type { ClientFlags } from '../client/client-flags';
import type { KubeClientOptions } from '../client/kube-client';
import type { SigningAuthorities } from '../controller-manager/certificate-signing-controller';
import { startControllerManager } from '../controller-manager/controller-manager';
import { parseControllerManagerFlags } from '../controller-manager/flags';
import type { SignerName } from '../controller-manager/signer-rules';
import type { SigningFiles } from '../controller-manager/signing-flags';
import { MidplaneError } from '../error';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import { openAuthority } from '../pki/authority';
import { readSigningKey, type SigningKey } from '../pki/jwt';
import { checkAuthorityPair, checkBundle } from '../pki/key-pair';
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
  readonly failed: Promise<MidplaneError>;
}

/** `midplane controller-manager`. Throws MidplaneError for flags, files and the address. */
export async function runControllerManager(argv: readonly string[], terminal: Terminal): Promise<Running> {
  const flags = parseControllerManagerFlags(argv);
  const rootCaPem = flags.rootCaFile === '' ? null : await readNamedFile(flags.rootCaFile);
  if (rootCaPem !== null) checkBundle({ pem: rootCaPem, file: flags.rootCaFile });
  const serviceAccountKey = await signingKeyOf(flags.serviceAccountPrivateKeyFile);
  const signingAuthorities = await openSigningAuthorities(flags.signingFiles);
  const log = componentLog(terminal).child({ component: 'controller-manager' });
  return withHealth(flags, 'controller-manager', log, (client) =>
    startControllerManager({
      client,
      settings: {
        rootCaPem: rootCaPem ?? bundleOf(client),
        serviceAccountKey,
        signingAuthorities,
        signingDurationMs: flags.signingDurationMs,
        approveKubeletServing: flags.approveKubeletServing,
        nodeMonitorPeriodMs: flags.nodeMonitorPeriodMs,
        nodeGrace: flags.nodeGrace,
        nodeEvictionRates: flags.nodeEvictionRates,
      },
      controllers: flags.controllers,
      leaderElect: flags.leaderElect,
      log,
    }),
  );
}

async function signingKeyOf(file: string): Promise<SigningKey | null> {
  if (file === '') return null;
  const pem = await readNamedFile(file);
  try {
    return readSigningKey(pem);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot use "${file}" of --service-account-private-key-file: ${why}`;
    throw new MidplaneError('PEM_INVALID', message, { cause, hint: 'give it an RSA or ECDSA key in PEM' });
  }
}

/** What is not named by --root-ca-file is what this program trusts itself (cmd/kube-controller-manager/app/certificates.go). */
function bundleOf({ trust }: KubeClientOptions): string | null {
  return trust.kind === 'verify' ? trust.bundlePem : null;
}

/** Looks at the files now, so that a mistake is told at once, and again whenever something is signed. */
async function openSigningAuthorities(
  files: Readonly<Partial<Record<SignerName, SigningFiles>>>,
): Promise<SigningAuthorities> {
  const look = (named: SigningFiles) => async () => {
    const pair = {
      certPem: await readNamedFile(named.certFile),
      keyPem: await readNamedFile(named.keyFile),
    };
    checkAuthorityPair({ ...pair, ...named });
    return openAuthority(pair);
  };
  const looks = Object.entries(files).map(([signer, named]) => [signer, look(named)] as const);
  await Promise.all(looks.map(([, open]) => open()));
  return Object.fromEntries(looks);
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
    failed: loops.failed,
    close: async () => {
      await loops.close();
      await health?.close();
    },
  };
}
