import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  exactField,
  matchesFields,
  matchesLabels,
  matchesPairs,
  parseFieldSelector,
  parseLabelSelector,
} from './selectors';

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front', weight: '12', 'example.com/flag': '' };

  test.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app!=web', false],
    ['app=api', false],
    ['absent!=web', true],
    ['absent=', false],
    ['example.com/flag=', true],
    ['app in (api, web)', true],
    ['app notin (api,web)', false],
    ['absent notin (api)', true],
    ['app', true],
    ['!app', false],
    ['!absent', true],
    ['app=web,tier=front', true],
    ['app=web,tier=back', false],
    ['app in (web),!absent,tier', true],
    ['weight>10', true],
    ['weight<10', false],
    ['app>1', false],
    ['inside=1', false],
    ['notinside', false],
  ])('%j matches: %s', (text, expected) => {
    const selector = parseLabelSelector(text);
    if (selector.kind === 'selector-error') throw new Error(selector.text);
    expect(matchesLabels(selector, labels)).toBe(expected);
  });

  test.each(['=web', 'app=web,', 'app in web', 'app in (a', 'app web', 'a/b/c=d', 'weight>x', 'app=-', '&'])(
    '%j is refused with a text',
    (text) => {
      expect(parseLabelSelector(text)).toEqual({ kind: 'selector-error', text: expect.any(String) });
    },
  );

  test('parsing any text ends in a selector or a text, never in a crash', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseLabelSelector(text);
        return parsed.kind === 'selector-error' || matchesLabels(parsed, labels) !== undefined;
      }),
    );
  });
});

describe('a field selector', () => {
  const fields: Record<string, string> = { 'metadata.name': 'web', 'spec.nodeName': 'node-1', empty: '' };

  test.each([
    ['', true],
    ['metadata.name=web', true],
    ['metadata.name==web', true],
    ['metadata.name!=web', false],
    ['metadata.name=web,spec.nodeName=node-1', true],
    ['metadata.name=web,spec.nodeName=node-2', false],
    ['empty=', true],
    ['metadata.name!=a\\,b', true],
  ])('%j matches: %s', (text, expected) => {
    const selector = parseFieldSelector(text);
    if (selector.kind === 'selector-error') throw new Error(selector.text);
    expect(matchesFields(selector, (field) => fields[field] ?? '')).toBe(expected);
  });

  test('escapes are undone', () => {
    const selector = parseFieldSelector('reason=a\\,b\\=c\\\\d');
    expect(selector).toEqual({
      kind: 'field-selector',
      terms: [{ field: 'reason', equal: true, value: 'a,b=c\\d' }],
    });
  });

  test('what is no term is named', () => {
    expect(parseFieldSelector('metadata.name')).toEqual({
      kind: 'selector-error',
      text: "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    });
  });

  test.each([
    ['metadata.name=web', 'web'],
    ['metadata.name!=web', null],
    ['spec.nodeName=n', null],
  ])('%j pins the name to %j', (text, expected) => {
    const selector = parseFieldSelector(text);
    if (selector.kind === 'selector-error') throw new Error(selector.text);
    expect(exactField(selector, 'metadata.name')).toBe(expected);
  });
});

test("a service's selector wants every pair", () => {
  expect(matchesPairs({ app: 'web' }, { app: 'web', tier: 'x' })).toBe(true);
  expect(matchesPairs({ app: 'web', tier: 'y' }, { app: 'web', tier: 'x' })).toBe(false);
  expect(matchesPairs({ app: 'web' }, undefined)).toBe(false);
});
