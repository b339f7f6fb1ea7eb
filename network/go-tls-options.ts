import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { KeyPair } from '../wire/pem';
import type { TlsVersion } from './secure';

/**
 * What makes Node's TLS offer, on either side, what Go's crypto/tls offers: suites, curves and signature algorithms of
 * defaults.go. Left out are Go's post-quantum hybrids: OpenSSL 3.0 (Node 20) has none, and the lab shall look alike on
 * every Node.
 */

const TLS_1_3_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Go's cipherSuitesPreferenceOrder without what is off by default: RSA key exchange, 3DES, RC4, CBC with SHA-256. */
const TLS_1_2_SUITES = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
];

const CURVES = ['X25519', 'P-256', 'P-384', 'P-521'];

/** Go 1.25: no SHA-1 in handshakes. */
const SIGNATURE_ALGORITHMS = [
  'RSA-PSS+SHA256',
  'ECDSA+SHA256',
  'ed25519',
  'RSA-PSS+SHA384',
  'RSA-PSS+SHA512',
  'RSA+SHA256',
  'RSA+SHA384',
  'RSA+SHA512',
  'ECDSA+SHA384',
  'ECDSA+SHA512',
];

const GO_TLS_OPTIONS: SecureContextOptions = {
  // Level 0 keeps OpenSSL from refusing weak keys before our own rules, which are Go's, have spoken.
  ciphers: [...TLS_1_3_SUITES, ...TLS_1_2_SUITES, '@SECLEVEL=0'].join(':'),
  ecdhCurve: CURVES.join(':'),
  sigalgs: SIGNATURE_ALGORITHMS.join(':'),
  // No resumption: a resumed session shows no certificate, so it proves nothing. Go never renegotiates by default.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
};

export interface VersionRange {
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
}

/** `ca: []` because nothing here is judged by OpenSSL, and because loading the system's roots costs milliseconds. */
export function goClientContext(keyPair: KeyPair | null, versions: VersionRange): SecureContext {
  return createSecureContext({ ...GO_TLS_OPTIONS, ...range(versions), ...pairOptions(keyPair), ca: [] });
}

/** The authorities in `clientCaPem` are only named in the CertificateRequest; who is believed is decided above TLS. */
export function goServerContext(
  keyPair: KeyPair,
  versions: VersionRange,
  clientCaPem: string | undefined,
): SecureContext {
  return createSecureContext({
    ...GO_TLS_OPTIONS,
    ...range(versions),
    ...pairOptions(keyPair),
    ca: clientCaPem ?? [],
    honorCipherOrder: true,
  });
}

function range({ minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' }: VersionRange): SecureContextOptions {
  return { minVersion, maxVersion };
}

function pairOptions(keyPair: KeyPair | null): SecureContextOptions {
  return keyPair === null ? {} : { cert: keyPair.certPem, key: keyPair.keyPem };
}
