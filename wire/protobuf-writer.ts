import { type Varint, wireTypes } from './protobuf';

/** Writes protobuf messages, field by field in the order of the calls. */
export class ProtobufWriter {
  readonly #parts: Buffer[] = [];

  /** A safe integer or a bool; negative numbers take ten octets, as in every protobuf library. */
  varint(number: number, value: number | boolean): this {
    this.#parts.push(tag(number, wireTypes.varint), varintBytes(Number(value)));
    return this;
  }

  /** All 64 bits, for what no number holds. */
  varint64(number: number, { low, high }: Varint): this {
    this.#parts.push(tag(number, wireTypes.varint), varint64Bytes(low, high));
    return this;
  }

  double(number: number, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(tag(number, wireTypes.fixed64), bytes);
    return this;
  }

  /** Text, octets or a message. */
  bytes(number: number, value: string | Buffer | ProtobufWriter): this {
    const bytes =
      typeof value === 'string' ? Buffer.from(value) : Buffer.isBuffer(value) ? value : value.finish();
    this.#parts.push(tag(number, wireTypes.bytes), varintBytes(bytes.length), bytes);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

function tag(number: number, wire: number): Buffer {
  return varintBytes(number * 8 + wire);
}

function varintBytes(value: number): Buffer {
  return varint64Bytes(value >>> 0, Math.floor(value / 2 ** 32) >>> 0);
}

function varint64Bytes(lowHalf: number, highHalf: number): Buffer {
  let low = lowHalf;
  let high = highHalf;
  const octets: number[] = [];
  while (high > 0 || low >= 0x80) {
    octets.push((low & 0x7f) | 0x80);
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  octets.push(low);
  return Buffer.from(octets);
}
