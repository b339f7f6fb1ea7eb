import { textOf } from '../../api/fields';
import { isSignedBy, type Jwt, type PublicKey, parseJwt } from '../../pki/jwt';
import { goQuoteList } from '../../wire/go-quote';
import { type NoUser, noOpinionOfToken, sharedAudiences, tokenError } from './token-verdict';

/**
 * What is asked of every token that the cluster signs: whose it is, whether it is signed, and for whom.
 * Source: pkg/serviceaccount/jwt.go (AuthenticateToken).
 */
export interface SignedTokenOptions {
  /** Those that tokens may name. */
  readonly issuers: readonly string[];
  readonly keys: readonly PublicKey[];
  readonly apiAudiences: readonly string[];
}

export type SignedToken =
  | { readonly kind: 'signed'; readonly jwt: Jwt; readonly audiences: readonly string[] }
  | NoUser;

export function signedToken(
  token: string,
  audiences: readonly string[],
  { issuers, keys: known, apiAudiences }: SignedTokenOptions,
): SignedToken {
  const jwt = parseJwt(token);
  if (jwt === null || !issuers.includes(textOf(jwt.claims['iss']))) return noOpinionOfToken;
  const keys = known.filter(({ id }) => jwt.keyId === '' || id === jwt.keyId);
  if (keys.length === 0) return tokenError('invalid signature, no keys found');
  if (!keys.some((key) => isSignedBy(jwt, key))) {
    return tokenError('go-jose/go-jose: error in cryptographic primitive');
  }
  // Tokens of old have none: they are for the apiserver.
  const own = audiencesOf(jwt) ?? apiAudiences;
  const shared = sharedAudiences(own, audiences);
  if (shared.length > 0) return { kind: 'signed', jwt, audiences: shared };
  return tokenError(
    `token audiences ${goQuoteList(own)} is invalid for the target audiences ${goQuoteList(audiences)}`,
  );
}

function audiencesOf({ claims }: Jwt): string[] | null {
  const { aud } = claims;
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) && aud.length > 0
    ? aud.filter((one): one is string => typeof one === 'string')
    : null;
}
