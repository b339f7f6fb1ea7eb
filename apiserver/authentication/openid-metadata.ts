import { jwkOf, type PublicKey } from './jwt';

/** What others need to verify service-account tokens by themselves. Source: pkg/serviceaccount/openidmetadata.go, pkg/routes/openidmetadata.go. */
export function openidConfiguration(
  issuer: string,
  keys: readonly PublicKey[],
  serverAddress: string,
): object {
  return {
    issuer,
    jwks_uri: `https://${serverAddress}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ algorithm }) => algorithm))].sort(),
  };
}

export function jsonWebKeySet(keys: readonly PublicKey[]): object {
  return { keys: keys.map(jwkOf) };
}
