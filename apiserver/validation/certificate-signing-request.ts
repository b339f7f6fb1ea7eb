import { requestFault } from '../../api/certificate-request';
import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, itemsOf, textOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { parseCertificate } from '../../wire/certificate';
import { pemBlocks } from '../../wire/pem';
import type { ObjectPart } from '../place';
import { duplicate, forbidden, GoSyntax, invalidValue, notSupported, required } from './field-errors';
import { signerNameErrors } from './signer-name';

/**
 * Who asks for a certificate holds the key; who approves or denies says so once, and nobody takes it back.
 * Source: pkg/apis/certificates/validation/validation.go.
 */
export function validateCertificateSigningRequest(object: KubeObject): FieldError[] {
  const spec = fieldsOf(object['spec']);
  const request = textOf(spec['request']);
  const fault = requestFault(request);
  const usages = textsOf(spec['usages']);
  const seconds = spec['expirationSeconds'];
  return [
    ...(fault === null ? [] : [invalidValue('spec.request', goBytes(request), fault)]),
    ...(usages.length === 0 ? [required('spec.usages')] : []),
    ...usages.flatMap((usage, index) =>
      knownUsages.includes(usage) ? [] : [notSupported(`spec.usages[${index}]`, usage, knownUsages)],
    ),
    ...usages.flatMap((usage, index) =>
      usages.indexOf(usage) === index ? [] : [duplicate(`spec.usages[${index}]`, usage)],
    ),
    ...signerErrors(textOf(spec['signerName'])),
    ...(typeof seconds === 'number' && seconds < 600
      ? [
          invalidValue(
            'spec.expirationSeconds',
            seconds,
            'may not specify a duration less than 600 seconds (10 minutes)',
          ),
        ]
      : []),
    ...conditionErrors(itemsOf(fieldsOf(object['status'])['conditions'])),
  ];
}

/** k8s.io/api certificates/v1 KeyUsage, sorted. */
const knownUsages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

function signerErrors(name: string): FieldError[] {
  return name === 'kubernetes.io/legacy-unknown'
    ? [invalidValue('spec.signerName', name, 'the legacy signerName is not allowed via this API version')]
    : signerNameErrors('spec.signerName', name);
}

const trueConditions = ['Approved', 'Denied', 'Failed'];

function conditionErrors(conditions: readonly Fields[]): FieldError[] {
  const seen = new Set<string>();
  return conditions.flatMap((condition, index) => {
    const [type, status] = [textOf(condition['type']), textOf(condition['status'])];
    const at = `status.conditions[${index}]`;
    const errors: FieldError[] = [];
    if (type === '') errors.push(required(`${at}.type`));
    const allowed = trueConditions.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (status === '') errors.push(required(`${at}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${at}.status`, status, allowed));
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved')))
      errors.push(invalidValue(`${at}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
    return errors;
  });
}

export function validateCertificateSigningRequestUpdate(
  part: ObjectPart,
  object: KubeObject,
  current: KubeObject,
): FieldError[] {
  const [after, before] = [fieldsOf(object['status']), fieldsOf(current['status'])];
  const counts = (status: Fields, type: string): Fields[] =>
    itemsOf(status['conditions']).filter((condition) => condition['type'] === type);
  const errors: FieldError[] = trueConditions
    .filter((type) => counts(after, type).length < counts(before, type).length)
    .map((type) =>
      forbidden('status.conditions', `updates may not remove a condition of type ${JSON.stringify(type)}`),
    );
  if (part !== 'approval') {
    for (const type of ['Approved', 'Denied']) {
      if (counts(after, type).length > counts(before, type).length)
        errors.push(
          forbidden('status.conditions', `updates may not add a condition of type ${JSON.stringify(type)}`),
        );
    }
  }
  errors.push(...certificateErrors(part, textOf(after['certificate']), textOf(before['certificate'])));
  return errors;
}

function certificateErrors(part: ObjectPart, after: string, before: string): FieldError[] {
  if (after === before) return [];
  const field = 'status.certificate';
  const fault = chainFault(after);
  return [
    ...(fault === null ? [] : [invalidValue(field, '<certificate data>', fault)]),
    ...(part !== 'status'
      ? [forbidden(field, 'updates may not set certificate content')]
      : before === ''
        ? []
        : [forbidden(field, 'updates may not modify existing certificate content')]),
  ];
}

/** What is wrong with base64 of a PEM chain, or null. */
function chainFault(certificate: string): string | null {
  if (certificate === '') return null;
  const blocks = pemBlocks(Buffer.from(certificate, 'base64').toString('latin1'));
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const { label, headers, der } of blocks) {
    if (label !== 'CERTIFICATE')
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(label)}`;
    if (headers.size > 0) return 'no PEM block headers are permitted';
    const parsed = parseCertificate(der);
    if (parsed.kind === 'unreadable-certificate') return parsed.text;
  }
  return null;
}

/** A Go byte slice, as %#v prints it. */
function goBytes(base64: string): GoSyntax {
  const bytes = [...Buffer.from(base64, 'base64')].map((byte) => `0x${byte.toString(16)}`);
  return new GoSyntax(`[]byte{${bytes.join(', ')}}`);
}
