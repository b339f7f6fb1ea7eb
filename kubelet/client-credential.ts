import type { Logger } from 'pino';
import type { Clock } from '../client/clock';
import { type AnswerObserver, KubeClient } from '../client/kube-client';
import type { ClientConfig } from '../client/kubeconfig';
import { MidplaneError } from '../error';
import type { Host } from '../network/network';
import type { KeyPair } from '../wire/pem';
import { KUBELET_USER_AGENT } from './node-status';

/** The certificate that a kubelet shows its apiserver. It may change while the kubelet runs. */
export interface ClientCredential {
  /** Null: there is none that is valid, and nothing is shown. */
  current(): KeyPair | null;
  /** Calls at every change, until what it returns is called. */
  onChange(listener: () => void): () => void;
  /** Whether the apiserver answered when a new one was last asked for. */
  readonly serverHealthy: boolean;
}

/** As a kubeconfig says, or with a client certificate that changes. */
export type ApiserverAccess = Omit<ClientConfig, 'clientCertificate'> & {
  readonly clientCertificate?: KeyPair | ClientCredential;
  readonly observer?: AnswerObserver;
};

export function clientOf(from: Host, { clientCertificate, ...access }: ApiserverAccess): KubeClient {
  const shown =
    clientCertificate !== undefined && 'current' in clientCertificate
      ? () => clientCertificate.current()
      : clientCertificate;
  return new KubeClient({
    ...access,
    from,
    ...(shown === undefined ? {} : { clientCertificate: shown }),
    userAgent: KUBELET_USER_AGENT,
  });
}

/** Resolves when there is one. */
export function whenAvailable(credential: ClientCredential): Promise<void> {
  if (credential.current() !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const undo = credential.onChange(() => {
      undo();
      resolve();
    });
  });
}

const LOOK_MS = 10_000;
const EXIT_AFTER_MS = 5 * 60_000;

/**
 * Looks after a credential until there has been none for five minutes although the apiserver answers; null when stopped.
 * Source: pkg/kubelet/certificate/transport.go (addCertRotation, exitAfter).
 */
export async function withoutCredential(
  credential: ClientCredential,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<MidplaneError | null> {
  let lastAvailable = clock.now().getTime();
  for (;;) {
    await clock.pause(LOOK_MS, signal);
    if (signal.aborted) return null;
    const now = clock.now().getTime();
    if (credential.current() !== null) {
      lastAvailable = now;
      continue;
    }
    if (now <= lastAvailable + EXIT_AFTER_MS) continue;
    const since = { lastCertificateAvailabilityTime: new Date(lastAvailable).toISOString() };
    if (credential.serverHealthy) {
      const text = 'No valid client certificate is found and the server is responsive, exiting.';
      log.error(since, text);
      return new MidplaneError('CERTIFICATE_UNUSABLE', text, {
        hint: 'start it again with a --bootstrap-kubeconfig whose token is still good: midplane token create makes one',
      });
    }
    log.error(
      since,
      'No valid client certificate is found but the server is not responsive. A restart may be necessary to retrieve new initial credentials.',
    );
  }
}
