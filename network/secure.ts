import type { TLSSocket } from 'node:tls';
import type { Connection } from './network';

/** TLS over a Connection: what both ends learn, and whom the client decided to believe. */

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/**
 * Whom a TLS client believes. `verify-nobody` is Go's InsecureSkipVerify; `verify` is Go's verification against this
 * bundle alone (system roots are never added), for the dialled host (a DNS name or an IP literal).
 */
export type Trust =
  | { readonly kind: 'verify-nobody' }
  | { readonly kind: 'verify'; readonly bundlePem: string; readonly host: string };

export interface SecureConnection {
  readonly kind: 'secure-connection';
  readonly connection: Connection;
  /** Decrypted stream. Its own `authorized` flag means nothing here. */
  readonly socket: TLSSocket;
  readonly version: TlsVersion;
  readonly alpn: string | null;
  /** DER, leaf first, exactly as the peer sent them; empty when it sent none. */
  readonly peerCertificates: readonly Buffer[];
}

/** What a TLS server learned from a handshake that did not succeed. */
export interface HandshakeFailure {
  readonly kind: 'handshake-failure';
  readonly connection: Connection;
  /** The alert the client sent, by its RFC 8446 name (`bad_certificate`), null when it sent none. */
  readonly alert: string | null;
  readonly version: TlsVersion | null;
  readonly text: string;
}
