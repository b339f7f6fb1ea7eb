import { describe, expect, test } from '@jest/globals';
import { domainNameValid, parseMailbox } from './general-name';

describe('domainNameValid', () => {
  test.each([
    ['', true, true],
    ['node-1', true, true],
    ['*.a_b.example', true, true],
    ['.example', false, true],
    ['..example', false, false],
    ['.', false, false],
    ['example.', false, false],
    ['a..b', false, false],
    ['a b', false, false],
    ['ä', false, false],
  ])('%j: as a name %s, as a constraint %s', (name, asName, asConstraint) => {
    expect(domainNameValid(name, false)).toBe(asName);
    expect(domainNameValid(name, true)).toBe(asConstraint);
  });
});

describe('parseMailbox', () => {
  test.each([
    ['me@mail.example', 'me', 'mail.example'],
    ["a.b!#$%&'*+-/=?^_`{|}~@x", "a.b!#$%&'*+-/=?^_`{|}~", 'x'],
    ['"q r"@x', 'q r', 'x'],
    ['"q\\"r"@x', 'q"r', 'x'],
    ['q\\ r@x', 'q r', 'x'],
    ['me@', 'me', ''],
    ['a@b@c', 'a', 'b@c'],
  ])('reads %j', (text, local, domain) => {
    expect(parseMailbox(text)).toEqual({ local, domain });
  });

  test.each([
    '',
    '@x',
    'me',
    'a b@x',
    '.a@x',
    'a.@x',
    'a..b@x',
    '"a@x',
    '"a"b@x',
    'a\\',
    'a@b..c',
    'a@b c',
    '"\n"@x',
    '"\\\r"@x',
    '"\t"@x',
  ])('does not read %j', (text) => {
    expect(parseMailbox(text)).toBeNull();
  });
});
