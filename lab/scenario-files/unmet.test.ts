import { describe, expect, test } from '@jest/globals';
import type { Cell } from '../../report/outcome';
import { flipped } from './flipped.test.fixtures';
import type { Condition } from './scenario-file';
import { type RunFacts, unmet } from './unmet';

const cell: Cell = {
  path: 'logs',
  defence: 'none',
  technique: 'self-signed',
  verdict: 'impersonated',
  works: true,
  read: { up: null, down: false },
  forged: true,
  tampered: null,
  clientCertificateShown: true,
  credential: null,
  tls: { version: 'TLSv1.3', alert: null },
  clientSaw: 'forged-1\nforged-2',
  reason: 'because',
  evidence: { lootQuote: null, connections: 1, genuineAnswers: [] },
};
const facts: RunFacts = { outcome: 'open', steps: [{ saw: 'x509: unknown authority' }], cells: [cell] };

describe('what is not as expected', () => {
  const everything: Condition = {
    outcome: 'open',
    saw: ['x509: ', '/UNKNOWN/i'],
    paths: [
      {
        path: 'logs',
        verdict: 'impersonated',
        readDown: false,
        forged: true,
        clientCertificateShown: true,
        credential: 'none',
        clientSaw: '/^forged-1.forged-[0-9]$/',
      },
    ],
  };

  test('is nothing when all of it holds', () => {
    expect(unmet(everything, facts)).toEqual([]);
    expect(unmet({}, facts)).toEqual([]);
  });

  test('is each single part that is turned round', () => {
    const flips = flipped(everything);
    expect(flips.map(({ what }) => what)).toHaveLength(9);
    expect(flips.filter(({ condition }) => unmet(condition, facts).length !== 1)).toEqual([]);
  });

  test.each<[Condition, string[]]>([
    [{ outcome: 'closed' }, ['outcome: expected closed, and it was open']],
    [{ saw: ['hello'] }, ['saw: nobody was shown "hello"']],
    [{ paths: [{ path: 'exec', verdict: 'refused' }] }, ['exec: expected, and it was not run']],
    [
      { paths: [{ path: 'logs', verdict: 'refused', forged: false }] },
      [
        'logs: verdict: expected "refused", and it was "impersonated"',
        'logs: forged: expected false, and it was true',
      ],
    ],
    [{ paths: [{ path: 'logs', readUp: false }] }, ['logs: readUp: expected false, and it was null']],
    [
      { paths: [{ path: 'logs', alert: 'bad_certificate' }] },
      ['logs: alert: expected "bad_certificate", and it was null'],
    ],
  ])('is said with what was seen instead: %j', (condition, expected) => {
    expect(unmet(condition, facts)).toEqual(expected);
  });
});
