import { jsonFields } from '../../api/schema/json-fields';
import type { FieldType, Message, Schema } from '../../api/schema/schema';

/**
 * Bodies made up from the tables: every field has its turn, with values that are right, wrong, null, unknown or said twice.
 * The same seed gives the same bodies.
 */
export class RandomBody {
  readonly #schema: Schema;
  #state: number;
  /** One value in so many is not what its field wants; 0: all are. */
  readonly #wrongOneIn: number;

  constructor(schema: Schema, seed: number, wrongOneIn: number) {
    this.#schema = schema;
    this.#state = seed;
    this.#wrongOneIn = wrongOneIn;
  }

  /** As JSON text, because an object cannot hold a key twice. */
  body(apiVersion: string, kind: string, message: Message): string {
    const typeMeta = [`"apiVersion":${JSON.stringify(apiVersion)}`, `"kind":${JSON.stringify(kind)}`];
    return this.#object(message, 0, typeMeta);
  }

  #object(message: Message, depth: number, before: readonly string[] = []): string {
    const members = [...before];
    const density = depth < 2 ? 2 : depth < 5 ? 3 : 8;
    for (const [name, field] of jsonFields(message, this.#schema)) {
      if (field.number === 0 || !this.#oneIn(density)) continue;
      members.push(`${JSON.stringify(name)}:${this.#value(field.type, depth + 1)}`);
      if (this.#wrongOneIn > 0 && this.#oneIn(this.#wrongOneIn))
        members.push(`${JSON.stringify(name)}:${this.#scalarAgain(field.type)}`);
    }
    if (this.#wrongOneIn > 0 && this.#oneIn(this.#wrongOneIn))
      members.push(`"noSuch.Field \\u00e9":{"a":[1,{}]}`);
    return `{${members.join(',')}}`;
  }

  /** Said twice, a scalar is what it was last; what becomes of lists is Go's secret. */
  #scalarAgain(type: FieldType): string {
    return type.kind === 'list' || type.kind === 'map' || type.kind === 'message'
      ? 'null'
      : this.#value(type, 9);
  }

  #value(type: FieldType, depth: number): string {
    if (this.#wrongOneIn > 0 && this.#oneIn(this.#wrongOneIn * 4)) return this.#pick(wrongValues);
    switch (type.kind) {
      case 'list':
        return `[${this.#some(depth, () => this.#value(type.of, depth + 1)).join(',')}]`;
      case 'map':
        return `{${this.#some(depth, (at) => `"k${at}":${this.#value(type.of, depth + 1)}`).join(',')}}`;
      case 'message':
        return this.#object(this.#schema.message(type.message), depth);
      case 'any':
        return '{"f:metadata":{"f:labels":{".":{}}},"n":[1,2.5,null]}';
    }
    return this.#pick(rightValues[type.kind]);
  }

  #some(depth: number, make: (at: number) => string): string[] {
    const count = depth > 6 ? 0 : this.#next() % 3;
    return Array.from({ length: count }, (_, at) => make(at));
  }

  #pick(values: readonly string[]): string {
    return values[this.#next() % values.length] ?? 'null';
  }

  #oneIn(count: number): boolean {
    return this.#next() % count === 0;
  }

  /** Mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}

type Scalar = Exclude<FieldType['kind'], 'list' | 'map' | 'message' | 'any'>;

const rightValues: Readonly<Record<Scalar, readonly string[]>> = {
  string: ['""', '"a"', '"a\\u0000b"', '"\\ud800"', '"ü €"', '"<&>"'],
  bool: ['true', 'false'],
  int32: ['0', '1', '-1', '2147483647', '-2147483648'],
  int64: ['0', '1', '-1', '9007199254740991'],
  double: ['0', '1.5', '-1e3'],
  bytes: ['""', '"YQ=="', '"YWI="', '"YWJj"', '"Y\\nQ=="'],
  time: ['null', '"2024-02-29T12:00:00Z"', '"2024-01-01T00:30:00.999+01:00"'],
  'micro-time': ['null', '"2024-02-29T12:00:00.000001Z"', '"1969-12-31T23:59:59.500000-05:00"'],
  quantity: [
    '"1"',
    '1',
    '0.5',
    '"1000m"',
    '"1024Mi"',
    '"1e3"',
    '"12E2"',
    '"100k"',
    '"1500m"',
    '" 2 "',
    '"+3"',
    '-4',
  ],
  'int-or-string': ['0', '80', '"http"', '"25%"', '-1'],
};

const wrongValues = [
  'null',
  'true',
  '5',
  '1.5',
  '2147483648',
  '99999999999999999999',
  '1e2',
  '"text"',
  '"Y"',
  '"YQ="',
  '"YQ==x"',
  '"!"',
  '"2024-13-01T00:00:00Z"',
  '"2024-02-30T00:00:00Z"',
  '"2024-02-01 00:00:00Z"',
  '"2024-02-01T25:00:00Z"',
  '"2024-02-01T00:00:00"',
  '"2024-02-01T00:00:00Zx"',
  '"1Xi"',
  '"1e"',
  '"5 5"',
  '[]',
  '["a"]',
  '[null]',
  '{}',
  '{"a":"b"}',
  '{"a":null}',
];
