import { describeCertificate } from '../pki/describe-certificate';
import { type FrontProxyHeaders, frontProxyUser } from './authentication/front-proxy';
import type { TokenAuthenticator } from './authentication/token-verdict';
import { webSocketToken } from './authentication/web-socket-token';
import type { User } from './authorize';

/**
 * Who asks. Front proxy, certificate, bearer token, anonymous last. A credential that was presented and not accepted is
 * an error and gives 401, never anonymous; only who presents nothing is anonymous.
 * Source: k8s.io/apiserver pkg/authentication/request/{headerrequest,x509,bearertoken,websocket,anonymous,union},
 * group/authenticated_group_adder.go.
 */
export interface Credentials {
  /** DER, leaf first; empty when the client showed none. */
  readonly certificates: readonly Buffer[];
  /** The Authorization header, '' when absent. */
  readonly authorization: string;
  /** What a WebSocket upgrade offers as subprotocols; null for any other request. */
  readonly webSocketProtocols?: string | null;
  /** All headers, as they were sent: those of a front proxy are among them. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export type JudgeClient = (
  chain: readonly Buffer[],
) => { readonly ok: true } | { readonly ok: false; readonly error: string };

export interface FrontProxy {
  readonly judge: JudgeClient;
  /** Common names; empty means any. */
  readonly allowedNames: readonly string[];
  readonly headers: FrontProxyHeaders;
}

export interface AuthenticatorOptions {
  /** Judges a client chain against --client-ca-file; null when the flag is not set, and certificates then mean nothing. */
  readonly judgeClient: JudgeClient | null;
  readonly anonymous: boolean;
  readonly authenticateToken: TokenAuthenticator;
  /** What a token must be good for. */
  readonly audiences?: readonly string[];
  readonly frontProxy?: FrontProxy | null;
}

export type Authentication =
  | {
      readonly kind: 'authenticated';
      readonly user: User;
      readonly audiences?: readonly string[];
      /** For the audit log. */
      readonly annotations?: Readonly<Record<string, string>>;
    }
  /** `reasons` go to the log and never to the client. */
  | { readonly kind: 'unauthenticated'; readonly reasons: readonly string[] };

const anonymousUser: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

type Opinion =
  | (Omit<Extract<Authentication, { kind: 'authenticated' }>, 'kind'> & { readonly kind: 'user' })
  | { readonly kind: 'none' }
  | { readonly kind: 'error'; readonly texts: readonly string[] };

export function authenticate(credentials: Credentials, options: AuthenticatorOptions): Authentication {
  const errors: string[] = [];
  // The union does not stop at an error: an invalid certificate beside a valid token is the token's user.
  for (const authenticator of [byFrontProxy, byCertificate, byToken, byWebSocketToken]) {
    const opinion = authenticator(credentials, options);
    if (opinion.kind === 'user') {
      return { ...opinion, kind: 'authenticated', user: addAuthenticatedGroup(opinion.user) };
    }
    if (opinion.kind === 'error') errors.push(...opinion.texts);
  }
  if (errors.length > 0) return { kind: 'unauthenticated', reasons: errors };
  return options.anonymous
    ? { kind: 'authenticated', user: anonymousUser }
    : { kind: 'unauthenticated', reasons: [] };
}

function byFrontProxy(
  { certificates, headers = [] }: Credentials,
  { frontProxy }: AuthenticatorOptions,
): Opinion {
  const leaf = certificates[0];
  if (leaf === undefined || frontProxy === undefined || frontProxy === null) return { kind: 'none' };
  const judgement = frontProxy.judge(certificates);
  if (!judgement.ok) return refused(`verifying certificate failed: ${judgement.error}`);
  const name = describeCertificate(leaf).subjectCommonName ?? '';
  if (frontProxy.allowedNames.length > 0 && !frontProxy.allowedNames.includes(name))
    return refused(`x509: subject with cn=${name} is not in the allowed list`);
  const user = frontProxyUser(headers, frontProxy.headers);
  return user === null ? { kind: 'none' } : { kind: 'user', user };
}

function byCertificate({ certificates }: Credentials, { judgeClient }: AuthenticatorOptions): Opinion {
  const leaf = certificates[0];
  if (leaf === undefined || judgeClient === null) return { kind: 'none' };
  const judgement = judgeClient(certificates);
  if (!judgement.ok) return refused(`verifying certificate failed: ${judgement.error}`);
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
function byToken({ authorization }: Credentials, options: AuthenticatorOptions): Opinion {
  const [scheme = '', token = ''] = authorization.trim().split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '') return { kind: 'none' };
  return opinionOf(token, options);
}

function byWebSocketToken(
  { webSocketProtocols = null }: Credentials,
  options: AuthenticatorOptions,
): Opinion {
  const offered = webSocketProtocols === null ? null : webSocketToken(webSocketProtocols);
  if (offered === null) return { kind: 'none' };
  return offered.kind === 'invalid' ? refused(offered.text) : opinionOf(offered.token, options);
}

function opinionOf(token: string, { authenticateToken, audiences = [] }: AuthenticatorOptions): Opinion {
  const verdict = authenticateToken(token, audiences);
  switch (verdict.kind) {
    case 'user':
      return verdict;
    case 'none':
      return refused('invalid bearer token');
    case 'error':
      return refused('invalid bearer token', verdict.text);
  }
  return verdict satisfies never;
}

function refused(...texts: string[]): Opinion {
  return { kind: 'error', texts };
}

function addAuthenticatedGroup(user: User): User {
  if (user.groups.includes('system:authenticated') || user.groups.includes('system:unauthenticated'))
    return user;
  return { ...user, groups: [...user.groups, 'system:authenticated'] };
}
