import { AssertionError } from 'node:assert';
import { describe, expect, test } from '@jest/globals';
import { assertIntercepted, assertRefused, assertSealed, assertStaysClosed } from './assertions';
import { failureMessage } from './failure-message';
import { brokenCell, impersonatedCell, outcomeOf, refusedCell, sealedCell } from './outcome-sample.test.data';

const open = outcomeOf([sealedCell(), impersonatedCell()]);
const shut = outcomeOf([sealedCell(), refusedCell()], 'kubelet-ca');

describe('the assertions', () => {
  test('return for what was so', () => {
    assertRefused(shut);
    assertSealed(shut);
    assertStaysClosed(shut);
    assertIntercepted(open);
    assertIntercepted(open, { as: 'impersonated' });
  });

  test.each([
    ['assertRefused', () => assertRefused(open), failureMessage({ kind: 'refused' }, open)],
    ['assertSealed', () => assertSealed(open), failureMessage({ kind: 'sealed' }, open)],
    ['assertStaysClosed', () => assertStaysClosed(open), failureMessage({ kind: 'closed' }, open)],
    ['assertIntercepted', () => assertIntercepted(shut), failureMessage({ kind: 'intercepted' }, shut)],
  ])('%s throws the story of what was not so', (operator, fails, message) => {
    let thrown: unknown;
    try {
      fails();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AssertionError);
    expect(thrown).toMatchObject({ operator, message, code: 'ERR_ASSERTION' });
  });

  test('throw where the path is broken', () => {
    expect(() => assertStaysClosed(outcomeOf([brokenCell()]))).toThrow('that could not be told');
  });

  test('say that a promise was not awaited', () => {
    expect(() => assertRefused(Promise.resolve(shut))).toThrow(
      'is a promise, and not the outcome of an attack',
    );
  });
});
