import { isIP } from 'node:net';
import type { FieldError } from '../../api/failures';
import { type Fields, itemsOf, textOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { duplicate, invalidValue, notSupported, required, tooMany } from './field-errors';
import { isDnsLabel, isSubdomain } from './names';
import { portErrors } from './numbers';

const addressText = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

/** ValidateEndpoints of pkg/apis/core/validation/validation.go. */
export function validateEndpoints(object: KubeObject): FieldError[] {
  return itemsOf(object['subsets']).flatMap((subset, index) => subsetErrors(`subsets[${index}]`, subset));
}

function subsetErrors(at: string, subset: Fields): FieldError[] {
  const [ready, unready] = [itemsOf(subset['addresses']), itemsOf(subset['notReadyAddresses'])];
  const ports = itemsOf(subset['ports']);
  const addresses = (list: readonly Fields[], name: string): FieldError[] =>
    list.flatMap(({ ip }, index) => addressErrors(`${at}.${name}[${index}].ip`, textOf(ip)));
  return [
    ...(ready.length + unready.length === 0
      ? [required(at, 'must specify `addresses` or `notReadyAddresses`')]
      : []),
    ...addresses(ready, 'addresses'),
    ...addresses(unready, 'notReadyAddresses'),
    ...ports.flatMap((port, index) => {
      const name = textOf(port['name']);
      const field = `${at}.ports[${index}]`;
      return [
        ...(name === ''
          ? ports.length > 1
            ? [required(`${field}.name`)]
            : []
          : isDnsLabel(name).map((why) => invalidValue(`${field}.name`, name, why))),
        ...portErrors(`${field}.port`, port['port']),
        ...protocolErrors(`${field}.protocol`, port),
      ];
    }),
  ];
}

function protocolErrors(field: string, { protocol }: Fields): FieldError[] {
  const text = textOf(protocol);
  const known = ['SCTP', 'TCP', 'UDP'];
  if (text === '') return [required(field)];
  return known.includes(text) ? [] : [notSupported(field, text, known)];
}

/** ValidateNonSpecialIP: an endpoint may not point back at the machine that reads it (CVE-2021-25737). */
export function addressErrors(field: string, ip: string): FieldError[] {
  if (isIP(ip) === 0) return [invalidValue(field, ip, addressText)];
  const errors: FieldError[] = [];
  const refuse = (why: string) => errors.push(invalidValue(field, ip, why));
  if (ip === '0.0.0.0' || ip === '::') refuse(`may not be unspecified (${ip})`);
  if (/^127\./.test(ip) || ip === '::1') refuse('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  if (/^169\.254\./.test(ip) || /^fe[89ab]/i.test(ip))
    refuse('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  if (/^224\.0\.0\./.test(ip) || /^ff02:/i.test(ip))
    refuse('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  return errors;
}

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

/** ValidateEndpointSlice of pkg/apis/discovery/validation/validation.go. */
export function validateEndpointSlice(object: KubeObject): FieldError[] {
  const type = textOf(object['addressType']);
  const endpoints = itemsOf(object['endpoints']);
  const ports = itemsOf(object['ports']);
  const names = new Set<unknown>();
  return [
    ...(type === ''
      ? [required('addressType')]
      : addressTypes.includes(type)
        ? []
        : [notSupported('addressType', type, addressTypes)]),
    ...(endpoints.length > 1000 ? [tooMany('endpoints', endpoints.length, 1000)] : []),
    ...endpoints.flatMap(({ addresses }, index) =>
      sliceAddressErrors(`endpoints[${index}].addresses`, textsOf(addresses), type),
    ),
    ...(ports.length > 100 ? [tooMany('ports', ports.length, 100)] : []),
    ...ports.flatMap((port, index) => {
      const { name } = port;
      const twice = names.has(name) ? [duplicate(`ports[${index}].name`, name)] : [];
      names.add(name);
      const text = textOf(name);
      const faults = text === '' ? [] : isDnsLabel(text);
      return [
        ...twice,
        ...faults.map((why) => invalidValue(`ports[${index}].name`, text, why)),
        ...protocolErrors(`ports[${index}].protocol`, port),
      ];
    }),
  ];
}

function sliceAddressErrors(at: string, addresses: readonly string[], type: string): FieldError[] {
  if (addresses.length === 0) return [required(at, 'must contain at least 1 address')];
  if (addresses.length > 100) return [tooMany(at, addresses.length, 100)];
  return addresses.flatMap((address, index) => {
    const field = `${at}[${index}]`;
    switch (type) {
      case 'IPv4':
      case 'IPv6': {
        const family = isIP(address);
        if (family === 0) return [invalidValue(field, address, addressText)];
        return `IPv${family}` === type
          ? addressErrors(field, address)
          : [invalidValue(field, address, `must be an ${type} address`)];
      }
      case 'FQDN':
        return isSubdomain(address).map((why) => invalidValue(field, address, why));
    }
    return [];
  });
}

export function validateEndpointSliceUpdate(object: KubeObject, current: KubeObject): FieldError[] {
  const type = textOf(object['addressType']);
  return type === textOf(current['addressType'])
    ? []
    : [invalidValue('addressType', type, 'field is immutable')];
}
