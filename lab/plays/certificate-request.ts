import { systemClock } from '../../client/clock';
import type { KubeClient } from '../../client/kube-client';
import { nodeSubject } from '../../kubelet/bootstrap';
import {
  askForCertificate,
  outcomeOf,
  SIGNING_REQUESTS,
  waitForCertificate,
} from '../../kubelet/certificate-signing';
import { createCertificateRequest, type RequestTemplate } from '../../pki/certificate-request';
import { generateKey, privateKeyPem } from '../../pki/key-algorithm';
import type { KeyPair } from '../../wire/pem';
import type { Stage } from '../scenarios/stage';

/** A CertificateSigningRequest for a node's name, as anybody can write it who has a key and an editor. */
export interface NodeCertificateWanted {
  readonly node: string;
  readonly signerName: string;
  readonly usage: 'client auth' | 'server auth';
  readonly altNames?: Pick<RequestTemplate, 'dnsNames' | 'ipAddresses'>;
}

export interface Requested {
  readonly kind: 'requested';
  readonly name: string;
  /** As it is now; `pair` null: there is no certificate. `text` as `kubectl get csr` has it, with the reason. */
  look(): Promise<{ readonly pair: KeyPair | null; readonly text: string }>;
  /** Waits until it is issued or refused. */
  decided(): Promise<void>;
}

const DECIDED_WITHIN_MS = 20_000;

export async function requestNodeCertificate(
  { log, signal, random }: Pick<Stage, 'log' | 'signal' | 'random'>,
  client: KubeClient,
  { node, signerName, usage, altNames = {} }: NodeCertificateWanted,
): Promise<Requested | { readonly kind: 'failed'; readonly text: string }> {
  const { privateKey } = await generateKey('ec-p256', random);
  const asked = await askForCertificate(
    client,
    {
      name: null,
      requestPem: createCertificateRequest(privateKey, { ...nodeSubject(node), ...altNames }),
      signerName,
      usages: ['digital signature', usage],
      privateKey,
    },
    { log, signal, now: new Date() },
  );
  if (asked.kind === 'failed') return asked;
  return {
    kind: 'requested',
    name: asked.name,
    async look() {
      const answer = await client.request('GET', `${SIGNING_REQUESTS}/${asked.name}`, { signal });
      if (!answer.ok) return { pair: null, text: answer.words };
      const request = answer.json() as Parameters<typeof outcomeOf>[0];
      const outcome = outcomeOf(request, asked.uid);
      if (outcome === null || typeof outcome === 'string') return { pair: null, text: conditionOf(request) };
      const pair = { certPem: outcome.certPem, keyPem: privateKeyPem(privateKey) };
      return { pair, text: conditionOf(request) };
    },
    async decided() {
      await waitForCertificate(client, asked, { withinMs: DECIDED_WITHIN_MS, clock: systemClock, signal });
    },
  };
}

/** Source: pkg/printers/internalversion/printers.go (extractCSRStatus). */
function conditionOf({ status = {} }: Parameters<typeof outcomeOf>[0]): string {
  const { conditions = [], certificate = '' } = status;
  const words = conditions.map(({ type }) => type);
  const shown = [...(words.length === 0 ? ['Pending'] : words), ...(certificate === '' ? [] : ['Issued'])];
  const [first] = conditions;
  return first === undefined ? shown.join(',') : `${shown.join(',')} (${first.reason}: ${first.message})`;
}
