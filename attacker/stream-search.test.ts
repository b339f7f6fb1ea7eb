import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Pattern } from './pattern';
import { LONGEST_MATCH_BYTES, StreamSearch } from './stream-search';

function search(pattern: string): StreamSearch {
  const read = Pattern.read(pattern);
  if (!(read instanceof Pattern)) throw new Error(read.text);
  return new StreamSearch(read);
}

/** The text with every match in angle brackets. */
function marked(pattern: string, pieces: readonly (string | Buffer)[]): string {
  const looking = search(pattern);
  const found = [...pieces.flatMap((piece) => looking.push(Buffer.from(piece))), ...looking.release()];
  return found
    .map(({ kind, bytes }) => (kind === 'match' ? `<${bytes.toString()}>` : bytes.toString()))
    .join('');
}

describe('what a rule looks for', () => {
  test.each([
    ['abc', 'xabcx abc', 'x<abc>x <abc>'],
    ['a.c', 'abc a.c', 'abc <a.c>'],
    ['/a.c/', 'abc a.c a\nc', '<abc> <a.c> a\nc'],
    ['/error/i', 'Error ERROR', '<Error> <ERROR>'],
    ['/[0-9]{3}/', '12 1234', '12 <123>4'],
    ['/a{2,3}b?/', 'a aab aaaa', 'a <aab> <aaa>a'],
    ['/a{2,}/', 'a aa aaaaa', 'a <aa> <aaaaa>'],
    ['/cat|category/', 'category', '<category>'],
    ['/(?:foo|bar)+/', 'xfoobarx', 'x<foobar>x'],
    ['/^b/', 'bb\nb', '<b>b\n<b>'],
    ['/b$/', 'bb\nb\r\nbx b', 'b<b>\n<b>\r\nbx <b>'],
    ['/[^a-y]/', 'az\u00e9', 'a<z><\u00e9>'],
    ['/[]x]/', ']x', '<]><x>'],
    ['/[\\d-]+/', 'a1-2', 'a<1-2>'],
    ['/\\x41\\e\\$/', 'A\u001b$', '<A\u001b$>'],
    ['/gr\u00fc\u00df./', 'gr\u00fc\u00df\u{1f600}!', '<gr\u00fc\u00df\u{1f600}>!'],
    ['/\\w+@\\S+/', 'to a_b@c.d now', 'to <a_b@c.d> now'],
    ['/aab/', 'aaab', 'a<aab>'],
    ['/[a-c][A-C]/i', 'aB Cc', '<aB> <Cc>'],
  ])('%s in %j is %j', (pattern, text, expected) => {
    expect(marked(pattern, [text])).toBe(expected);
    expect(
      marked(
        pattern,
        [...Buffer.from(text)].map((byte) => Buffer.from([byte])),
      ),
    ).toBe(Buffer.from(expected).toString());
  });

  test.each([
    ['', 'is empty'],
    ['//', 'matches nothing at all, and so everywhere'],
    ['/a*/', 'matches nothing at all, and so everywhere'],
    ['/var/log', 'has the flag "log": only i is known (a path is written /\\/var\\/log/)'],
    ['/(a/', 'lacks a )'],
    ['/a)/', 'has a ) too many'],
    ['/[a/', 'lacks a ]'],
    ['/*a/', 'has a * behind nothing (write \\* for the character)'],
    ['/a+?/', 'has "?" behind a quantifier: the longest match is taken, always'],
    ['/(?=a)/', 'has a group that begins with (?: only (?:…) is known'],
    ['/\\b/', 'has \\b: known are \\d \\w \\s \\D \\W \\S \\n \\r \\t \\e \\xHH and signs'],
    ['/\\1/', 'has \\1: known are \\d \\w \\s \\D \\W \\S \\n \\r \\t \\e \\xHH and signs'],
    ['/\\xg/', 'has \\x without two hexadecimal digits'],
    ['/a$b/', 'has a $ that is not at its end (write \\$ for a dollar)'],
    ['/a^/', 'has a ^ that is not at its beginning (write \\^ for the character)'],
    ['/[b-a]/', 'has a range in [] that leads nowhere'],
    ['/[\u00e9]/', 'has "\u00e9" in []: only ASCII goes there, write (?:…|…)'],
    ['/a{3,2}/', 'has {3,2}: at most 255 times, the smaller number first'],
    ['/((a{99}){99}){99}/', 'is larger than 10000 steps'],
  ])('%j cannot be looked for: it %s', (pattern, text) => {
    expect(Pattern.read(pattern)).toEqual({ kind: 'malformed', text });
  });

  test('finds what JavaScript finds, however it is cut into pieces', () => {
    const patterns = ['ab', '/a+b/', '/[ab]c?/', '/b{2}/', '/^a/', '/(?:ab|c)+/', '/a.b/', '/\\s\\S/'];
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n', ' '), maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(...patterns), fc.array(text, { maxLength: 8 }), (pattern, pieces) => {
        const source = pattern.startsWith('/') ? pattern.slice(1, -1) : pattern;
        const expected = pieces.join('').replace(new RegExp(source, 'gm'), '<$&>');
        expect(marked(pattern, pieces)).toBe(expected);
      }),
    );
  });

  test('holds back no more than a match may have, and nothing when it is released', () => {
    const looking = search('/a.*z/');
    const passed = looking.push(Buffer.from(`a${'b'.repeat(5000)}`));
    const length = passed.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(5001 - length).toBeLessThan(LONGEST_MATCH_BYTES);
    expect(search('password').push(Buffer.from('pass'))).toEqual([]);
    const held = search('password');
    held.push(Buffer.from('pass'));
    expect(held.release()).toEqual([{ kind: 'plain', bytes: Buffer.from('pass') }]);
  });

  test('is not slowed down by what a victim sends', () => {
    const began = performance.now();
    marked('/(a*)*b/', ['a'.repeat(20_000)]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
