import type { TLSSocket } from 'node:tls';
import type { Connection, Host } from './network';

/** TLS over a Connection: what both ends learn, and whom the client decided to believe. */

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/**
 * Whom a TLS client believes. `verify-nobody` is Go's InsecureSkipVerify; `verify` is Go's verification against this
 * bundle alone (system roots are never added), for the dialled host (a DNS name or an IP literal).
 */
export type Trust =
  | { readonly kind: 'verify-nobody' }
  | {
      readonly kind: 'verify';
      readonly bundlePem: string;
      readonly host: string;
      readonly commonName?: CommonNameRule;
    };

/** What else is asked of a server that is verified: its certificate's common name (KEP-4872). */
export interface CommonNameRule {
  readonly wanted: string;
  /** False: another name is only told. */
  readonly enforced: boolean;
  /** Told after each comparison; null when the name was the wanted one. */
  readonly onCompared: (fault: string | null) => void;
}

export interface SecureConnection {
  readonly kind: 'secure-connection';
  readonly connection: Connection;
  /** Decrypted stream. Its own `authorized` flag means nothing here. */
  readonly socket: TLSSocket;
  readonly version: TlsVersion;
  readonly alpn: string | null;
  /** What SNI said: sent by the client, seen by the server; null for none. */
  readonly serverName: string | null;
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
  /** What the client's SNI said, null when it said nothing or did not get that far. */
  readonly serverName: string | null;
  readonly text: string;
}

/** Where the events of a handshake are recorded: the machine this end of the connection runs on. */
export type Site = Pick<Host, 'name' | 'timeline'>;

/** What a client's rules say about a certificate list, leaf first. `alert` is 42, bad_certificate, unless told otherwise. */
export type Judgement =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: string; readonly alert?: number };

export type Judge = (chain: readonly Buffer[]) => Judgement;
