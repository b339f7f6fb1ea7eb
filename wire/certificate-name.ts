import { isUtf8 } from 'node:buffer';
import { CertificateFault, type Remedy, required } from './certificate-fault';
import { type DerReader, tags } from './der';

/** A subject or issuer: what midplane shows of it. Comparisons use the raw bytes, as Go's do. */
export interface DistinguishedName {
  /** The last one, as in Go; '' when there is none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Every attribute in order: dotted type and text. */
  readonly attributes: readonly { readonly type: string; readonly value: string }[];
}

const commonNameType = '2.5.4.3';
const organizationType = '2.5.4.10';

/** RDNSequence; every value must be a string of a kind Go knows, with only the characters of that kind. */
export function parseName(name: DerReader): DistinguishedName {
  const attributes: { type: string; value: string }[] = [];
  while (!name.empty) {
    const set = required(name.enter(tags.set), 'invalid RDNSequence');
    while (!set.empty) {
      const attribute = required(set.enter(tags.sequence), 'invalid RDNSequence: invalid attribute');
      const type = required(attribute.readOid(), 'invalid RDNSequence: invalid attribute type');
      const element = required(attribute.readAny(), 'invalid RDNSequence: invalid attribute value');
      attributes.push({ type, value: readString(element.tag, element.content) });
    }
  }
  const valuesOf = (type: string) => attributes.filter((one) => one.type === type).map((one) => one.value);
  return {
    commonName: valuesOf(commonNameType).at(-1) ?? '',
    organizations: valuesOf(organizationType),
    attributes,
  };
}

function readString(tag: number, content: Buffer): string {
  switch (tag) {
    case tags.t61String:
      // Read as Latin-1, like everybody does.
      return content.toString('latin1');
    case tags.printableString:
      return matching(content, printableString, 'invalid PrintableString', 'utf8-names');
    case tags.utf8String:
      if (!isUtf8(content)) throw invalidValue('invalid UTF-8 string');
      return content.toString('utf8');
    case tags.bmpString:
      return readBmpString(content);
    case tags.ia5String:
      return matching(content, ia5String, 'invalid IA5String');
    case tags.numericString:
      return matching(content, numericString, 'invalid NumericString');
    default:
      throw invalidValue(`unsupported string type: ${tag}`);
  }
}

/** `*` and `&` are not PrintableString characters; Go lets them pass because certificates in use have them. */
const printableString = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/;
const numericString = /^[0-9 ]*$/;
const ia5String = /^\p{ASCII}*$/u;

function matching(content: Buffer, characters: RegExp, text: string, remedy: Remedy | null = null): string {
  const value = content.toString('latin1');
  if (!characters.test(value)) throw invalidValue(text, remedy);
  return value;
}

function readBmpString(content: Buffer): string {
  if (content.length % 2 !== 0) throw invalidValue('invalid BMPString');
  const terminated = content.length >= 2 && content.readUInt16BE(content.length - 2) === 0;
  let value = '';
  for (let at = 0; at < content.length - (terminated ? 2 : 0); at += 2) {
    const unit = content.readUInt16BE(at);
    const isSurrogate = unit >= 0xd800 && unit <= 0xdfff;
    const isNoncharacter = unit >= 0xfffe || (unit >= 0xfdd0 && unit <= 0xfdef);
    if (isSurrogate || isNoncharacter) throw invalidValue('invalid BMPString');
    value += String.fromCharCode(unit);
  }
  return value;
}

function invalidValue(text: string, remedy: Remedy | null = null): CertificateFault {
  return new CertificateFault(`invalid RDNSequence: invalid attribute value: ${text}`, remedy);
}
