import { describe, expect, test } from '@jest/globals';
import { requirementsOf, selectorText } from './label-selector';
import { matchesLabels } from './selectors';

describe('a label selector of an object', () => {
  test.each([
    [{ matchLabels: { app: 'web' } }, 'app=web'],
    [{ matchLabels: { tier: 'front', app: 'web' } }, 'app=web,tier=front'],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['b', 'a'] }] }, 'app in (a,b)'],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }] }, 'app in (a)'],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['a'] }] }, 'app notin (a)'],
    [{ matchExpressions: [{ key: 'app', operator: 'Exists' }] }, 'app'],
    [{ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, '!app'],
    [{}, ''],
    [undefined, ''],
  ])('%j is written %s', (selector, expected) => {
    expect(selectorText(selector)).toBe(expected);
  });

  test('needs all of its parts', () => {
    const selector = requirementsOf({
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }],
    });
    expect(selector).not.toBeNull();
    if (selector === null) return;
    expect(matchesLabels(selector, { app: 'web', tier: 'front' })).toBe(true);
    expect(matchesLabels(selector, { app: 'web' })).toBe(true);
    expect(matchesLabels(selector, { app: 'web', tier: 'back' })).toBe(false);
    expect(matchesLabels(selector, { tier: 'front' })).toBe(false);
  });

  test('is nothing when it is missing or cannot be understood, and everything when it is empty', () => {
    expect(requirementsOf(undefined)).toBeNull();
    expect(requirementsOf({ matchExpressions: [{ key: 'app', operator: 'Has' }] })).toBeNull();
    expect(requirementsOf({})).toEqual({ kind: 'label-selector', requirements: [] });
  });
});
