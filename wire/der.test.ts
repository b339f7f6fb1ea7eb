import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bitIsSet, DerReader, rightAligned, tags } from './der';

const reader = (hex: string) => new DerReader(Buffer.from(hex, 'hex'));

describe('DerReader', () => {
  test('walks over elements and hands out their parts', () => {
    const both = reader('0201050403616263');
    expect(both.readAny()).toEqual({
      tag: 2,
      content: Buffer.from([5]),
      whole: Buffer.from('020105', 'hex'),
    });
    expect(both.peek(tags.octetString)).toBe(true);
    expect(both.read(tags.octetString)?.toString()).toBe('abc');
    expect(both.empty).toBe(true);
    expect(both.readAny()).toBeNull();
  });

  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['content cut off', '300201'],
    ['a long tag', '1f2000'],
    ['an indefinite length', '30800000'],
    ['a long length for a short content', '308101ff'],
    ['a length with a leading zero', `30820080${'00'.repeat(128)}`],
    ['a length of five octets', '30850000000001ff'],
    ['a length cut off', '3082ff'],
    ['a length beyond the end', '3084ffffffff00'],
  ])('reads nothing from %s', (_, hex) => {
    expect(reader(hex).readAny()).toBeNull();
  });

  test('reads a long length in its shortest form', () => {
    expect(reader(`308180${'00'.repeat(128)}`).read(tags.sequence)?.length).toBe(128);
  });

  test('leaves the position alone when the tag is another one', () => {
    const integer = reader('020105');
    expect(integer.read(tags.octetString)).toBeNull();
    expect(integer.readOptional(tags.octetString)).toBe('absent');
    expect(integer.readInteger()).toBe(5n);
  });

  test.each([
    ['0101ff', true],
    ['010100', false],
    ['010101', null],
    ['0100', null],
  ])('reads BOOLEAN %s as %s', (hex, value) => {
    expect(reader(hex).readBoolean()).toBe(value);
  });

  test.each([
    ['020100', 0n],
    ['02017f', 127n],
    ['02020080', 128n],
    ['020180', -128n],
    ['0202ff7f', -129n],
    ['0200', null],
    ['02020001', null],
    ['0202ff80', null],
  ])('reads INTEGER %s as %s', (hex, value) => {
    expect(reader(hex).readInteger()).toBe(value);
  });

  test('refuses a small integer of more than 64 bits', () => {
    expect(reader('0208ffffffffffffffff').readSmallInteger()).toBeNull();
    expect(reader('02087fffffffffffffff').readSmallInteger()).toBe(2 ** 63);
    expect(reader('0209008000000000000000').readSmallInteger()).toBeNull();
  });

  test.each([
    ['06032a0304', '1.2.3.4'],
    ['0603551d11', '2.5.29.17'],
    ['0602883 7'.replace(' ', ''), '2.999'],
    ['06082a8648ce3d030107', '1.2.840.10045.3.1.7'],
    ['06062a87ffffff7f', '1.2.2147483647'],
    ['06062a88ffffff7f', null],
    ['06042a800101', null],
    ['06022a81', null],
    ['0600', null],
  ])('reads OBJECT IDENTIFIER %s as %s', (hex, dotted) => {
    expect(reader(hex).readOid()).toBe(dotted);
  });

  test.each([
    ['0300', null],
    ['030100', { bytes: '', unusedBits: 0 }],
    ['030101', null],
    ['030204f0', { bytes: 'f0', unusedBits: 4 }],
    ['030204f8', null],
    ['03020800', null],
  ])('reads BIT STRING %s', (hex, value) => {
    const bits = reader(hex).readBitString();
    expect(bits && { bytes: bits.bytes.toString('hex'), unusedBits: bits.unusedBits }).toEqual(value);
  });

  test('never throws and always comes to an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        const elements = new DerReader(Buffer.from(octets));
        let steps = 0;
        while (elements.readAny() !== null) steps += 1;
        expect(steps).toBeLessThanOrEqual(32);
      }),
    );
  });
});

describe('bit strings', () => {
  test('are moved to the right over their unused bits', () => {
    expect(rightAligned({ bytes: Buffer.from('abf0', 'hex'), unusedBits: 4 }).toString('hex')).toBe('0abf');
    expect(rightAligned({ bytes: Buffer.from('abcd', 'hex'), unusedBits: 0 }).toString('hex')).toBe('abcd');
  });

  test('number their bits from the left', () => {
    const bits = { bytes: Buffer.from([0x84, 0x80]), unusedBits: 7 };
    expect([0, 1, 5, 8, 9, 40].map((bit) => bitIsSet(bits, bit))).toEqual([
      true,
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});
