import { createPublicKey, type KeyObject } from 'node:crypto';
import { constructedContextTag, tags } from '../wire/der';
import { pemText } from '../wire/pem';
import { encodeDer, encodeOid } from './encode-der';
import { subjectAltName } from './encode-extension';
import { encodeName, type NameParts } from './names';
import { encodeSigned } from './signature-algorithm';

/** What a certificate is asked for: as far as a kubelet asks, a name and where it can be reached. */
export interface RequestTemplate extends NameParts {
  readonly dnsNames?: readonly string[];
  /** IP literals. */
  readonly ipAddresses?: readonly string[];
}

/**
 * A PKCS #10 request (RFC 2986) in PEM, signed with the key that the certificate is for. As client-go's
 * MakeCSRFromTemplate makes it: names and addresses in an extension request, and nothing else.
 */
export function createCertificateRequest(privateKey: KeyObject, template: RequestTemplate): string {
  const info = encodeDer(
    tags.sequence,
    encodeDer(tags.integer, Buffer.from([0])),
    encodeName(template),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    encodeDer(constructedContextTag(0), ...attributes(template)),
  );
  return pemText('CERTIFICATE REQUEST', encodeSigned(info, privateKey));
}

function attributes({ dnsNames = [], ipAddresses = [] }: RequestTemplate): Buffer[] {
  const extensions = subjectAltName({ dnsNames, ipAddresses });
  if (extensions.length === 0) return [];
  const values = encodeDer(tags.set, encodeDer(tags.sequence, ...extensions));
  return [encodeDer(tags.sequence, encodeOid(extensionRequest), values)];
}

/** RFC 2985 §5.4.2. */
const extensionRequest = '1.2.840.113549.1.9.14';
