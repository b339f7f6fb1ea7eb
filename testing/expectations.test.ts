import { describe, expect, test } from '@jest/globals';
import type { Cell } from '../report/outcome';
import { type Expectation, type Held, holds, intercepted, outcomeIn } from './expectations';
import {
  brokenCell,
  cellOf,
  impersonatedCell,
  outcomeOf,
  refusedCell,
  sealedCell,
} from './outcome-sample.test.data';

const refused: Expectation = { kind: 'refused' };
const sealed: Expectation = { kind: 'sealed' };
const closed: Expectation = { kind: 'closed' };
const open: Expectation = { kind: 'intercepted' };

const nothingToTry = cellOf('not-applicable', 'self-signed');
const denied = cellOf('denied', 'relay');

describe('what may be expected of an outcome', () => {
  test.each<[what: string, expectation: Expectation, cells: Cell[], held: Held]>([
    ['a refusal is one', refused, [refusedCell()], 'held'],
    ['a refusal beside a tap that saw ciphertext', refused, [sealedCell(), refusedCell()], 'held'],
    ['ciphertext alone refuses nobody', refused, [sealedCell()], 'not-held'],
    ['an impostor that one client believed', refused, [refusedCell(), impersonatedCell()], 'not-held'],
    ['the endpoint, and not the client, refused', refused, [refusedCell(), denied], 'not-held'],
    ['ciphertext is sealed', sealed, [sealedCell(), refusedCell()], 'held'],
    ['what nobody tapped', sealed, [refusedCell()], 'not-held'],
    ['a tap that saw ciphertext beside an impostor', sealed, [sealedCell(), impersonatedCell()], 'not-held'],
    ['nothing gained', closed, [sealedCell(), refusedCell(), denied], 'held'],
    ['one technique gained', closed, [sealedCell(), impersonatedCell()], 'not-held'],
    ['one technique gained', open, [sealedCell(), impersonatedCell()], 'held'],
    ['no technique gained', open, [sealedCell(), refusedCell()], 'not-held'],
    ['another verdict', intercepted({ as: 'relayed' }), [impersonatedCell()], 'not-held'],
    ['the verdict', intercepted({ as: 'impersonated' }), [impersonatedCell()], 'held'],
    [
      'the verdict beside a worse one',
      intercepted({ as: 'impersonated' }),
      [impersonatedCell(), cellOf('relayed', 'relay')],
      'held',
    ],
    ['what is proved outweighs what is broken', open, [brokenCell(), impersonatedCell()], 'held'],
    ['a broken path', refused, [brokenCell(), refusedCell()], 'could-not-tell'],
    ['a broken path', closed, [brokenCell()], 'could-not-tell'],
    ['a broken path', open, [brokenCell()], 'could-not-tell'],
    ['nothing to try', closed, [nothingToTry], 'could-not-tell'],
    ['nothing at all', closed, [], 'could-not-tell'],
  ])('%s: %j', (_, expectation, cells, held) => {
    expect(holds(expectation, outcomeOf(cells))).toBe(held);
  });

  test('a verdict in which nothing is intercepted is refused, and so is one that there is not', () => {
    expect(() => intercepted({ as: 'refused' })).toThrow(
      'nothing is intercepted where the verdict is "refused"',
    );
    expect(() => intercepted({ as: 'impersonate' as 'impersonated' })).toThrow(
      'unknown verdict "impersonate"',
    );
  });

  test('what is no outcome is named', async () => {
    expect(() => outcomeIn(Promise.reject(new Error('never awaited')))).toThrow(
      'is a promise, and not the outcome',
    );
    expect(() => outcomeIn(null)).toThrow('is null, and not the outcome');
    expect(() => outcomeIn('logs')).toThrow(
      /is of type string, and not the outcome.*\nhint: give it what the lab returns/,
    );
    expect(() => outcomeIn({ path: () => null, everyPath: () => null })).toThrow('is a lab, and not');
  });
});
