import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextPemBlock, pemBlocks } from './pem';

const block = (label: string, body: string) => `-----BEGIN ${label}-----\n${body}-----END ${label}-----\n`;
const seen = (text: string) => pemBlocks(text).map(({ label, der }) => `${label} ${der.toString('latin1')}`);

describe('pemBlocks', () => {
  test('finds the blocks of a file in order, with text around them', () => {
    const text = `subject: a\n${block('CERTIFICATE', 'YWJj\nZGVm\n')}\nissuer\n${block('EC PRIVATE KEY', 'eA==\n')}end`;
    expect(seen(text)).toEqual(['CERTIFICATE abcdef', 'EC PRIVATE KEY x']);
  });

  test('keeps the headers of a block', () => {
    const [found] = pemBlocks(block('KEY', 'Proc-Type: 4,ENCRYPTED\nDEK-Info:  AES \n\nYWJj\n'));
    expect([...(found?.headers ?? [])]).toEqual([
      ['Proc-Type', '4,ENCRYPTED'],
      ['DEK-Info', 'AES'],
    ]);
    expect(found?.der.toString()).toBe('abc');
  });

  test.each([
    ['carriage returns', block('A', 'YWJj\n').replaceAll('\n', '\r\n'), ['A abc']],
    ['blanks at line ends', block('A', 'YWJj\n').replaceAll('\n', ' \t\n'), ['A abc']],
    ['blanks in the body', block('A', 'YW Jj\n'), ['A abc']],
    ['no newline at the end', block('A', 'YWJj\n').trimEnd(), ['A abc']],
    ['an empty body', block('A', ''), ['A ']],
    ['two BEGINs', `-----BEGIN A-----\n${block('A', 'YWJj\n')}`, ['A abc']],
    ['another label at the end', block('A', 'YWJj\n').replace('END A', 'END B'), []],
    ['a broken block before a good one', block('A', 'YWJ\n') + block('B', 'YWJj\n'), ['B abc']],
    ['text before BEGIN on its line', `x${block('A', 'YWJj\n')}`, []],
    ['text after END on its line', block('A', 'YWJj\n').replace(/\n$/, ' x\n'), []],
    ['dashes missing at the end', block('A', 'YWJj\n').replace('END A-----', 'END A----'), []],
    ['dashes missing at the begin', block('A', 'YWJj\n').replace('BEGIN A-----', 'BEGIN A----'), []],
    ['a foreign character', block('A', 'YW*j\n'), []],
    ['padding in the middle', block('A', 'YW==YWJj\n'), []],
    ['too much padding', block('A', 'Y===\n'), []],
    ['headers only', block('A', 'a: b\n'), []],
    ['no end', '-----BEGIN A-----\nYWJj\n', []],
    ['nothing', '', []],
  ])('treats %s as Go does', (_, text, expected) => {
    expect(seen(text)).toEqual(expected);
  });

  test('says where the next block may begin', () => {
    const text = `${block('A', 'YWJj\n')}rest`;
    expect(text.slice(nextPemBlock(text, 0)?.next)).toBe('rest');
  });

  test('comes to an answer for any text, and gives back what was put in', () => {
    const part = fc.oneof(
      fc.constantFrom('-----BEGIN ', '-----END ', '-----', '\n', 'A', ': ', 'YWJj'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(part), fc.uint8Array(), (parts, octets) => {
        const before = parts.join('');
        const base64 = Buffer.from(octets).toString('base64');
        const found = pemBlocks(`${before}\n${block('WANTED', base64 === '' ? '' : `${base64}\n`)}`);
        expect(found.at(-1)?.der.equals(octets)).toBe(true);
      }),
    );
  });
});
