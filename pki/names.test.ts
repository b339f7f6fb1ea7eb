import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeName, encodeName, formatName, nameOfSubject } from './names';

describe('encodeName', () => {
  test('writes UTF8Strings, organizations first', () => {
    expect(encodeName({ commonName: 'a@b', organizations: ['o'] }).toString('hex')).toBe(
      '301a310a3008060355040a0c016f310c300a06035504030c03614062',
    );
  });

  test('round-trips any text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 3 }), (commonName, organizations) => {
        expect(decodeName(encodeName({ commonName, organizations }))).toEqual([
          ...organizations.map((value) => [{ type: 'O', value }]),
          [{ type: 'CN', value: commonName }],
        ]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('formatName', () => {
  test.each([
    ['system:node:node-1', 'CN=system:node:node-1'],
    ['a, b', 'CN=a\\, b'],
    ['#x', 'CN=\\#x'],
    [' x ', 'CN=\\ x\\ '],
    [' ', 'CN=\\ '],
    ['a+b="c"\\;<>', 'CN=a\\+b=\\"c\\"\\\\\\;\\<\\>'],
    ['red \u001b[31m', 'CN=red \\1b[31m'],
    ['line\nbreak\u0085', 'CN=line\\0abreak\\c2\\85'],
    ['', 'CN='],
  ])('writes %j as %s', (commonName, line) => {
    expect(formatName(encodeName({ commonName }))).toBe(line);
  });

  test.each([
    ['several attributes in one set', '30183116300806035504030c017a300a060355040a0c036c6162', 'CN=z+O=lab'],
    ['UTF-16', '300d310b300906035504031e020416', 'CN=Ж'],
    ['UTF-32', '300f310d300b06035504031c0400000416', 'CN=Ж'],
    ['no Unicode at all', '300f310d300b06035504031c0400110000', 'CN=\ufffd'],
    ['T.61', '300d310b3009060355040314024bfc', 'CN=Kü'],
    ['a type without a short name', '300c310a300806035504630c0178', '2.5.4.99=x'],
    ['nothing', '3000', ''],
  ])('reads %s', (_what, hex, line) => {
    expect(formatName(Buffer.from(hex, 'hex'))).toBe(line);
  });
});

test.each(['', '3003', '30030201', '3000', '0400', '30053003020101'])('%j has no subject', (hex) => {
  expect(() => nameOfSubject(Buffer.from(hex, 'hex'))).toThrow(RangeError);
});
