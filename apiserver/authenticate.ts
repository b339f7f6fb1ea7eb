import { describeCertificate } from '../pki/describe-certificate';
import type { User } from './authorize';

/**
 * Who asks. Certificate first, then bearer token, anonymous last. A credential that was presented and not accepted is
 * an error and gives 401, never anonymous; only who presents nothing is anonymous.
 * Source: k8s.io/apiserver pkg/authentication/request/{x509,bearertoken,anonymous,union}, group/authenticated_group_adder.go.
 */
export interface Credentials {
  /** DER, leaf first; empty when the client showed none. */
  readonly certificates: readonly Buffer[];
  /** The Authorization header, '' when absent. */
  readonly authorization: string;
}

export interface AuthenticatorOptions {
  /** Judges a client chain against --client-ca-file; null when the flag is not set, and certificates then mean nothing. */
  readonly judgeClient:
    | ((chain: readonly Buffer[]) => { readonly ok: true } | { readonly ok: false; readonly error: string })
    | null;
  readonly anonymous: boolean;
  readonly authenticateToken: (token: string) => User | null;
}

export type Authentication =
  | { readonly kind: 'authenticated'; readonly user: User }
  /** `reasons` go to the log and never to the client. */
  | { readonly kind: 'unauthenticated'; readonly reasons: readonly string[] };

const anonymousUser: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

type Opinion =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'none' }
  | { readonly kind: 'error'; readonly text: string };

export function authenticate(credentials: Credentials, options: AuthenticatorOptions): Authentication {
  const errors: string[] = [];
  // The union does not stop at an error: an invalid certificate beside a valid token is the token's user.
  for (const opinion of [byCertificate, byToken].map((authenticator) =>
    authenticator(credentials, options),
  )) {
    if (opinion.kind === 'user') return { kind: 'authenticated', user: addAuthenticatedGroup(opinion.user) };
    if (opinion.kind === 'error') errors.push(opinion.text);
  }
  if (errors.length > 0) return { kind: 'unauthenticated', reasons: errors };
  return options.anonymous
    ? { kind: 'authenticated', user: anonymousUser }
    : { kind: 'unauthenticated', reasons: [] };
}

function byCertificate({ certificates }: Credentials, { judgeClient }: AuthenticatorOptions): Opinion {
  const leaf = certificates[0];
  if (leaf === undefined || judgeClient === null) return { kind: 'none' };
  const judgement = judgeClient(certificates);
  if (!judgement.ok) return { kind: 'error', text: `verifying certificate failed: ${judgement.error}` };
  const { subjectCommonName, organizations, fingerprintSha256 } = describeCertificate(leaf);
  if (subjectCommonName === null || subjectCommonName === '') return { kind: 'none' };
  const fingerprint = fingerprintSha256.replaceAll(':', '').toLowerCase();
  return {
    kind: 'user',
    user: {
      name: subjectCommonName,
      groups: organizations,
      extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
    },
  };
}

/** RFC 6750: the scheme is compared without case, and more than one blank is no token. */
function byToken({ authorization }: Credentials, { authenticateToken }: AuthenticatorOptions): Opinion {
  const [scheme = '', token = ''] = authorization.trim().split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '') return { kind: 'none' };
  const user = authenticateToken(token);
  return user === null ? { kind: 'error', text: 'invalid bearer token' } : { kind: 'user', user };
}

function addAuthenticatedGroup(user: User): User {
  if (user.groups.includes('system:authenticated') || user.groups.includes('system:unauthenticated'))
    return user;
  return { ...user, groups: [...user.groups, 'system:authenticated'] };
}
