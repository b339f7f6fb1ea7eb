/**
 * The protobuf wire format: fields, one after the other, each with a number and one of a few shapes. What they mean is the
 * business of whoever has a description of the message. Nothing here throws on hostile bytes.
 * Source: protobuf.dev, "Encoding". The complaints are those of gogo/protobuf's generated code, which Kubernetes uses.
 */
export type ProtobufField =
  | { readonly number: number; readonly wire: 'varint'; readonly value: Varint }
  | {
      readonly number: number;
      readonly wire: 'fixed64' | 'bytes' | 'group' | 'fixed32';
      readonly value: Buffer;
    };

/**
 * 64 bits in two halves, each from 0 to 2^32 - 1. No bigint: BigInt.asUintN in a loop makes the optimizing compiler of
 * Node 20 abort the process ("Phi of kRepTagged (UnsignedBigInt64) cannot be changed to kRepWord64").
 */
export interface Varint {
  readonly low: number;
  readonly high: number;
}

export interface ProtobufError {
  /** Go's words, in which `%s` stands for the name of the message, if the complaint has one. */
  readonly error: string;
  /** What was read before it. */
  readonly fields: readonly ProtobufField[];
  /** The field that could not be read: its number and the number of its shape; zeros when not even that could be. */
  readonly number: number;
  readonly wireType: number;
}

/** The number that each shape has in a tag. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, group: 3, fixed32: 5 } as const;

/** The fields of a message in their order. Groups, which no message of Kubernetes has, are not looked into. */
export function readProtobuf(bytes: Buffer): ProtobufField[] | ProtobufError {
  const reader = new Reader(bytes);
  const fields: ProtobufField[] = [];
  while (!reader.done) {
    const field = reader.field(0);
    if (field === null) {
      const { error, number, wireType } = reader;
      return { error, fields, number, wireType };
    }
    fields.push(field);
  }
  return fields;
}

/** A packed list of varints: the value of one field of shape `bytes`. */
export function readPackedVarints(bytes: Buffer): Varint[] | { readonly error: string } {
  const reader = new Reader(bytes);
  const values: Varint[] = [];
  while (!reader.done) {
    const value = reader.varint();
    if (value === null) return { error: reader.error };
    values.push(value);
  }
  return values;
}

/** What Go's int32 takes of it. */
export function asInt32({ low }: Varint): number {
  return low | 0;
}

/** What Go's int64 takes of it, as near as a number comes. */
export function asInt64({ low, high }: Varint): number {
  return (high | 0) * 2 ** 32 + low;
}

function decimal({ low, high }: Varint): string {
  return String(BigInt(high) * 2n ** 32n + BigInt(low));
}

/** Groups were given up long ago; they are skipped, but not to any depth. */
const deepestGroup = 100;

const unexpectedEof = 'unexpected EOF';

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  error = '';
  number = 0;
  wireType = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  field(depth: number): ProtobufField | null {
    [this.number, this.wireType] = [0, 0];
    const tag = this.varint();
    if (tag === null) return null;
    // Go keeps 32 bits of the number, and what is then not positive is refused.
    const number = (tag.low >>> 3) | (tag.high << 29);
    const wire = tag.low & 7;
    if (wire === 4) return this.#fail('proto: %s: wiretype end group for non-group');
    if (number <= 0) return this.#fail(`proto: %s: illegal tag ${number} (wire type ${decimal(tag)})`);
    [this.number, this.wireType] = [number, wire];
    switch (wire) {
      case wireTypes.varint: {
        const value = this.varint();
        return value === null ? null : { number, wire: 'varint', value };
      }
      case wireTypes.fixed64: {
        const value = this.#take(8);
        return value === null ? null : { number, wire: 'fixed64', value };
      }
      case wireTypes.bytes: {
        const length = this.varint();
        if (length === null) return null;
        const value = this.#take(asInt64(length));
        return value === null ? null : { number, wire: 'bytes', value };
      }
      case wireTypes.group: {
        const start = this.#at;
        const skipped = this.#skipGroup(depth + 1);
        [this.number, this.wireType] = [number, wire];
        return skipped ? { number, wire: 'group', value: this.#bytes.subarray(start, this.#at) } : null;
      }
      case wireTypes.fixed32: {
        const value = this.#take(4);
        return value === null ? null : { number, wire: 'fixed32', value };
      }
    }
    return this.#fail(`proto: illegal wireType ${wire}`);
  }

  /** Seven bits an octet, the lowest first; more than ten octets are too many. */
  varint(): Varint | null {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const octet = this.#bytes[this.#at];
      if (octet === undefined) return this.#fail(unexpectedEof);
      this.#at++;
      const bits = octet & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high |= bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (octet < 0x80) return { low: low >>> 0, high: high >>> 0 };
    }
    return this.#fail('proto: integer overflow');
  }

  #take(length: number): Buffer | null {
    if (length < 0) return this.#fail('proto: negative length found during unmarshaling');
    if (length > this.#bytes.length - this.#at) return this.#fail(unexpectedEof);
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  #skipGroup(depth: number): boolean {
    if (depth > deepestGroup) return this.#fail('proto: groups nested too deep') !== null;
    for (;;) {
      const start = this.#at;
      const tag = this.varint();
      if (tag === null) return false;
      if ((tag.low & 7) === 4) return true;
      this.#at = start;
      if (this.field(depth) === null) return false;
    }
  }

  #fail(error: string): null {
    this.error = error;
    return null;
  }
}
