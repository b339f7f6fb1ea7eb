import { isIP } from 'node:net';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ipText, parseIp, unmapped } from './ip-address';

test.each([
  ['10.0.0.11', '0a00000b'],
  ['255.255.255.255', 'ffffffff'],
  ['::', '0'.repeat(32)],
  ['::1', `${'0'.repeat(31)}1`],
  ['fd00:0:0::1', 'fd000000000000000000000000000001'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['::ffff:10.0.0.11', '00000000000000000000ffff0a00000b'],
  ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
])('reads %s', (text, hex) => {
  expect(parseIp(text)?.toString('hex')).toBe(hex);
});

test.each([
  '',
  '10.0.0',
  '10.0.0.011',
  '10.0.0.256',
  '1.2.3.4.5',
  '10.0.0.',
  '0x0a.0.0.1',
  ' 10.0.0.1',
  ':',
  ':::',
  '1::2::3',
  'fe80::1%eth0',
  '[::1]',
  '12345::',
  'g::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '1.2.3.4::',
  '1:2:3:4:5:6:7:1.2.3.4',
  '::1.2.3',
  ':1::',
])('does not read %j', (text) => {
  expect(parseIp(text)).toBeNull();
});

test.each([
  ['0a00000b', '10.0.0.11'],
  ['00000000000000000000ffff0a00000b', '10.0.0.11'],
  ['0'.repeat(32), '::'],
  [`${'0'.repeat(31)}1`, '::1'],
  ['fd000000000000000000000000000001', 'fd00::1'],
  ['00010000000300040005000600070008', '1:0:3:4:5:6:7:8'],
  ['00010000000000040000000000000008', '1:0:0:4::8'],
  ['00010000000000040005000000000008', '1::4:5:0:0:8'],
])('writes %s as %s', (hex, text) => {
  expect(ipText(Buffer.from(hex, 'hex'))).toBe(text);
});

test('what is written is read back as the same address', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
      const ip = Buffer.from(octets);
      expect(parseIp(ipText(ip))?.equals(unmapped(ip))).toBe(true);
    }),
  );
});

test('agrees with Node about which texts are addresses, zones apart', () => {
  const letters = fc.string({
    unit: fc.constantFrom('0', '1', 'f', '25', ':', '::', '.', 'g'),
    maxLength: 12,
  });
  fc.assert(
    fc.property(letters, (text) => {
      expect({ text, isAddress: parseIp(text) !== null }).toEqual({ text, isAddress: isIP(text) !== 0 });
    }),
    { numRuns: 500 },
  );
});
