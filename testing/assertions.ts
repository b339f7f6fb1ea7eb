import { AssertionError } from 'node:assert';
import { type Expectation, holds, type InterceptedOptions, intercepted, outcomeIn } from './expectations';
import { failureMessage } from './failure-message';

/** For node:test and every other runner: each returns, or throws an AssertionError that tells the story. */

export function assertRefused(outcome: unknown): void {
  assert({ kind: 'refused' }, outcome, assertRefused);
}

export function assertSealed(outcome: unknown): void {
  assert({ kind: 'sealed' }, outcome, assertSealed);
}

export function assertIntercepted(outcome: unknown, options: InterceptedOptions = {}): void {
  assert(intercepted(options), outcome, assertIntercepted);
}

/** Of a whole configuration: `assertStaysClosed(await lab.everyPath())`. */
export function assertStaysClosed(outcome: unknown): void {
  assert({ kind: 'closed' }, outcome, assertStaysClosed);
}

function assert(expectation: Expectation, given: unknown, stackStartFn: (outcome: unknown) => void): void {
  const outcome = outcomeIn(given);
  const held = holds(expectation, outcome);
  if (held === 'held') return;
  throw new AssertionError({
    message: failureMessage(expectation, outcome, { couldNotTell: held === 'could-not-tell' }),
    actual: outcome.cells.map(({ path, technique, verdict }) => `${path} / ${technique}: ${verdict}`),
    expected: expectation,
    operator: stackStartFn.name,
    stackStartFn,
  });
}
