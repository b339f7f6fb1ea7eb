import type { DistinguishedName } from '../wire/certificate-name';
import { constructedContextTag, type DerElement, DerReader, tags } from '../wire/der';
import { encodeDer, encodeOid } from './encode-der';

/**
 * Distinguished names, as the octets that they are on the wire. Whoever repeats a name (an issuer, or an impostor that
 * saw it) must repeat its octets: to Go the same letters in another string type are another name.
 */
export interface NameParts {
  readonly commonName: string;
  readonly organizations?: readonly string[] | undefined;
}

/**
 * A Name (RFC 5280 §4.1.2.4) of UTF8Strings, organizations before the common name, each in a set of its own. Never
 * PrintableString: that cannot hold the `@` and `_` of Kubernetes names, and Go refuses a certificate that tries.
 */
export function encodeName({ commonName, organizations = [] }: NameParts): Buffer {
  const attributes = [
    ...organizations.map((value) => ({ type: organizationType, value })),
    { type: commonNameType, value: commonName },
  ];
  const sets = attributes.map(({ type, value }) =>
    encodeDer(tags.set, encodeAttribute(type, encodeDer(tags.utf8String, Buffer.from(value, 'utf8')))),
  );
  return encodeDer(tags.sequence, ...sets);
}

/**
 * A subject that was read from a request, as Go writes it again: what Go has a field for, in the order of the fields, all
 * values of one in one set; the rest is gone. Source: crypto/x509/pkix (Name.ToRDNSequence), encoding/asn1 (makeBody).
 */
export function encodeSubject({ attributes }: Pick<DistinguishedName, 'attributes'>): Buffer {
  const sets = goFields.flatMap(([type, kept]) => {
    const all = attributes.filter((it) => it.type === type).map(({ value }) => value);
    const values = kept === 'all' ? all : all.slice(-1).filter((value) => value !== '');
    if (values.length === 0) return [];
    const pairs = values.map((value) => encodeAttribute(type, encodeGoString(value)));
    return [encodeDer(tags.set, ...pairs.sort(Buffer.compare))];
  });
  return encodeDer(tags.sequence, ...sets);
}

const commonNameType = '2.5.4.3';
const organizationType = '2.5.4.10';

/** country, organization, organizationalUnit, locality, stateOrProvince, street, postalCode, commonName, serialNumber. */
const goFields: readonly (readonly [type: string, kept: 'all' | 'last'])[] = [
  ['2.5.4.6', 'all'],
  [organizationType, 'all'],
  ['2.5.4.11', 'all'],
  ['2.5.4.7', 'all'],
  ['2.5.4.8', 'all'],
  ['2.5.4.9', 'all'],
  ['2.5.4.17', 'all'],
  [commonNameType, 'last'],
  ['2.5.4.5', 'last'],
];

function encodeAttribute(type: string, text: Buffer): Buffer {
  return encodeDer(tags.sequence, encodeOid(type), text);
}

function encodeGoString(value: string): Buffer {
  const tag = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? tags.printableString : tags.utf8String;
  return encodeDer(tag, Buffer.from(value, 'utf8'));
}

/** The DER of a certificate's subject, as it stands in these octets. */
export function nameOfSubject(certificate: Buffer): Buffer {
  return nameAt(certificate, 'subject');
}

/** The DER of a certificate's issuer, as it stands in these octets: what an authority is called on the wire. */
export function nameOfIssuer(certificate: Buffer): Buffer {
  return nameAt(certificate, 'issuer');
}

function nameAt(certificate: Buffer, which: 'issuer' | 'subject'): Buffer {
  // serialNumber, signature, issuer, validity, subject: RFC 5280 §4.1.
  const field = tbsFields(certificate)[which === 'issuer' ? 2 : 4];
  if (field?.tag !== tags.sequence) throw new RangeError(`a certificate without ${which}`);
  return field.whole;
}

/** The fields of TBSCertificate from serialNumber on: the version in front of it is optional and left out. */
export function tbsFields(certificate: Buffer): DerElement[] {
  const tbs = new DerReader(certificate).enter(tags.sequence)?.read(tags.sequence);
  if (tbs === undefined || tbs === null) throw new RangeError('not a certificate');
  const fields = elementsOf(tbs);
  return fields[0]?.tag === constructedContextTag(0) ? fields.slice(1) : fields;
}

/** The elements that lie side by side in these octets. Throws RangeError when they are not DER. */
export function elementsOf(octets: Buffer): DerElement[] {
  const reader = new DerReader(octets);
  const elements: DerElement[] = [];
  while (!reader.empty) {
    const element = reader.readAny();
    if (element === null) throw new RangeError('not DER');
    elements.push(element);
  }
  return elements;
}

export interface NameAttribute {
  /** `CN`, `O`, … where it has a short name, else dotted decimal. */
  readonly type: string;
  readonly value: string;
}

/** The relative distinguished names in their order, each with its attributes (nearly always one). */
export function decodeName(name: Buffer): NameAttribute[][] {
  const sets = new DerReader(name).read(tags.sequence);
  if (sets === null) throw new RangeError('not a name');
  return elementsOf(sets).map((set) => elementsOf(set.content).map(decodeAttribute));
}

function decodeAttribute(pair: DerElement): NameAttribute {
  const reader = new DerReader(pair.content);
  const type = reader.readOid();
  const value = reader.readAny();
  if (type === null || value === null) throw new RangeError('a name attribute without type or value');
  return { type: shortNames[type] ?? type, value: attributeText(value) };
}

/**
 * A name on one line for people: `O=system:nodes, CN=system:node:node-1`. Written as RFC 4514 has it, escapes included,
 * except that the order is the certificate's own (RFC 4514 turns it round).
 */
export function formatName(name: Buffer): string {
  const sets = decodeName(name);
  return sets
    .map((set) => set.map(({ type, value }) => `${type}=${escapeValue(value)}`).join('+'))
    .join(', ');
}

/** RFC 4514 §2.4. Control characters are escaped too: a name must not be able to draw on a terminal. */
function escapeValue(value: string): string {
  return value
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!\\) $/, '\\ ')
    .replace(/\p{Cc}/gu, (control) =>
      [...Buffer.from(control, 'utf8')].map((octet) => `\\${octet.toString(16).padStart(2, '0')}`).join(''),
    );
}

/** X.520 attribute types with the short names of RFC 4514 §3. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
};

/** Not among the string types that Go reads, so the certificate parser does not name it. */
const universalString = 0x1c;

function attributeText({ tag, content }: DerElement): string {
  switch (tag) {
    case tags.bmpString:
      return bigEndianText(content, 2);
    case universalString:
      return bigEndianText(content, 4);
    case tags.t61String:
      return content.toString('latin1'); // what everybody makes of T.61
    default:
      return content.toString('utf8');
  }
}

function bigEndianText(content: Buffer, width: 2 | 4): string {
  let text = '';
  for (let offset = 0; offset + width <= content.length; offset += width) {
    const codePoint = content.readUIntBE(offset, width);
    text += codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : '\ufffd';
  }
  return text;
}
