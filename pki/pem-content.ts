import { type PemBlock, pemBlocks } from '../wire/pem';

/** What a file holds that should hold PEM: the usual mistakes, told apart so that the message can name them. */
export type PemContent =
  | 'certificate'
  | 'private-key'
  | 'encrypted-private-key'
  | 'public-key'
  | 'certificate-request'
  | 'openssl-certificate'
  | 'other-pem'
  | 'damaged-pem'
  | 'empty'
  | 'binary'
  | 'base64-of-pem'
  | 'base64-of-der'
  | 'kubeconfig'
  | 'other-text';

/** The first thing in the file decides, except that parameters in front of a key are passed over. */
export function pemContent(text: string): PemContent {
  const blocks = pemBlocks(text);
  const block = blocks.find(({ label }) => !label.endsWith(' PARAMETERS')) ?? blocks[0];
  if (block !== undefined) return blockContent(block);
  const start = text.trimStart();
  if (start === '') return 'empty';
  // A binary file read as UTF-8 shows U+FFFD where its octets are no characters; DER begins with 0x30 and a long length.
  if (/[\0\ufffd]/.test(text) || /^0[\x80-\x84]/.test(text)) return 'binary';
  if (start.includes('-----BEGIN')) return 'damaged-pem';
  if (start.startsWith('LS0tLS1CRUdJTi')) return 'base64-of-pem';
  if (/^MI[A-Za-z0-9+/\s]+=*\s*$/.test(start)) return 'base64-of-der';
  if (/^(apiVersion|kind|clusters|certificate-authority-data):/m.test(start)) return 'kubeconfig';
  return 'other-text';
}

function blockContent(block: PemBlock): PemContent {
  if (isPrivateKey(block)) return isEncrypted(block) ? 'encrypted-private-key' : 'private-key';
  switch (block.label) {
    case 'CERTIFICATE':
      return 'certificate';
    case 'CERTIFICATE REQUEST':
    case 'NEW CERTIFICATE REQUEST':
      return 'certificate-request';
    case 'TRUSTED CERTIFICATE':
    case 'X509 CERTIFICATE':
      return 'openssl-certificate';
  }
  return block.label.endsWith('PUBLIC KEY') ? 'public-key' : 'other-pem';
}

/** As crypto/tls.X509KeyPair looks for the key. */
export function isPrivateKey({ label }: PemBlock): boolean {
  return label === 'PRIVATE KEY' || label.endsWith(' PRIVATE KEY');
}

/** PKCS #8, or OpenSSL's older way of saying so in a header (RFC 1421 §4.6.1.1). */
export function isEncrypted({ label, headers }: PemBlock): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || headers.get('Proc-Type')?.includes('ENCRYPTED') === true;
}

/** Continues `it …`. */
export function describePemContent(content: PemContent, text: string): string {
  switch (content) {
    case 'certificate':
      return 'holds a certificate';
    case 'private-key':
      return 'holds a private key';
    case 'encrypted-private-key':
      return 'holds an encrypted private key';
    case 'public-key':
      return 'holds a public key';
    case 'certificate-request':
      return 'holds a certificate signing request';
    case 'openssl-certificate':
      return `holds a certificate under a label that only OpenSSL knows: "${pemBlocks(text)[0]?.label}"`;
    case 'other-pem':
      return `holds a PEM block labelled "${pemBlocks(text)[0]?.label}"`;
    case 'damaged-pem':
      return 'holds a PEM block that is cut off or not base64';
    case 'empty':
      return 'is empty';
    case 'binary':
      return text.startsWith('0') ? 'is binary and looks like DER' : 'is binary';
    case 'base64-of-pem':
      return 'holds PEM that was encoded in base64 once more';
    case 'base64-of-der':
      return 'holds base64 without BEGIN and END lines';
    case 'kubeconfig':
      return 'looks like a kubeconfig';
    case 'other-text':
      return `begins with ${JSON.stringify(text.trimStart().slice(0, 24))}`;
  }
}
