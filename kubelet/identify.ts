import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { MidplaneError } from '../error';
import type { SecureConnection } from '../network/secure';
import { type Bundle, judgeClient, parseBundle } from '../network/verify';
import { parseCertificate } from '../wire/certificate';
import { type Attempt, type Identity, identify, presentedToken } from './authentication';
import type { KubeletSettings } from './settings';

export interface IdentifyOptions {
  readonly settings: KubeletSettings['authentication'];
  /** The content of the client CA file; null when none is configured. */
  readonly clientCaPem: string | null;
  readonly reviewToken: (token: string) => Promise<Attempt>;
  readonly now: () => Date;
}

/** Finds out who makes a request, from what its connection and its headers present. */
export function identifier({
  settings,
  clientCaPem,
  reviewToken,
  now,
}: IdentifyOptions): (
  request: IncomingMessage,
  peer: { readonly secure: SecureConnection | null },
) => Promise<Identity> {
  const bundle = clientCaPem === null ? null : readBundle(clientCaPem);
  return (request, { secure }) => {
    const chain = secure?.peerCertificates ?? [];
    const byToken = async (): Promise<Attempt> => {
      const presented = settings.webhook.enabled ? presentedToken(request.headers) : NOT_PRESENTED;
      return presented.kind === 'token' ? reviewToken(presented.token) : presented;
    };
    return identify(byCertificate(chain, bundle, now()), byToken, settings.anonymous.enabled);
  };
}

const NOT_PRESENTED = { kind: 'not-presented' } as const;

function readBundle(pem: string): Bundle {
  const bundle = parseBundle(pem);
  if (bundle.kind === 'bundle') return bundle;
  throw new MidplaneError('PEM_INVALID', `client CA file holds no usable certificate: ${bundle.text}`, {
    hint: 'authentication.x509.clientCAFile (--client-ca-file) names a file of PEM certificates',
  });
}

/** The common name is the user, the organizations are the groups (AS:pkg/authentication/request/x509). */
export function byCertificate(chain: readonly Buffer[], bundle: Bundle | null, now: Date): Attempt {
  const [leaf] = chain;
  if (leaf === undefined || bundle === null) return { kind: 'not-presented' };
  const judgement = judgeClient({ chain, bundle, now });
  if (!judgement.ok) return { kind: 'unacceptable', text: judgement.error };
  const certificate = parseCertificate(leaf);
  if (certificate.kind === 'unreadable-certificate') return { kind: 'unacceptable', text: certificate.text };
  const { commonName, organizations } = certificate.subject;
  if (commonName === '') return { kind: 'not-presented' };
  const extra = {
    'authentication.kubernetes.io/credential-id': [
      `X509SHA256=${createHash('sha256').update(leaf).digest('hex')}`,
    ],
  };
  return { kind: 'user', user: { name: commonName, groups: organizations, extra } };
}
