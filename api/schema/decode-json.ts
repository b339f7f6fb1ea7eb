import { type JsonNode, jsonValue } from '../../wire/go-json';
import { goQuote } from '../../wire/go-quote';
import { formatGoTime, parseGoTime } from '../../wire/go-time';
import { type GoStruct, goZero, isGoStruct, writeGoStruct } from './go-struct';
import { goTypeName } from './go-type-name';
import { jsonFields } from './json-fields';
import { readQuantity } from './read-quantity';
import type { Field, FieldType, Message, Schema } from './schema';

/**
 * JSON into an object of one type, as the apiserver's decoder does it: keys are compared to the letter, unknown ones are
 * dropped, and what has the wrong type is refused in its words.
 * Source: sigs.k8s.io/json internal/golang/encoding/json/{decode,kubernetes_patch}.go.
 */
export type Decoded =
  | {
      readonly kind: 'decoded';
      readonly object: Record<string, unknown>;
      /** Unknown and duplicate fields, which strict field validation refuses and the others tell. */
      readonly strictErrors: readonly string[];
    }
  | { readonly kind: 'undecodable'; readonly error: string };

export function decodeJson(schema: Schema, message: Message, node: JsonNode): Decoded {
  const decoder = new Decoder(schema);
  const into: GoStruct = { message, values: new Map() };
  try {
    decoder.root(node, into);
  } catch (error) {
    if (error instanceof Aborted) return { kind: 'undecodable', error: error.message };
    throw error;
  }
  if (decoder.saved !== null) return { kind: 'undecodable', error: decoder.saved };
  return { kind: 'decoded', object: writeGoStruct(into, schema), strictErrors: [...decoder.strictErrors] };
}

/** UnmarshalJSON of a type of its own failed, which ends decoding at once. Never leaves this file. */
class Aborted extends Error {}

/** kubernetes_patch.go, saveStrictError. */
const mostStrictErrors = 100;

class Decoder {
  readonly #schema: Schema;
  /** The first wrong type; decoding goes on behind it, and a later abort comes before it. */
  saved: string | null = null;
  readonly strictErrors = new Set<string>();
  /** Where type errors happen: the message and the fields down to here, without indices. */
  #message = '';
  #fields: string[] = [];
  /** Where strict errors happen: `spec.containers[0]`. */
  #path = '';

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  root(node: JsonNode, into: GoStruct): void {
    this.#value(node, { kind: 'message', message: into.message.name, atomic: false }, into);
  }

  /** The value in Go, or undefined where it stays as it was. */
  #value(node: JsonNode, type: FieldType, before: unknown): unknown {
    switch (type.kind) {
      case 'quantity':
        return this.#quantity(node);
      case 'time':
        return this.#time(node, 'seconds');
      case 'micro-time':
        return this.#time(node, 'micros');
      case 'int-or-string':
        return this.#intOrString(node);
      case 'any':
        return jsonValue(node);
    }
    if (node.kind === 'null') return type.kind === 'list' || type.kind === 'map' ? null : undefined;
    switch (type.kind) {
      case 'string':
        return node.kind === 'string' ? node.value : this.#wrong(node, type);
      case 'bool':
        return node.kind === 'bool' ? node.value : this.#wrong(node, type);
      case 'int32':
        return this.#integer(node, type, 32);
      case 'int64':
        return this.#integer(node, type, 64);
      case 'double':
        return node.kind === 'number' ? Number(node.text) : this.#wrong(node, type);
      case 'bytes':
        if (node.kind === 'array') return this.#octets(node.items);
        return node.kind === 'string' ? this.#bytes(node.value) : this.#wrong(node, type);
      case 'list':
        return node.kind === 'array' ? this.#list(node.items, type.of) : this.#wrong(node, type);
      case 'map':
        return node.kind === 'object' ? this.#map(node.members, type.of, before) : this.#wrong(node, type);
      case 'message':
        return node.kind === 'object'
          ? this.#object(node.members, type.message, before)
          : this.#wrong(node, type);
    }
  }

  #object(members: (JsonNode & { kind: 'object' })['members'], message: string, before: unknown): GoStruct {
    // A repeated key writes into the struct that the first one made.
    const into = isGoStruct(before) ? before : { message: this.#schema.message(message), values: new Map() };
    const known = jsonFields(into.message, this.#schema);
    const [outer, path] = [this.#message, this.#path];
    const seen = new Set<string>();
    for (const [key, node] of members) {
      const field = known.get(key);
      if (field === undefined) {
        this.#strict('unknown field', path, key);
        continue;
      }
      if (seen.has(key)) this.#strict('duplicate field', path, key);
      seen.add(key);
      this.#message = message;
      this.#fields.push(key);
      this.#path = path === '' ? key : `${path}.${key}`;
      this.#set(into, field, node);
      this.#fields.pop();
      this.#message = outer;
      this.#path = path;
    }
    return into;
  }

  #set(into: GoStruct, field: Field, node: JsonNode): void {
    // Null takes a pointer back to nothing whatever it points to; other types have their own opinion of it.
    const value =
      node.kind === 'null' && field.pointer
        ? null
        : this.#value(node, field.type, into.values.get(field.name));
    if (value !== undefined) into.values.set(field.name, value);
  }

  #list(items: readonly JsonNode[], of: FieldType): unknown[] {
    const path = this.#path;
    const values = items.map((item, at) => {
      this.#path = `${path}[${at}]`;
      return this.#value(item, of, undefined) ?? goZero(of, this.#schema);
    });
    this.#path = path;
    return values;
  }

  #map(
    members: (JsonNode & { kind: 'object' })['members'],
    of: FieldType,
    before: unknown,
  ): Map<string, unknown> {
    const into = before instanceof Map ? (before as Map<string, unknown>) : new Map<string, unknown>();
    const path = this.#path;
    const seen = new Set<string>();
    for (const [key, node] of members) {
      if (seen.has(key)) this.#strict('duplicate field', path, key);
      seen.add(key);
      this.#path = path === '' ? key : `${path}.${key}`;
      into.set(key, this.#value(node, of, undefined) ?? goZero(of, this.#schema));
    }
    this.#path = path;
    return into;
  }

  #integer(node: JsonNode, type: FieldType, bits: 32 | 64): number | undefined {
    if (node.kind !== 'number') return this.#wrong(node, type);
    const value = asInteger(node.text, bits);
    return value ?? this.#wrong(node, type, `number ${node.text}`);
  }

  #bytes(text: string): string | undefined {
    const at = illegalBase64(text);
    if (at === null) return Buffer.from(text, 'base64').toString('base64');
    this.saved ??= `illegal base64 data at input byte ${at}`;
    return undefined;
  }

  /** To Go, octets are a list of small numbers as well. */
  #octets(items: readonly JsonNode[]): string {
    const octets = items.map((item) => {
      if (item.kind === 'null') return 0;
      const value = item.kind === 'number' ? asInteger(item.text, 32) : null;
      if (value !== null && value >= 0 && value <= 255) return value;
      this.saved ??= this.#typeError(item.kind === 'number' ? `number ${item.text}` : item.kind, 'uint8');
      return 0;
    });
    return Buffer.from(octets).toString('base64');
  }

  /** Quantity.UnmarshalJSON: any literal's text is looked at, numbers too. */
  #quantity(node: JsonNode): string {
    if (node.kind === 'null') return '0';
    const text = node.kind === 'number' ? node.text : node.kind === 'string' ? node.value : '{}';
    const quantity = readQuantity(text.trim());
    if ('error' in quantity) throw new Aborted(quantity.error);
    return quantity.text;
  }

  #time(node: JsonNode, precision: 'seconds' | 'micros'): string | null {
    if (node.kind === 'null') return null;
    if (node.kind !== 'string') throw new Aborted(this.#typeError(describe(node), 'string'));
    const time = parseGoTime(node.value, precision);
    if ('error' in time) throw new Aborted(time.error);
    return formatGoTime(time, precision);
  }

  #intOrString(node: JsonNode): string | number {
    if (node.kind === 'string') return node.value;
    if (node.kind === 'null') return 0;
    if (node.kind !== 'number') throw new Aborted(this.#typeError(describe(node), 'int32'));
    const value = asInteger(node.text, 32);
    if (value === null) throw new Aborted(this.#typeError(`number ${node.text}`, 'int32'));
    return value;
  }

  #wrong(node: JsonNode, type: FieldType, value = describe(node)): undefined {
    this.saved ??= this.#typeError(value, goTypeName(type));
    return undefined;
  }

  /** encoding/json, UnmarshalTypeError. */
  #typeError(value: string, type: string): string {
    const [, struct = ''] = goTypeName({ kind: 'message', message: this.#message, atomic: false }).split('.');
    const where = this.#fields.length === 0 ? 'value' : `struct field ${struct}.${this.#fields.join('.')}`;
    return `json: cannot unmarshal ${value} into Go ${where} of type ${type}`;
  }

  #strict(what: string, path: string, key: string): void {
    if (this.strictErrors.size >= mostStrictErrors) return;
    this.strictErrors.add(`${what} ${goQuote(path === '' ? key : `${path}.${key}`)}`);
  }
}

function describe(node: JsonNode): string {
  return node.kind;
}

function asInteger(text: string, bits: 32 | 64): number | null {
  // Longer ones fit nowhere, and the longest would take minutes to convert.
  if (!/^-?\d{1,20}$/.test(text)) return null;
  const value = BigInt(text);
  const limit = bits === 32 ? 2n ** 31n : 2n ** 63n;
  return value >= -limit && value < limit ? Number(value) : null;
}

/** encoding/base64, CorruptInputError: the first octet that does not belong; null when the text is sound. */
function illegalBase64(text: string): number | null {
  const octets = Buffer.from(text, 'utf8').toString('latin1');
  let digits = 0;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] ?? '';
    if (octet === '\n' || octet === '\r') continue;
    if (octet === '=') return illegalPadding(octets, at, digits % 4);
    if (!/[A-Za-z0-9+/]/.test(octet)) return at;
    digits++;
  }
  // Too few digits: Go names the place where the last group begins.
  return digits % 4 === 0 ? null : octets.length - (digits % 4);
}

function illegalPadding(octets: string, at: number, inGroup: number): number | null {
  if (inGroup < 2) return at;
  const rest = octets.slice(at + 1);
  const blank = /^[\r\n]*/.exec(rest)?.[0].length ?? 0;
  let after = at + 1 + blank;
  if (inGroup === 2) {
    if (octets[after] !== '=') return after < octets.length ? after : octets.length;
    after++;
  }
  while (octets[after] === '\n' || octets[after] === '\r') after++;
  return after < octets.length ? after : null;
}
