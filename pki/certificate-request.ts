import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { constructedContextTag, contextTag, tags } from '../wire/der';
import { parseIp } from '../wire/ip-address';
import { pemText } from '../wire/pem';
import { encodeDer } from './encode-der';
import { encodeName, type NameParts } from './names';

/** What a certificate is asked for: as far as a kubelet asks, a name and where it can be reached. */
export interface RequestTemplate extends NameParts {
  readonly dnsNames?: readonly string[];
  /** IP literals. */
  readonly ipAddresses?: readonly string[];
}

/**
 * A PKCS #10 request (RFC 2986) in PEM, signed with the key that the certificate is for, EC or RSA, with SHA-256. As
 * client-go's MakeCSRFromTemplate makes it: names and addresses in an extension request, and nothing else.
 */
export function createCertificateRequest(privateKey: KeyObject, template: RequestTemplate): string {
  const info = encodeDer(
    tags.sequence,
    encodeDer(tags.integer, Buffer.from([0])),
    encodeName(template),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    encodeDer(constructedContextTag(0), ...attributes(template)),
  );
  const signature = sign('sha256', info, privateKey);
  const der = encodeDer(
    tags.sequence,
    info,
    signatureAlgorithm(privateKey),
    encodeDer(tags.bitString, Buffer.from([0]), signature),
  );
  return pemText('CERTIFICATE REQUEST', der);
}

function attributes({ dnsNames = [], ipAddresses = [] }: RequestTemplate): Buffer[] {
  const names = [
    ...dnsNames.map((name) => encodeDer(contextTag(2), Buffer.from(name, 'latin1'))),
    ...ipAddresses.map((address) => encodeDer(contextTag(7), octetsOf(address))),
  ];
  if (names.length === 0) return [];
  const altNames = encodeDer(tags.octetString, encodeDer(tags.sequence, ...names));
  const extensions = encodeDer(tags.sequence, encodeDer(tags.sequence, oid('551d11'), altNames));
  return [encodeDer(tags.sequence, oid('2a864886f70d01090e'), encodeDer(tags.set, extensions))];
}

function octetsOf(address: string): Buffer {
  const octets = parseIp(address);
  if (octets === null) throw new Error(`not an IP address: "${address}"`);
  return octets;
}

/** ecdsa-with-SHA256 (RFC 5758 §3.2) or sha256WithRSAEncryption (RFC 4055 §5), which has a NULL behind it. */
function signatureAlgorithm(key: KeyObject): Buffer {
  return key.asymmetricKeyType === 'rsa'
    ? encodeDer(tags.sequence, oid('2a864886f70d01010b'), Buffer.from([5, 0]))
    : encodeDer(tags.sequence, oid('2a8648ce3d040302'));
}

function oid(hex: string): Buffer {
  return encodeDer(tags.objectIdentifier, Buffer.from(hex, 'hex'));
}
