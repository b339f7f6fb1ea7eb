import type { IncomingHttpHeaders } from 'node:http';
import type { UserInfo } from './authorization';

/**
 * Who makes a request. The order is x509, bearer token, anonymous; an earlier one that fails does not stop a later one
 * from succeeding, except that anonymous is only for those who presented nothing: a credential that is not accepted is
 * 401 (AS: authentication/authenticatorfactory/delegating.go, union.New inside union.NewFailOnError).
 */
export type Identity =
  | { readonly kind: 'user'; readonly user: UserInfo; readonly by: 'x509' | 'token' | 'anonymous' }
  | { readonly kind: 'unauthenticated'; readonly text: string };

/** What one method made of a request. */
export type Attempt =
  | { readonly kind: 'user'; readonly user: UserInfo }
  | { readonly kind: 'not-presented' }
  | { readonly kind: 'unacceptable'; readonly text: string };

const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const AUTHENTICATED = 'system:authenticated';
const WEBSOCKET_TOKEN_PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** Joins what the methods said. `token` is only evaluated when the certificate did not already decide. */
export async function identify(
  certificate: Attempt,
  token: () => Promise<Attempt>,
  anonymousEnabled: boolean,
): Promise<Identity> {
  if (certificate.kind === 'user') return { kind: 'user', user: withGroup(certificate.user), by: 'x509' };
  const presented = await token();
  if (presented.kind === 'user') return { kind: 'user', user: withGroup(presented.user), by: 'token' };
  const problems = [certificate, presented].flatMap((it) => (it.kind === 'unacceptable' ? [it.text] : []));
  if (problems.length > 0) return { kind: 'unauthenticated', text: problems.join(', ') };
  if (anonymousEnabled) return { kind: 'user', user: ANONYMOUS, by: 'anonymous' };
  return { kind: 'unauthenticated', text: 'no credentials presented' };
}

/** group.AuthenticatedGroupAdder: everybody who is somebody is in this group. */
function withGroup(user: UserInfo): UserInfo {
  return user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] };
}

type Presented =
  | { readonly kind: 'token'; readonly token: string }
  | Exclude<Attempt, { readonly kind: 'user' }>;

/**
 * The bearer token of a request: the Authorization header, or else the WebSocket subprotocol that browsers use.
 * Source: k8s.io/apiserver pkg/authentication/request/{bearertoken,websocket}.
 */
export function presentedToken(headers: IncomingHttpHeaders): Presented {
  const [scheme = '', token = ''] = (headers.authorization ?? '').trim().split(' ');
  if (scheme.toLowerCase() === 'bearer' && token !== '') return { kind: 'token', token };
  const nothing = { kind: 'not-presented' } as const;
  if (headers.upgrade?.toLowerCase() !== 'websocket') return nothing;
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((it) => it.trim());
  const encoded = protocols.filter((it) => it.startsWith(WEBSOCKET_TOKEN_PREFIX));
  const [only] = encoded.map((it) => it.slice(WEBSOCKET_TOKEN_PREFIX.length));
  if (only === undefined) return nothing;
  if (encoded.length > 1) return unacceptable('multiple base64.bearer.authorization tokens specified');
  const bytes = Buffer.from(only, 'base64url');
  if (!/^[\w-]*$/.test(only) || only.length % 4 === 1) {
    return unacceptable('invalid base64.bearer.authorization token encoding');
  }
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) return unacceptable('invalid base64.bearer.authorization token');
  if (!protocols.some((it) => it !== '' && !it.startsWith(WEBSOCKET_TOKEN_PREFIX))) {
    return unacceptable('missing additional subprotocol');
  }
  return { kind: 'token', token: text };
}

function unacceptable(text: string): Attempt & { readonly kind: 'unacceptable' } {
  return { kind: 'unacceptable', text };
}
