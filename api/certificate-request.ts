import { constants, createPublicKey, verify } from 'node:crypto';
import { type CertificateRequest, parseCertificateRequest } from '../wire/certificate-request';
import { memoByBytes } from '../wire/memo';
import { pemBlocks } from '../wire/pem';

/**
 * Looks into `spec.request` of a CertificateSigningRequest: base64 of PEM of PKCS #10.
 * Source: pkg/apis/certificates/v1/helpers.go (ParseCSR), pkg/apis/certificates/validation (validateCSR).
 */
export function readRequest(
  request: string,
): CertificateRequest | { readonly kind: 'refused'; readonly text: string } {
  const [block] = pemBlocks(Buffer.from(request, 'base64').toString('latin1'));
  if (block?.label !== 'CERTIFICATE REQUEST')
    return { kind: 'refused', text: 'PEM block type must be CERTIFICATE REQUEST' };
  const parsed = parseCertificateRequest(block.der);
  return parsed.kind === 'certificate-request' ? parsed : { kind: 'refused', text: parsed.text };
}

/**
 * What is wrong with a request, or null: whoever asks must hold the key. It is asked again with every write to the object,
 * whose spec never changes.
 */
export function requestFault(request: string): string | null {
  return faultOf(Buffer.from(request));
}

const faultOf = memoByBytes(1024, (request) => {
  const parsed = readRequest(request.toString());
  return parsed.kind === 'refused' ? parsed.text : signatureFault(parsed);
});

/** The O of the subject; [] for a request that cannot be read, which validation has refused before. */
export function subjectOrganizations(request: string): readonly string[] {
  const parsed = readRequest(request);
  return parsed.kind === 'refused' ? [] : parsed.subject.organizations;
}

function signatureFault({
  rawInfo,
  rawPublicKey,
  signature,
  signatureAlgorithm,
}: CertificateRequest): string | null {
  if (signatureAlgorithm === null) return 'x509: cannot verify signature: algorithm unimplemented';
  const { hash, key, pss } = signatureAlgorithm;
  const padding = pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  try {
    const publicKey = createPublicKey({ key: rawPublicKey, format: 'der', type: 'spki' });
    if (verify(hash, rawInfo, { key: publicKey, ...padding }, signature)) return null;
  } catch {
    return 'x509: unsupported elliptic curve or malformed public key';
  }
  return key === 'RSA' ? 'crypto/rsa: verification error' : `x509: ${key} verification failure`;
}
