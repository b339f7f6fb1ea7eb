/** TLS alerts: their numbers, their names (RFC 8446 §6, and the older ones of RFC 5246 §7.2) and Go's words for them. */

interface AlertFacts {
  readonly number: number;
  readonly name: string;
  /** As Go's crypto/tls alert.go words it, after `tls: `. */
  readonly goText: string;
}

const ALERTS: readonly AlertFacts[] = [
  alert(0, 'close_notify'),
  alert(10, 'unexpected_message'),
  alert(20, 'bad_record_mac', 'bad record MAC'),
  alert(21, 'decryption_failed'),
  alert(22, 'record_overflow'),
  alert(30, 'decompression_failure'),
  alert(40, 'handshake_failure'),
  alert(42, 'bad_certificate'),
  alert(43, 'unsupported_certificate'),
  alert(44, 'certificate_revoked', 'revoked certificate'),
  alert(45, 'certificate_expired', 'expired certificate'),
  alert(46, 'certificate_unknown', 'unknown certificate'),
  alert(47, 'illegal_parameter'),
  alert(48, 'unknown_ca', 'unknown certificate authority'),
  alert(49, 'access_denied'),
  alert(50, 'decode_error', 'error decoding message'),
  alert(51, 'decrypt_error', 'error decrypting message'),
  alert(60, 'export_restriction'),
  alert(70, 'protocol_version', 'protocol version not supported'),
  alert(71, 'insufficient_security', 'insufficient security level'),
  alert(80, 'internal_error'),
  alert(86, 'inappropriate_fallback'),
  alert(90, 'user_canceled'),
  alert(100, 'no_renegotiation'),
  alert(109, 'missing_extension'),
  alert(110, 'unsupported_extension'),
  alert(111, 'certificate_unobtainable'),
  alert(112, 'unrecognized_name'),
  alert(113, 'bad_certificate_status_response'),
  alert(114, 'bad_certificate_hash_value'),
  alert(115, 'unknown_psk_identity', 'unknown PSK identity'),
  alert(116, 'certificate_required'),
  alert(120, 'no_application_protocol'),
  alert(121, 'ech_required', 'encrypted client hello required'),
];

const BY_NUMBER = new Map(ALERTS.map((facts) => [facts.number, facts]));

export const CLOSE_NOTIFY = 0;
export const UNEXPECTED_MESSAGE = 10;
export const BAD_RECORD_MAC = 20;
export const RECORD_OVERFLOW = 22;
export const HANDSHAKE_FAILURE = 40;
export const BAD_CERTIFICATE = 42;
export const UNSUPPORTED_CERTIFICATE = 43;
export const DECODE_ERROR = 50;
export const DECRYPT_ERROR = 51;
export const PROTOCOL_VERSION = 70;
export const INTERNAL_ERROR = 80;
export const USER_CANCELED = 90;
export const NO_APPLICATION_PROTOCOL = 120;

/** `bad_certificate`; an unassigned number keeps its number: `alert(200)`. */
export function alertName(number: number): string {
  return BY_NUMBER.get(number)?.name ?? `alert(${number})`;
}

/** `tls: bad certificate`, as Go prints it. */
export function alertGoText(number: number): string {
  return `tls: ${BY_NUMBER.get(number)?.goText ?? `alert(${number})`}`;
}

function alert(number: number, name: string, goText = name.replaceAll('_', ' ')): AlertFacts {
  return { number, name, goText };
}
