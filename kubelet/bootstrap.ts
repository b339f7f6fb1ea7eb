import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../client/clock';
import type { KubeClient } from '../client/kube-client';
import { timeLimit } from '../network/time-limit';
import { createCertificateRequest, type RequestTemplate } from '../pki/certificate-request';
import type { KeyPair } from '../wire/pem';
import { askForCertificate, waitForCertificate } from './certificate-signing';

/**
 * A node's first client certificate, asked for with what it was given to join: a bootstrap token, as a rule.
 * Source: pkg/kubelet/certificate/bootstrap/bootstrap.go (requestNodeCertificate, digestedName).
 */
export interface BootstrapOptions {
  /** A client that shows the bootstrap credential. */
  readonly client: KubeClient;
  readonly nodeName: string;
  /** Of the same key the same request is made: who begins again goes on where it was. */
  readonly keyPem: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
export const SERVING_SIGNER = 'kubernetes.io/kubelet-serving';

const WAIT_MS = 3_600_000;

/** Who a node is, to the apiserver and to whoever connects to it. */
export function nodeSubject(nodeName: string): RequestTemplate {
  return { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] };
}

export async function bootstrapClientCertificate(
  options: BootstrapOptions,
): Promise<
  { readonly kind: 'issued'; readonly pair: KeyPair } | { readonly kind: 'failed'; readonly text: string }
> {
  const { client, nodeName, keyPem, clock, log, signal } = options;
  const privateKey = createPrivateKey(keyPem);
  const subject = nodeSubject(nodeName);
  const usages = bootstrapUsages(privateKey);
  const asked = await askForCertificate(
    client,
    {
      name: requestName(privateKey, subject, usages),
      requestPem: createCertificateRequest(privateKey, subject),
      signerName: CLIENT_SIGNER,
      usages,
      privateKey,
    },
    { log, signal, now: clock.now() },
  );
  if (asked.kind === 'failed') return { kind: 'failed', text: asked.text };
  log.info({ csr: asked.name }, 'Waiting for client certificate to be issued');
  const issued = await waitForCertificate(client, asked, { withinMs: WAIT_MS, clock, signal });
  if (issued.kind === 'failed') return issued;
  return { kind: 'issued', pair: { certPem: issued.certPem, keyPem } };
}

/** In another order than those of a renewal; the name depends on it. */
function bootstrapUsages({ asymmetricKeyType }: KeyObject): string[] {
  const usages = ['digital signature', 'client auth'];
  return asymmetricKeyType === 'rsa' ? [...usages, 'key encipherment'] : usages;
}

/** `node-csr-` and a digest of key, subject and usages: whatever is another request has another name. */
export function requestName(key: KeyObject, subject: RequestTemplate, usages: readonly string[]): string {
  const hash = createHash('sha512-256');
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const parts = [publicKey, subject.commonName, ...(subject.organizations ?? []), ...usages];
  for (const part of parts) hash.update(`${Buffer.from(part).toString('base64url')}|`);
  return `node-csr-${hash.digest('base64url')}`;
}

const POLL_MS = 2_000;
const SERVER_WITHIN_MS = 60_000;
const REQUEST_WITHIN_MS = 1_000;

/** Until /healthz answers, a minute at most; false when it never did. Source: waitForServer. */
export async function waitForServer(
  client: KubeClient,
  { clock, log, signal }: { clock: Clock; log: Logger; signal: AbortSignal },
): Promise<boolean> {
  const until = clock.now().getTime() + SERVER_WITHIN_MS;
  while (!signal.aborted && clock.now().getTime() < until) {
    const over = timeLimit(REQUEST_WITHIN_MS, signal);
    const answer = await client.request('GET', '/healthz', { signal: over });
    if (answer.ok) return true;
    log.info({ err: answer.words }, 'Failed to connect to apiserver');
    await clock.pause(POLL_MS, signal);
  }
  return false;
}
