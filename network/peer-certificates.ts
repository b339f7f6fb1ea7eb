import type { TLSSocket } from 'node:tls';

/**
 * What the peer sent, leaf first. Not by getPeerCertificate: that leaves out what does not fit the chain, and adds
 * issuers from `ca` which nobody sent (node src/crypto/crypto_common.cc, AddIssuerChainToObject and GetLastIssuedCert).
 */
export function certificatesOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = [];
  let certificate = socket.getPeerX509Certificate();
  for (; certificate !== undefined; certificate = certificate.issuerCertificate) chain.push(certificate.raw);
  return chain;
}
