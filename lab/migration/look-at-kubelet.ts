import type { Endpoint, Host } from '../../network/network';
import { startTls } from '../../network/secure-client';
import { shownCertificate } from '../../network/shown-certificate';
import { parseCertificate } from '../../wire/certificate';
import { ipText } from '../../wire/ip-address';
import type { ShownLeaf } from './diagnose';

/** What a kubelet shows to anybody who dials it, as `openssl s_client -connect` would tell. */
export type Looked =
  | {
      readonly kind: 'shown';
      readonly leaf: ShownLeaf;
      /** `O=system:nodes, CN=system:node:node-1; issuer CN=LAB kubernetes; IP:10.0.0.11, DNS:node-1`. */
      readonly text: string;
      /** DER, as sent. */
      readonly chain: readonly Buffer[];
    }
  | { readonly kind: 'nothing'; readonly text: string };

/** Dials from the control plane, believes everybody, shows nothing, asks nothing. */
export async function lookAtKubelet(
  from: Host,
  { address, port }: Endpoint,
  signal: AbortSignal,
): Promise<Looked> {
  const connection = await from.dial({ host: address, port }, { signal });
  if (connection.kind === 'refusal') return { kind: 'nothing', text: connection.text };
  const peer = await startTls(connection, { trust: { kind: 'verify-nobody' } });
  if (peer.kind === 'refusal') return { kind: 'nothing', text: peer.text };
  const chain = peer.peerCertificates;
  peer.socket.destroy();
  const leaf = leafOf(chain);
  const words = shownCertificate(chain);
  if (leaf === null || words === null) return { kind: 'nothing', text: 'a certificate that cannot be read' };
  const sans = words.sans.length === 0 ? 'no SAN' : words.sans.join(', ');
  return { kind: 'shown', leaf, text: `${words.subject}; issuer ${words.issuer}; ${sans}`, chain };
}

function leafOf([der]: readonly Buffer[]): ShownLeaf | null {
  const certificate = der === undefined ? null : parseCertificate(der);
  if (certificate?.kind !== 'certificate') return null;
  const names = certificate.extensions.subjectAltName?.names ?? [];
  return {
    commonName: certificate.subject.commonName,
    issuer: certificate.issuer.commonName,
    dnsNames: names.flatMap((name) => (name.kind === 'dns' ? [name.value] : [])),
    ipAddresses: names.flatMap((name) => (name.kind === 'ip' ? [ipText(name.octets)] : [])),
  };
}
