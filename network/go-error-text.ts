import { X509Certificate } from 'node:crypto';
import { alertGoText } from '../wire/tls-alerts';
import { type Connection, joinHostPort } from './network';

/** Node's socket and TLS errors in Go's words, as users read them through kubectl. */

/**
 * What OpenSSL itself objects to, in the words of crypto/tls. Go's reasons are finer; these are the ones that a peer of
 * the lab can provoke.
 */
const OPENSSL_TEXTS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_SIGNATURE_TYPE: 'tls: certificate used with invalid signature algorithm',
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 'local error: tls: bad record MAC',
  ERR_SSL_CIPHER_OPERATION_FAILED: 'local error: tls: bad record MAC',
  ERR_SSL_UNEXPECTED_MESSAGE: 'local error: tls: unexpected message',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls: server selected unsupported protocol version',
  ERR_SSL_INAPPROPRIATE_FALLBACK:
    'tls: downgrade attempt detected, possibly due to a MitM attack or a broken middlebox',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_HTTP_REQUEST: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_DIGEST_CHECK_FAILED: "tls: server's Finished message was incorrect",
};

/** What Go says where Node's error says `code`, for a read (or write) on this connection. */
const ERRNO_TEXTS: Readonly<Record<string, string>> = {
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
};

/** How OpenSSL 3.0 and 3.5 call a handshake signature that does not belong to the certificate. */
const SIGNATURE_FAILURES = ['ERR_SSL_BAD_SIGNATURE', 'ERR_SSL_PROVIDER_SIGNATURE_FAILURE'];

/** crypto/tls auth.go, verifyHandshakeSignature. */
const SIGNATURE_TEXTS: Readonly<Record<string, string>> = {
  ec: 'ECDSA verification failure',
  rsa: 'crypto/rsa: verification error',
  ed25519: 'Ed25519 verification failure',
};

/** What Go says when a server does not own the key of the certificate it shows; null when that is not the error. */
export function signatureFailureText(error: Error, leaf: Buffer | undefined): string | null {
  if (!SIGNATURE_FAILURES.includes((error as NodeJS.ErrnoException).code ?? '')) return null;
  const keyType = leaf === undefined ? '' : (new X509Certificate(leaf).publicKey.asymmetricKeyType ?? '');
  return `tls: invalid signature by the server certificate: ${SIGNATURE_TEXTS[keyType] ?? 'verification error'}`;
}

/** The number of the alert that the peer sent, if that is what the error reports. */
export function alertOf(error: Error): number | null {
  // OpenSSL's reason names for alerts differ between its versions; only the number in the message is always there.
  const number = /SSL alert number (\d+)/.exec(error.message)?.[1];
  return number === undefined ? null : Number(number);
}

/** `read tcp 10.0.0.10:50412->10.0.0.11:10250: read: connection reset by peer`, `remote error: tls: certificate required`, … */
export function goTextOf(error: Error, connection: Connection): string {
  const alert = alertOf(error);
  if (alert !== null) return `remote error: ${alertGoText(alert)}`;
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  const errno = ERRNO_TEXTS[code];
  if (errno !== undefined && (syscall === 'read' || syscall === 'write')) {
    return `${operation(syscall, connection)}: ${syscall}: ${errno}`;
  }
  // Node's own way of saying that the peer ended the stream too early: `socket hang up`, `other side closed`.
  if (code === 'ECONNRESET') return 'EOF';
  if (code === 'ERR_STREAM_WRITE_AFTER_END' || code === 'ERR_STREAM_DESTROYED' || code === 'ECANCELED')
    return closedLocally(connection);
  return OPENSSL_TEXTS[code] ?? error.message;
}

/** What a blocked read ends with when our own side closes the connection. */
export function closedLocally(connection: Connection): string {
  return `${operation('read', connection)}: use of closed network connection`;
}

function operation(name: 'read' | 'write', { local, remote }: Connection): string {
  return `${name} tcp ${joinHostPort(local.address, local.port)}->${joinHostPort(remote.address, remote.port)}`;
}
