import type { Connection, Host } from '../network/network';
import type { SecureConnection } from '../network/secure';
import { TlsAcceptor } from '../network/secure-server';
import { type Bundle, judgeClient, parseBundle } from '../network/verify';
import type { KeyPair } from '../wire/pem';

/** How one of the server's two ports is protected. */
export interface PortTls {
  readonly keyPair: KeyPair;
  /** Who does not show a certificate that this authority vouches for is hung up on; null: nobody is asked for one. */
  readonly clientCaPem: string | null;
}

/** Takes a connection, or hangs up and says why in words of Go's. */
export type AcceptSecure = (connection: Connection) => Promise<SecureConnection | { readonly text: string }>;

/**
 * With a CA it is tls.RequireAndVerifyClientCert: any certificate of that CA for clients will do, whoever's it is.
 * Source: kubernetes-sigs/apiserver-network-proxy, cmd/server/app/server.go (getTLSConfig).
 */
export function acceptSecure(
  host: Host,
  { keyPair, clientCaPem }: PortTls,
  alpn: readonly string[],
): AcceptSecure {
  const acceptor = new TlsAcceptor({
    keyPair,
    requestClientCertificate: clientCaPem !== null,
    ...(clientCaPem === null ? {} : { clientCaPem }),
    alpn,
    at: host,
  });
  const bundle = clientCaPem === null ? null : parseBundle(clientCaPem);
  return async (connection) => {
    const accepted = await acceptor.accept(connection);
    if (accepted.kind === 'handshake-failure') return { text: accepted.text };
    const problem = bundle === null ? null : problemOf(accepted, bundle);
    if (problem === null) return accepted;
    accepted.socket.destroy();
    return { text: problem };
  };
}

function problemOf(
  { peerCertificates: chain }: SecureConnection,
  bundle: ReturnType<typeof parseBundle>,
): string | null {
  if (chain.length === 0) return "tls: client didn't provide a certificate";
  if (bundle.kind === 'bundle-invalid') return bundle.text;
  const judgement = judgeClient({ chain, bundle: bundle satisfies Bundle, now: new Date() });
  return judgement.ok ? null : `tls: failed to verify certificate: ${judgement.error}`;
}
