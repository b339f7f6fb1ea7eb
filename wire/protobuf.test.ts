import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asInt32, asInt64, readPackedVarints, readProtobuf, type Varint } from './protobuf';
import { ProtobufWriter } from './protobuf-writer';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('the protobuf reader', () => {
  test.each([
    ['08 96 01', [{ number: 1, wire: 'varint', value: { low: 150, high: 0 } }]],
    ['12 07 74 65 73 74 69 6e 67', [{ number: 2, wire: 'bytes', value: Buffer.from('testing') }]],
    ['0d 01 02 03 04', [{ number: 1, wire: 'fixed32', value: bytes('01020304') }]],
    ['09 01 02 03 04 05 06 07 08', [{ number: 1, wire: 'fixed64', value: bytes('0102030405060708') }]],
    // A group with a varint in it, then a field.
    [
      '0b 10 01 0c 18 02',
      [
        { number: 1, wire: 'group', value: bytes('10010c') },
        { number: 3, wire: 'varint', value: { low: 2, high: 0 } },
      ],
    ],
    ['', []],
  ])('reads %s', (hex, fields) => {
    expect(readProtobuf(bytes(hex))).toEqual(fields);
  });

  test.each([
    ['08', 'unexpected EOF'],
    ['12 05 61', 'unexpected EOF'],
    ['08 ff ff ff ff ff ff ff ff ff ff 01', 'proto: integer overflow'],
    ['00 01', 'proto: %s: illegal tag 0 (wire type 0)'],
    ['0c', 'proto: %s: wiretype end group for non-group'],
    ['0e 00', 'proto: illegal wireType 6'],
    ['12 ff ff ff ff ff ff ff ff ff 01', 'proto: negative length found during unmarshaling'],
    ['0b', 'unexpected EOF'],
    ['0b'.repeat(5000), 'proto: groups nested too deep'],
  ])('refuses %s', (hex, error) => {
    expect(readProtobuf(bytes(hex))).toMatchObject({ error });
  });

  test('keeps what it read before the field that it cannot read', () => {
    expect(readProtobuf(bytes('0801 1205 61'))).toEqual({
      error: 'unexpected EOF',
      fields: [{ number: 1, wire: 'varint', value: { low: 1, high: 0 } }],
      number: 2,
      wireType: 2,
    });
  });

  test('takes any octets and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const read = readProtobuf(Buffer.from(octets));
        expect('error' in read || read.length <= octets.length).toBe(true);
        readPackedVarints(Buffer.from(octets));
      }),
    );
  });

  test('reads back what the writer wrote', () => {
    const field = fc.record({
      number: fc.integer({ min: 1, max: 2 ** 29 - 1 }),
      value: fc.oneof(
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.uint8Array().map((octets) => Buffer.from(octets)),
      ),
    });
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const writer = new ProtobufWriter();
        for (const { number, value } of fields) {
          if (Buffer.isBuffer(value)) writer.bytes(number, value);
          else writer.varint(number, value);
        }
        const read = readProtobuf(writer.finish());
        if ('error' in read) throw new Error(read.error);
        const back = read.map(({ number, ...rest }) => ({
          number,
          value: rest.wire === 'varint' ? asInt64(rest.value) : rest.value,
        }));
        expect(back).toEqual(
          fields.map(({ number, value }) => ({
            number,
            value: typeof value === 'boolean' ? Number(value) : value,
          })),
        );
      }),
    );
  });

  test('takes negative numbers for what they are', () => {
    const [value] = readPackedVarints(bytes('feffffffffffffffff01')) as Varint[];
    expect(value === undefined ? null : [asInt32(value), asInt64(value)]).toEqual([-2, -2]);
    expect(new ProtobufWriter().varint(1, -2).finish()).toEqual(bytes('08feffffffffffffffff01'));
  });

  test('reads packed numbers', () => {
    expect(readPackedVarints(bytes('01 ac 02'))).toEqual([
      { low: 1, high: 0 },
      { low: 300, high: 0 },
    ]);
    expect(readPackedVarints(bytes('01 ac'))).toEqual({ error: 'unexpected EOF' });
  });
});

test('the protobuf writer nests messages, and writes texts and doubles', () => {
  const inner = new ProtobufWriter().bytes(1, 'ä').double(2, 1);
  expect(new ProtobufWriter().bytes(3, inner).finish().toString('hex')).toBe(
    '1a0d0a02c3a411000000000000f03f',
  );
});
