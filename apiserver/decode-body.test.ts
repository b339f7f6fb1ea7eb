import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../api/failures';
import { protobufPrefix } from '../api/schema/decode-protobuf';
import { kubernetesSchema } from '../api/schema/kubernetes-schema';
import { ProtobufWriter } from '../wire/protobuf-writer';
import { type DecodedBody, decodeBody } from './decode-body';
import type { FieldValidation } from './field-validation';
import { apiVersionOf, kindOf, kinds } from './registry';

function decode(
  body: string | Buffer,
  contentType = 'application/json',
  validation: FieldValidation = 'Strict',
  resource = 'configmaps',
): DecodedBody | string {
  const decoded = decodeBody(kindOf(resource), contentType, Buffer.from(body), validation);
  return isFailure(decoded) ? `${decoded.code} ${decoded.message}` : decoded;
}

function enveloped(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const typeMeta = new ProtobufWriter().bytes(1, apiVersion).bytes(2, kind);
  return Buffer.concat([protobufPrefix, new ProtobufWriter().bytes(1, typeMeta).bytes(2, raw).finish()]);
}

test('every kind that is served, and every kind that a subresource takes, is in the tables', () => {
  const streams = /^(Node|Pod|Service)(Attach|Exec|PortForward|Proxy)Options$/;
  const served = kinds.flatMap((kind) => [
    kind,
    ...(kind.verbs.includes('list') ? [{ ...kind, kind: `${kind.kind}List` }] : []),
    ...kind.subresources.map((part) => ({ ...kind, ...part })).filter((part) => !streams.test(part.kind)),
  ]);
  const names = served.map((kind) => [apiVersionOf(kind), kind.kind] as const);
  expect(names.filter((name) => kubernetesSchema.messageOf(...name) === null)).toEqual([]);
  expect(names.length).toBeGreaterThan(40);
});

describe('a body', () => {
  test('is JSON where it does not say what it is, as kubectl 1.20 does not', () => {
    expect(decode('{"metadata":{"name":"c"},"data":{"a":"b"}}', '')).toMatchObject({
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'c' }, data: { a: 'b' } },
    });
  });

  test('may be YAML or protobuf', () => {
    expect(decode('data:\n  a: b\n', 'application/yaml; charset=utf-8')).toMatchObject({
      object: { data: { a: 'b' } },
    });
    const data = new ProtobufWriter().bytes(1, 'a').bytes(2, 'b');
    const raw = new ProtobufWriter().bytes(2, data).finish();
    expect(decode(enveloped('v1', 'ConfigMap', raw), 'application/vnd.kubernetes.protobuf')).toMatchObject({
      object: { data: { a: 'b' } },
    });
  });

  test('of any other type is refused with the three that it may have', () => {
    expect(decode('{}', 'application/cbor')).toBe(
      '415 the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  });

  test('with fields that nobody knows is refused, warned of or taken', () => {
    const body = '{"kind":"ConfigMap","apiVersion":"v1","datax":{},"immutable":true,"immutable":true}';
    expect(decode(body)).toBe(
      '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datax", duplicate field "immutable"',
    );
    const warnings = ['unknown field "datax"', 'duplicate field "immutable"'];
    expect(decode(body, '', 'Warn')).toMatchObject({ warnings });
    expect(decode(body, '', 'Ignore')).toMatchObject({ warnings: [] });
    expect(JSON.stringify(decode(body, '', 'Ignore'))).not.toContain('datax');
    expect(decode('kind: ConfigMap\ndata:\n  a: b\n  a: c\n', 'application/yaml')).toBe(
      '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 4: key "a" already set in map',
    );
  });

  test.each([
    [
      '{"kind":',
      '400 the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"kind":)',
    ],
    [
      'not json',
      "400 the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'o' in literal null (expecting 'u') (6e6f74206a736f6e)",
    ],
    [
      '[]',
      '400 the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
    ],
    [
      '{"kind":5}',
      '400 the object provided is unrecognized (must be of type ConfigMap): couldn\'t get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string ({"kind":5})',
    ],
    [
      '{"data":5}',
      '400 ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string',
    ],
    [
      '{"kind":"Pod"}',
      '400 Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ],
    [
      '{"kind":"Nonsense","apiVersion":"apps/v1"}',
      '400 Nonsense in version "v1" cannot be handled as a ConfigMap: no kind "Nonsense" is registered for version "apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      '',
      "400 the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    ],
  ])('%j is refused', (body, refusal) => {
    expect(decode(body)).toBe(refusal);
  });

  test.each([
    ['', 'empty data (<empty>)'],
    ['7b7d', 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})'],
    ['6b38730008', 'unexpected EOF (6b38730008)'],
  ])('of protobuf that is not: %j', (hex, why) => {
    expect(decode(Buffer.from(hex, 'hex'), 'application/vnd.kubernetes.protobuf')).toBe(
      `400 the object provided is unrecognized (must be of type ConfigMap): ${why}`,
    );
  });

  test('nested without end is refused', () => {
    expect(decode(`{"a":${'['.repeat(3_000_000)}`)).toContain('exceeded max depth');
  });
});
