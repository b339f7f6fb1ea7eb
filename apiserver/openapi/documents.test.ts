import { describe, expect, test } from '@jest/globals';
import { readProtobuf } from '../../wire/protobuf';
import { kinds } from '../registry';
import { groupVersions, openApiV2, openApiV3 } from './documents';
import { gnosticDocument } from './gnostic';

type Json = Record<string, unknown>;

const v2 = openApiV2() as Json;
const v3 = groupVersions().map((name) => [name, openApiV3(name) as Json] as const);

/** Every object within a document. */
function objects(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objects);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Json, ...Object.values(value).flatMap(objects)];
}

function dangling(document: Json): string[] {
  const references = objects(document).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
  return references.filter((reference) => {
    let found: unknown = document;
    for (const part of reference.slice(2).split('/')) found = (found as Json | undefined)?.[part];
    return found === undefined;
  });
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((found, key) => (found as Json | undefined)?.[key], value);
}

const core = 'io.k8s.api.core.v1';

describe('the documents', () => {
  test('refer only to what is in them', () => {
    expect(dangling(v2)).toEqual([]);
    expect(v3.flatMap(([, document]) => dangling(document))).toEqual([]);
    expect(objects(v2).length).toBeGreaterThan(3000);
  });

  test('tell the kind of every served object, and how it may be patched', () => {
    const patches = objects(v2).filter((one) => one['x-kubernetes-action'] === 'patch');
    for (const kind of kinds.filter(({ verbs }) => verbs.includes('patch'))) {
      const { group, version } = kind;
      const about = { group, kind: kind.kind, version };
      const patch = patches.find(
        (one) => JSON.stringify(one['x-kubernetes-group-version-kind']) === JSON.stringify(about),
      );
      const names = (patch?.['parameters'] as Json[] | undefined)?.map(({ name }) => name);
      expect([kind.kind, names]).toEqual([
        kind.kind,
        ['body', 'dryRun', 'fieldManager', 'fieldValidation', 'force'],
      ]);
      const said = Object.values(v2['definitions'] as Json).filter((definition) =>
        JSON.stringify(at(definition, 'x-kubernetes-group-version-kind'))?.includes(JSON.stringify(about)),
      );
      expect([kind.kind, said.length]).toEqual([kind.kind, 1]);
    }
  });

  test('have unique operations', () => {
    const ids = objects(v2).flatMap(({ operationId }) => (operationId === undefined ? [] : [operationId]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('describe fields in both dialects', () => {
    const ports = (document: unknown, ...to: string[]) =>
      at(document, ...to, `${core}.Container`, 'properties', 'ports');
    const common = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'containerPort',
    };
    expect(ports(v2, 'definitions')).toMatchObject({
      ...common,
      items: { $ref: `#/definitions/${core}.ContainerPort` },
    });
    const coreV3 = openApiV3('api/v1');
    expect(ports(coreV3, 'components', 'schemas')).toMatchObject({
      ...common,
      items: { allOf: [{ $ref: `#/components/schemas/${core}.ContainerPort` }], default: {} },
    });
    const podSpec = at(coreV3, 'components', 'schemas', `${core}.PodSpec`) as Json;
    expect(podSpec['required']).toEqual(['containers']);
    expect(at(podSpec, 'properties', 'restartPolicy')).toMatchObject({
      type: 'string',
      enum: ['Always', 'Never', 'OnFailure'],
    });
    // Inline structs have their fields beside the others.
    const volume = at(coreV3, 'components', 'schemas', `${core}.Volume`, 'properties') as Json;
    expect(Object.keys(volume)).toEqual(expect.arrayContaining(['name', 'configMap', 'emptyDir']));
  });

  test('exist only for what is served', () => {
    expect(openApiV3('apis/batch/v1')).toBeNull();
    expect(groupVersions()).toEqual(expect.arrayContaining(['api/v1', 'apis/apps/v1']));
  });
});

describe('the protobuf of v2', () => {
  const fields = (bytes: Buffer) => {
    const read = readProtobuf(bytes);
    if ('error' in read) throw new Error(read.error);
    return read;
  };
  const octets = (bytes: Buffer, number: number): Buffer[] =>
    fields(bytes).flatMap((field) =>
      field.number === number && field.wire === 'bytes' ? [field.value] : [],
    );
  const texts = (bytes: Buffer, number: number): string[] => octets(bytes, number).map(String);

  test('has every path and every definition of the document', () => {
    const document = gnosticDocument(v2);
    expect(texts(document, 1)).toEqual(['2.0']);
    const paths = octets(document, 8).flatMap((all) => octets(all, 2));
    expect(paths.flatMap((path) => texts(path, 1))).toEqual(Object.keys(v2['paths'] as Json));
    const definitions = octets(document, 9).flatMap((all) => octets(all, 1));
    expect(definitions.flatMap((one) => texts(one, 1))).toEqual(Object.keys(v2['definitions'] as Json));
  });

  test('writes a schema with its type, properties, items and extensions', () => {
    const document = gnosticDocument({
      definitions: {
        List: {
          description: 'd',
          type: 'object',
          required: ['items'],
          properties: { items: { type: 'array', items: { $ref: '#/definitions/Item' } } },
          'x-kubernetes-group-version-kind': [{ group: '', kind: 'List', version: 'v1' }],
        },
      },
    });
    const [named] = octets(octets(document, 9)[0] ?? Buffer.alloc(0), 1);
    const [schema = Buffer.alloc(0)] = octets(named ?? Buffer.alloc(0), 2);
    expect(texts(schema, 4)).toEqual(['d']);
    expect(texts(schema, 19)).toEqual(['items']);
    expect(octets(schema, 22).flatMap((type) => texts(type, 1))).toEqual(['object']);
    const [extension = Buffer.alloc(0)] = octets(schema, 31);
    expect(texts(extension, 1)).toEqual(['x-kubernetes-group-version-kind']);
    expect(octets(extension, 2).flatMap((any) => texts(any, 2))).toEqual([
      '[{"group":"","kind":"List","version":"v1"}]\n',
    ]);
    const [property = Buffer.alloc(0)] = octets(schema, 25).flatMap((all) => octets(all, 1));
    expect(texts(property, 1)).toEqual(['items']);
    const items = octets(property, 2)
      .flatMap((one) => octets(one, 23))
      .flatMap((one) => octets(one, 1));
    expect(items.flatMap((one) => texts(one, 1))).toEqual(['#/definitions/Item']);
  });
});
