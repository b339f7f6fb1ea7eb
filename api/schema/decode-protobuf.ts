import { jsonValue, parseGoJson } from '../../wire/go-json';
import { formatGoTime } from '../../wire/go-time';
import {
  asInt32,
  asInt64,
  type ProtobufField,
  readPackedVarints,
  readProtobuf,
  type Varint,
  wireTypes,
} from '../../wire/protobuf';
import type { Decoded } from './decode-json';
import { type GoStruct, goZero, isGoStruct, writeGoStruct } from './go-struct';
import { readQuantity } from './read-quantity';
import type { Field, FieldType, Message, Schema } from './schema';

/**
 * Protobuf into an object of one type, as kubectl 1.32 and newer send it. Unknown fields are skipped; nothing is strict.
 * Source of the rules: the generated.pb.go of k8s.io/api; of the envelope: k8s.io/apimachinery pkg/runtime/serializer/protobuf.
 */
export type Enveloped =
  | {
      readonly kind: 'enveloped';
      readonly apiVersion: string;
      readonly objectKind: string;
      readonly raw: Buffer;
    }
  | { readonly kind: 'undecodable'; readonly error: string };

/** `k8s` and a zero octet, then a runtime.Unknown. */
export const protobufPrefix = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

export function openEnvelope(body: Buffer): Enveloped {
  const refuse = (error: string): Enveloped => ({ kind: 'undecodable', error });
  if (body.length === 0) return refuse('empty data');
  if (!body.subarray(0, protobufPrefix.length).equals(protobufPrefix)) {
    return refuse(
      `provided data does not appear to be a protobuf message, expected prefix [${[...protobufPrefix].join(' ')}]`,
    );
  }
  if (body.length === protobufPrefix.length) return refuse('empty body');
  const unknown = readStrings(body.subarray(protobufPrefix.length), 'Unknown', ['TypeMeta', 'Raw']);
  if ('error' in unknown) return refuse(unknown.error);
  const typeMeta = readStrings(unknown.octets[0] ?? Buffer.alloc(0), 'TypeMeta', ['APIVersion', 'Kind']);
  if ('error' in typeMeta) return refuse(typeMeta.error);
  const [apiVersion, objectKind] = typeMeta.octets.map((octets) => octets?.toString('utf8') ?? '');
  return {
    kind: 'enveloped',
    apiVersion: apiVersion ?? '',
    objectKind: objectKind ?? '',
    raw: unknown.octets[1] ?? Buffer.alloc(0),
  };
}

export function decodeProtobuf(schema: Schema, message: Message, raw: Buffer): Decoded {
  const decoder = new Decoder(schema);
  const into: GoStruct = { message, values: new Map() };
  if (!decoder.message(raw, into, message)) return { kind: 'undecodable', error: decoder.error };
  return { kind: 'decoded', object: writeGoStruct(into, schema), strictErrors: [] };
}

/** The fields 1, 2, … of a message that has nothing but texts and octets. */
function readStrings(
  bytes: Buffer,
  name: string,
  goNames: readonly string[],
): { readonly octets: (Buffer | undefined)[] } | { readonly error: string } {
  const fields = readProtobuf(bytes);
  if ('error' in fields) return { error: fields.error.replace('%s', name) };
  const octets: (Buffer | undefined)[] = goNames.map(() => undefined);
  for (const field of fields) {
    const goName = goNames[field.number - 1];
    if (goName === undefined) continue;
    if (field.wire !== 'bytes') return { error: wrongWireType(field, goName) };
    octets[field.number - 1] = field.value;
  }
  return { octets };
}

function wrongWireType(field: ProtobufField, goName: string): string {
  return `proto: wrong wireType = ${wireTypes[field.wire]} for field ${goName}`;
}

/** The field in Go: the JSON name in capitals, but for the embedded ObjectMeta. */
function goName(name: string): string {
  if (name === 'uid') return 'UID';
  return name === 'metadata' ? 'ObjectMeta' : name.charAt(0).toUpperCase() + name.slice(1);
}

/** Each method says whether all went well; if not, `error` says what was wrong. */
class Decoder {
  readonly #schema: Schema;
  error = '';

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** `into` may be an outer struct, when the message is inline in it. A message that occurs twice is merged. */
  message(bytes: Buffer, into: GoStruct, message: Message): boolean {
    const read = readProtobuf(bytes);
    const known = new Map(message.fields.map((field) => [field.number, field]));
    // Go reads and interprets in one go, so what is wrong first is what it complains of.
    const wholesome = ('error' in read ? read.fields : read).every((one) => {
      const field = known.get(one.number);
      return field === undefined || this.#field(one, field, into);
    });
    if (!wholesome) return false;
    if (!('error' in read)) return true;
    const broken = read.number === 0 ? undefined : known.get(read.number);
    if (broken !== undefined && read.wireType !== wireTypeOf(broken.type))
      return this.#fail(`proto: wrong wireType = ${read.wireType} for field ${goName(broken.name)}`);
    return this.#fail(read.error.replace('%s', shortName(message.name)));
  }

  #field(read: ProtobufField, field: Field, into: GoStruct): boolean {
    const { type } = field;
    if (field.inline && type.kind === 'message') {
      if (read.wire !== 'bytes') return this.#fail(wrongWireType(read, goName(field.name)));
      return this.message(read.value, into, this.#schema.message(type.message));
    }
    const before = into.values.get(field.name);
    const value =
      type.kind === 'list' && type.goType === undefined
        ? this.#item(read, field, type.of, before)
        : type.kind === 'map'
          ? this.#entry(read, field, type.of, before)
          : this.#value(read, field, type, before);
    if (value === undefined) return false;
    into.values.set(field.name, value);
    return true;
  }

  /** One more item of a list, or several of a packed one. */
  #item(read: ProtobufField, field: Field, of: FieldType, before: unknown): unknown[] | undefined {
    const items: unknown[] = Array.isArray(before) ? before : [];
    if (read.wire === 'bytes' && (of.kind === 'int32' || of.kind === 'int64')) {
      const packed = readPackedVarints(read.value);
      if ('error' in packed) return this.#refuse(packed.error);
      const { kind } = of;
      items.push(...packed.map((value) => integer(value, kind)));
      return items;
    }
    const item = this.#value(read, field, of, undefined);
    if (item === undefined) return undefined;
    items.push(item);
    return items;
  }

  /** One more entry of a map: a message of key and value. */
  #entry(
    read: ProtobufField,
    field: Field,
    of: FieldType,
    before: unknown,
  ): Map<string, unknown> | undefined {
    if (read.wire !== 'bytes') return this.#refuse(wrongWireType(read, goName(field.name)));
    const entries = before instanceof Map ? (before as Map<string, unknown>) : new Map<string, unknown>();
    const parts = readProtobuf(read.value);
    if ('error' in parts) return this.#refuse(parts.error.replace('%s', goName(field.name)));
    let key = '';
    let value: unknown;
    for (const part of parts) {
      if (part.number === 1 && part.wire === 'bytes') key = part.value.toString('utf8');
      if (part.number !== 2) continue;
      value = this.#value(part, field, of, undefined);
      if (value === undefined) return undefined;
    }
    entries.set(key, value ?? goZero(of, this.#schema));
    return entries;
  }

  /** Undefined when it cannot be read. */
  #value(read: ProtobufField, field: Field, type: FieldType, before: unknown): unknown {
    switch (type.kind) {
      case 'bool':
        if (read.wire !== 'varint') break;
        return read.value.low !== 0 || read.value.high !== 0;
      case 'int32':
      case 'int64':
        if (read.wire !== 'varint') break;
        return integer(read.value, type.kind);
      case 'double':
        if (read.wire !== 'fixed64') break;
        return read.value.readDoubleLE();
      default:
        if (read.wire !== 'bytes') break;
        return this.#octets(read.value, type, before);
    }
    return this.#refuse(wrongWireType(read, goName(field.name)));
  }

  #octets(octets: Buffer, type: FieldType, before: unknown): unknown {
    switch (type.kind) {
      case 'string':
        return octets.toString('utf8');
      case 'bytes':
        return octets.toString('base64');
      case 'message': {
        const message = this.#schema.message(type.message);
        const into: GoStruct = isGoStruct(before) ? before : { message, values: new Map() };
        return this.message(octets, into, message) ? into : undefined;
      }
      case 'time':
        return this.#time(octets, 'seconds');
      case 'micro-time':
        return this.#time(octets, 'micros');
      case 'quantity':
        return this.#quantity(octets);
      case 'int-or-string':
        return this.#intOrString(octets);
      case 'any':
        return this.#any(octets);
      // A list with a name of its own: a message whose field 1 are the items (v1.ExtraValue).
      case 'list': {
        const fields = readProtobuf(octets);
        if ('error' in fields) return this.#refuse(fields.error.replace('%s', 'ExtraValue'));
        return fields.flatMap((field) =>
          field.number === 1 && field.wire === 'bytes' ? [field.value.toString('utf8')] : [],
        );
      }
    }
    return undefined;
  }

  /** An empty message is the zero time. */
  #time(octets: Buffer, precision: 'seconds' | 'micros'): string | null | undefined {
    if (octets.length === 0) return null;
    const parts = this.#varints(octets, 'Timestamp');
    if (parts === null) return undefined;
    const [seconds, nanos] = [parts.get(1), parts.get(2)].map((part) => asInt64(part ?? { low: 0, high: 0 }));
    return formatGoTime({ seconds: seconds ?? 0, nanos: nanos ?? 0 }, precision);
  }

  #quantity(octets: Buffer): string | undefined {
    const fields = readProtobuf(octets);
    if ('error' in fields) return this.#refuse(fields.error.replace('%s', 'Quantity'));
    const text = fields.flatMap((field) =>
      field.wire === 'bytes' && field.number === 1 ? [field.value] : [],
    );
    const quantity = readQuantity(text.at(-1)?.toString('utf8') || '0');
    return 'error' in quantity ? this.#refuse(quantity.error) : quantity.text;
  }

  #intOrString(octets: Buffer): string | number | undefined {
    const fields = readProtobuf(octets);
    if ('error' in fields) return this.#refuse(fields.error.replace('%s', 'IntOrString'));
    let [isString, number, text] = [false, 0, ''];
    for (const field of fields) {
      if (field.number === 1 && field.wire === 'varint') isString = asInt32(field.value) === 1;
      if (field.number === 2 && field.wire === 'varint') number = integer(field.value, 'int32');
      if (field.number === 3 && field.wire === 'bytes') text = field.value.toString('utf8');
    }
    return isString ? text : number;
  }

  /** FieldsV1 and RawExtension carry JSON in field 1. */
  #any(octets: Buffer): unknown {
    const fields = readProtobuf(octets);
    if ('error' in fields) return this.#refuse(fields.error.replace('%s', 'FieldsV1'));
    const raw = fields.flatMap((field) =>
      field.wire === 'bytes' && field.number === 1 ? [field.value] : [],
    );
    const node = parseGoJson(raw.at(-1)?.toString('utf8') || 'null');
    return node.kind === 'syntax-error' ? this.#refuse(node.text) : jsonValue(node);
  }

  #varints(octets: Buffer, name: string): Map<number, Varint> | null {
    const fields = readProtobuf(octets);
    if ('error' in fields) {
      this.#fail(fields.error.replace('%s', name));
      return null;
    }
    return new Map(
      fields.flatMap((field) => (field.wire === 'varint' ? [[field.number, field.value] as const] : [])),
    );
  }

  #refuse(error: string): undefined {
    this.error = error;
    return undefined;
  }

  #fail(error: string): false {
    this.error = error;
    return false;
  }
}

function integer(value: Varint, kind: 'int32' | 'int64'): number {
  return kind === 'int32' ? asInt32(value) : asInt64(value);
}

/** The shape that a value of the type has. */
function wireTypeOf(type: FieldType): number {
  switch (type.kind) {
    case 'bool':
    case 'int32':
    case 'int64':
      return wireTypes.varint;
    case 'double':
      return wireTypes.fixed64;
  }
  return wireTypes.bytes;
}

function shortName(name: string): string {
  return name.split('.').at(-1) ?? name;
}
