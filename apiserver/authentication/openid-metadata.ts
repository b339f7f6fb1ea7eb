import { jwkOf, type PublicKey } from '../../pki/jwt';

/**
 * What others need to verify service-account tokens by themselves; they do not learn that a token was invalidated.
 * Source: pkg/serviceaccount/openidmetadata.go, pkg/routes/openidmetadata.go.
 */
export interface OpenIdMetadata {
  readonly issuer: string;
  readonly jwksUri: string;
}

/** How long others may keep keys that do not change while the apiserver runs. */
export const openIdCacheControl = 'public, max-age=3600';

/** @param jwksUri --service-account-jwks-uri; '' stands for this apiserver's own */
export function openIdMetadata(
  issuer: string,
  jwksUri: string,
  serverAddress: string,
): OpenIdMetadata | { readonly kind: 'refused'; readonly text: string } {
  const refuse = (text: string) => ({ kind: 'refused', text }) as const;
  const parsed = URL.canParse(issuer) ? new URL(issuer) : null;
  if (parsed?.protocol !== 'https:') return refuse(`issuer URL must use https scheme, got: ${issuer}`);
  if (parsed.search !== '') return refuse(`issuer URL may not include a query, got: ${issuer}`);
  if (parsed.hash !== '') return refuse(`issuer URL may not include a fragment, got: ${issuer}`);
  if (jwksUri !== '' && !jwksUri.startsWith('https://')) {
    return refuse(`jwksURI requires https scheme, parsed as: ${jwksUri}`);
  }
  return { issuer, jwksUri: jwksUri === '' ? `https://${serverAddress}/openid/v1/jwks` : jwksUri };
}

export function openidConfiguration({ issuer, jwksUri }: OpenIdMetadata, keys: readonly PublicKey[]): object {
  return {
    issuer,
    jwks_uri: jwksUri,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ algorithm }) => algorithm))].sort(),
  };
}

export function jsonWebKeySet(keys: readonly PublicKey[]): object {
  return { keys: keys.map(jwkOf) };
}
