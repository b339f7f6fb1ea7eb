import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { MidplaneError } from '../error';
import { type PemBlock, pemBlocks } from '../wire/pem';
import { formatName, nameOfSubject } from './names';
import { describePemContent, isEncrypted, isPrivateKey, type PemContent, pemContent } from './pem-content';

/**
 * Looks over the certificates and keys that an operator names, before anything listens or dials with them. Only mistakes
 * are looked for here; whom to trust is decided in network/verify.ts.
 */
export interface KeyPairFiles {
  /** Leaf first. */
  readonly certPem: string;
  readonly keyPem: string;
  /** Where they came from, for the message. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly now: Date;
}

/**
 * Returns when the pair can be used. Throws MidplaneError with a hint: PEM_INVALID when a file does not hold what it should
 * (another kind of PEM, DER, an encrypted key, …), CERTIFICATE_UNUSABLE when the key is another certificate's or the leaf
 * is expired or not yet valid.
 */
export function checkKeyPair({ certPem, keyPem, certFile, keyFile, now }: KeyPairFiles): void {
  const swapped = pemContent(certPem) === 'private-key' && pemContent(keyPem) === 'certificate';
  const [leaf, ...others] = readCertificates(certPem, certFile, swapped);
  const key = readPrivateKey(keyPem, keyFile, swapped);
  if (!leaf.checkPrivateKey(key)) throw keyMismatch({ leaf, others, key, certFile, keyFile });
  checkDates(leaf, certFile, now);
}

/**
 * Returns when the pair can sign. Throws MidplaneError as `checkKeyPair` does, but says nothing about dates: that an
 * authority has expired is for the signer to say. One certificate, as the signer of the kube-controller-manager wants it.
 * Source: pkg/controller/certificates/signer/ca_provider.go (setCA).
 */
export function checkAuthorityPair({ certPem, keyPem, certFile, keyFile }: Omit<KeyPairFiles, 'now'>): void {
  const swapped = pemContent(certPem) === 'private-key' && pemContent(keyPem) === 'certificate';
  const [own, ...others] = readCertificates(certPem, certFile, swapped);
  if (others.length > 0) {
    const found = others.length + 1;
    throw new MidplaneError(
      'PEM_INVALID',
      `error reading CA cert file "${certFile}": expected 1 certificate, found ${found}`,
      { hint: 'name a file with the certificate of the key alone' },
    );
  }
  const key = readPrivateKey(keyPem, keyFile, swapped);
  if (!own.checkPrivateKey(key)) throw keyMismatch({ leaf: own, others, key, certFile, keyFile });
}

/**
 * Returns when the bundle holds an authority's certificate. Throws MidplaneError PEM_INVALID with a hint. As lenient as
 * client-go's cert.NewPoolFromBytes: blocks that are no certificates are passed over as long as one is. Dates are not
 * looked at: an expired authority is a verdict, not a mistake in a file.
 */
export function checkBundle({ pem, file }: { readonly pem: string; readonly file: string }): void {
  checkHoldsCertificate({ pem, file });
  const labelled = pemBlocks(pem).filter(({ label }) => label === 'CERTIFICATE');
  const blocks = labelled.filter(({ headers }) => headers.size === 0);
  if (blocks.length === 0) {
    throw new MidplaneError(
      'PEM_INVALID',
      `no certificate in "${file}" that Go would read: each has headers`,
      { hint: 'remove the lines with a colon between BEGIN and the data' },
    );
  }
  const read = blocks.map(readCertificate);
  const [first] = read;
  if (first instanceof Unreadable && read.every((certificate) => certificate instanceof Unreadable)) {
    throw unreadable('certificate 1', file, first);
  }
}

/** Throws MidplaneError PEM_INVALID, saying what else the file holds, when no block of it is labelled as a certificate. */
export function checkHoldsCertificate({ pem, file }: { readonly pem: string; readonly file: string }): void {
  if (pemBlocks(pem).some(({ label }) => label === 'CERTIFICATE')) return;
  throw notFound('certificate', pem, file, false);
}

function readCertificates(
  pem: string,
  file: string,
  swapped: boolean,
): [X509Certificate, ...X509Certificate[]] {
  const blocks = pemBlocks(pem).filter(({ label }) => label === 'CERTIFICATE');
  const [leaf, ...others] = blocks.map((block, i) => {
    const certificate = readCertificate(block);
    if (certificate instanceof Unreadable) throw unreadable(`certificate ${i + 1}`, file, certificate);
    return certificate;
  });
  if (leaf === undefined) throw notFound('certificate', pem, file, swapped);
  return [leaf, ...others];
}

/** What OpenSSL threw. */
class Unreadable {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

function readCertificate(block: PemBlock): X509Certificate | Unreadable {
  try {
    return new X509Certificate(block.der);
  } catch (error) {
    return new Unreadable(error);
  }
}

function readPrivateKey(pem: string, file: string, swapped: boolean): KeyObject {
  const block = pemBlocks(pem).find(isPrivateKey);
  if (block === undefined) throw notFound('private key', pem, file, swapped);
  if (isEncrypted(block)) {
    throw new MidplaneError('PEM_INVALID', `the private key in "${file}" is encrypted`, {
      hint: `Kubernetes reads plain keys only; decrypt it: openssl pkey -in "${file}" -out "${file}.plain"`,
    });
  }
  try {
    return createPrivateKey({ key: block.der, format: 'der', type: keyEncodings[block.label] ?? 'pkcs8' });
  } catch (error) {
    throw unreadable('private key', file, new Unreadable(error));
  }
}

/** RFC 8017 appendix A and RFC 5915; every other label is taken for PKCS #8. */
const keyEncodings: Readonly<Record<string, 'pkcs1' | 'sec1'>> = {
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
};

type Wanted = 'certificate' | 'private key';

function notFound(wanted: Wanted, pem: string, file: string, swapped: boolean): MidplaneError {
  const content = pemContent(pem);
  const message = `no ${wanted} in "${file}": it ${describePemContent(content, pem)}`;
  const hint = swapped
    ? 'the two files have been swapped: name the certificate first'
    : hintFor(wanted, content, file);
  return new MidplaneError('PEM_INVALID', message, { hint });
}

function hintFor(wanted: Wanted, content: PemContent, file: string): string {
  const readTool = wanted === 'certificate' ? 'x509' : 'pkey';
  const [from, to] = [`"${file}"`, `"${file}.pem"`];
  switch (content) {
    case 'binary':
    case 'base64-of-der':
      return content === 'binary'
        ? `convert it to PEM: openssl ${readTool} -inform der -in ${from} -out ${to}`
        : `convert it to PEM: base64 -d ${from} | openssl ${readTool} -inform der -out ${to}`;
    case 'base64-of-pem':
      return `decode it: base64 -d ${from} > ${to}`;
    case 'openssl-certificate':
      return `write it as a plain certificate: openssl x509 -in ${from} -out ${to}`;
    case 'certificate-request':
      return 'have the request signed and name the certificate that comes back';
    case 'kubeconfig':
      return `name a PEM file; what a kubeconfig holds is such a file in base64 (certificate-authority-data, client-certificate-data, client-key-data)`;
    case 'damaged-pem':
      return 'copy the file again, from the BEGIN line to the END line';
    default:
      return `name a file with a block that begins with -----BEGIN ${wanted.toUpperCase()}-----`;
  }
}

function unreadable(what: string, file: string, failure: Unreadable): MidplaneError {
  const { cause } = failure;
  const reason =
    typeof cause === 'object' && cause !== null && 'message' in cause ? `: ${cause.message}` : '';
  return new MidplaneError('PEM_INVALID', `${what} in "${file}" cannot be read${reason}`, {
    hint: 'the BEGIN and END lines are there, but what is between them is not what they say: copy or issue it again',
    cause,
  });
}

function keyMismatch(found: {
  readonly leaf: X509Certificate;
  readonly others: readonly X509Certificate[];
  readonly key: KeyObject;
  readonly certFile: string;
  readonly keyFile: string;
}): MidplaneError {
  const { leaf, others, key, certFile, keyFile } = found;
  const message = `the key in "${keyFile}" does not match the certificate in "${certFile}"`;
  const position = others.findIndex((certificate) => certificate.checkPrivateKey(key));
  const hint =
    position >= 0
      ? `it matches certificate ${position + 2} of that file: the certificate that the key belongs to comes first`
      : `name the key that "${formatName(nameOfSubject(leaf.raw))}" was issued for`;
  return new MidplaneError('CERTIFICATE_UNUSABLE', message, { hint });
}

/** Both ends are included, as in Go's crypto/x509. */
function checkDates(leaf: X509Certificate, file: string, now: Date): void {
  const [from, to] = [new Date(leaf.validFrom), new Date(leaf.validTo)];
  const refuse = (message: string, way: string) =>
    new MidplaneError('CERTIFICATE_UNUSABLE', message, { hint: `it is ${timeText(now)} here; ${way}` });
  if (now > to)
    throw refuse(`certificate in "${file}" expired at ${timeText(to)}`, 'issue a new certificate');
  if (now < from) {
    throw refuse(
      `certificate in "${file}" is not valid before ${timeText(from)}`,
      'wait, or set the clock right',
    );
  }
}

/** RFC 3339 without fractions, as in Go's texts about dates. */
function timeText(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
