import { scalarZero } from '../../api/schema/go-struct';
import { jsonFields } from '../../api/schema/json-fields';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import type { Field, FieldType, Message } from '../../api/schema/schema';

/**
 * Types as OpenAPI describes them, in the two dialects that Kubernetes serves: v2 (Swagger) and v3.
 * Source: k8s.io/kube-openapi pkg/generators/openapi.go, and the api/openapi-spec of Kubernetes 1.33.
 */
export type Dialect = 'v2' | 'v3';

export type SchemaObject = Readonly<Record<string, unknown>>;

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Every type that these refer to, themselves included, by name and in its order. */
export function definitions(
  roots: readonly string[],
  kindsOf: ReadonlyMap<string, readonly GroupVersionKind[]>,
  dialect: Dialect,
): Record<string, SchemaObject> {
  const found = new Map<string, SchemaObject>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    const special = specialDefinition(name, dialect);
    if (special !== null) {
      found.set(name, special);
      continue;
    }
    const message = kubernetesSchema.message(name);
    found.set(name, definition(message, kindsOf.get(name) ?? [], dialect));
    for (const field of jsonFields(message, kubernetesSchema).values())
      waiting.push(...referredTo(field.type));
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function definition(message: Message, kinds: readonly GroupVersionKind[], dialect: Dialect): SchemaObject {
  const fields = [...jsonFields(message, kubernetesSchema).values()];
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  const properties = Object.fromEntries(
    [...fields]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((field) => [field.name, property(field, dialect)]),
  );
  return {
    ...described(message.description),
    type: 'object',
    ...(required.length === 0 ? {} : { required: required.sort() }),
    ...(fields.length === 0 ? {} : { properties }),
    ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }),
  };
}

function property(field: Field, dialect: Dialect): SchemaObject {
  const { type, patchStrategies, patchMergeKey } = field;
  const given = field.default ?? (dialect === 'v3' ? implicitDefault(field) : undefined);
  return {
    ...described(withValues(field.description, type)),
    ...schemaOf(type, dialect),
    ...(given === undefined ? {} : { default: given }),
    ...(patchStrategies.length === 0 ? {} : { 'x-kubernetes-patch-strategy': patchStrategies.join(',') }),
    ...(patchMergeKey === '' ? {} : { 'x-kubernetes-patch-merge-key': patchMergeKey }),
  };
}

/** What is not a pointer and must be there has its zero value for default. */
function implicitDefault({ pointer, required, type }: Field): unknown {
  if (pointer) return undefined;
  if (type.kind === 'message' || type.kind === 'quantity' || type.kind === 'time') return emptyStruct(type);
  if (!required) return undefined;
  return zeroOf(type);
}

function emptyStruct(type: FieldType): unknown {
  return type.kind === 'time' ? undefined : {};
}

function zeroOf(type: FieldType): unknown {
  return type.kind === 'message' ? {} : (scalarZero(type) ?? undefined);
}

function schemaOf(type: FieldType, dialect: Dialect): SchemaObject {
  switch (type.kind) {
    case 'string':
      return { type: 'string', ...(type.values === undefined ? {} : { enum: [...type.values].sort() }) };
    case 'bool':
      return { type: 'boolean' };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: type.kind };
    case 'double':
      return { type: 'number', format: 'double' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'list':
      return { type: 'array', items: elementOf(type.of, dialect), ...ownership(type) };
    case 'map':
      return {
        type: 'object',
        additionalProperties: elementOf(type.of, dialect),
        ...(type.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      };
    case 'message':
      return {
        ...reference(type.message, dialect),
        ...(type.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      };
  }
  return reference(specialNames[type.kind === 'any' ? type.goType : type.kind] ?? '', dialect);
}

function elementOf(type: FieldType, dialect: Dialect): SchemaObject {
  const zero = dialect === 'v3' ? zeroOf(type) : undefined;
  return { ...schemaOf(type, dialect), ...(zero === undefined ? {} : { default: zero }) };
}

function ownership({ owned }: FieldType & { kind: 'list' }): SchemaObject {
  switch (owned.kind) {
    case 'map':
      return { 'x-kubernetes-list-map-keys': owned.keys, 'x-kubernetes-list-type': 'map' };
    case 'set':
    case 'atomic':
      return { 'x-kubernetes-list-type': owned.kind };
  }
}

/** In v3 nothing may stand beside a `$ref`. */
export function reference(name: string, dialect: Dialect): SchemaObject {
  return dialect === 'v2'
    ? { $ref: `#/definitions/${name}` }
    : { allOf: [{ $ref: `#/components/schemas/${name}` }] };
}

function referredTo(type: FieldType): string[] {
  switch (type.kind) {
    case 'list':
    case 'map':
      return referredTo(type.of);
    case 'message':
      return [type.message];
  }
  const name = specialNames[type.kind === 'any' ? type.goType : type.kind];
  return name === undefined ? [] : [name];
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Types that are structs in Go and something simpler in JSON. */
const specialNames: Readonly<Record<string, string>> = {
  time: `${meta}.Time`,
  'micro-time': `${meta}.MicroTime`,
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  'int-or-string': 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'v1.FieldsV1': `${meta}.FieldsV1`,
  'runtime.RawExtension': 'io.k8s.apimachinery.pkg.runtime.RawExtension',
};

function specialDefinition(name: string, dialect: Dialect): SchemaObject | null {
  const oneOf = (...types: string[]): SchemaObject => ({ oneOf: types.map((type) => ({ type })) });
  switch (name) {
    case specialNames['time']:
      return {
        ...described('A moment, as RFC 3339 writes it, to the second.'),
        type: 'string',
        format: 'date-time',
      };
    case specialNames['micro-time']:
      return {
        ...described('A moment, as RFC 3339 writes it, to the microsecond.'),
        type: 'string',
        format: 'date-time',
      };
    case specialNames['quantity']:
      return {
        ...described(
          'An amount of something: a number, and a suffix of powers of ten (n, u, m, k, M, G, T, P, E), of powers of 1024 (Ki, Mi, Gi, Ti, Pi, Ei), or an exponent (e3). It is given back in its canonical form: 1000m as 1, 1024Mi as 1Gi.',
        ),
        ...(dialect === 'v2' ? { type: 'string' } : oneOf('string', 'number')),
      };
    case specialNames['int-or-string']:
      return {
        ...described('An integer or a text: the number or name of a port, a count or a percentage.'),
        ...(dialect === 'v2' ? { type: 'string' } : oneOf('integer', 'string')),
        format: 'int-or-string',
      };
    case specialNames['v1.FieldsV1']:
      return {
        ...described(
          'A set of fields, as a trie of JSON keys: f: field, k: key of an item, v: value of an item, i: index.',
        ),
        type: 'object',
      };
    case specialNames['runtime.RawExtension']:
      return { ...described('Any object.'), type: 'object' };
  }
  return null;
}

function described(description: string): SchemaObject {
  return description === '' ? {} : { description };
}

/** As upstream's generator adds the values of an enumeration to a description. */
function withValues(description: string, type: FieldType): string {
  if (type.kind !== 'string' || type.values === undefined) return description;
  const values = [...type.values].sort().map((value) => ` - \`${JSON.stringify(value)}\``);
  return `${description}\n\nPossible enum values:\n${values.join('\n')}`.trim();
}
