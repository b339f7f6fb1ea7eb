import { describe, expect, test } from '@jest/globals';
import type { GivenOutcome, JudgedSetting } from './given-outcome';
import { givenSections } from './given-sections';
import { markdown } from './marked-text';

const row = (name: string, rest: Partial<JudgedSetting>): JudgedSetting => ({
  component: 'kubelet',
  name,
  value: null,
  class: 'used',
  why: 'why',
  at: null,
  ...rest,
});
const at = { file: 'f.yaml', line: 3, column: 5 };

function told(outcome: Partial<GivenOutcome>): Record<string, string[]> {
  const whole = { settings: [], assumptions: [], closings: [], stays: [], ...outcome };
  return Object.fromEntries(givenSections(whole).map(({ title, lines }) => [title, lines.map(markdown)]));
}

describe('what is said of given settings', () => {
  test('a setting with its value and place; those without influence by their reason', () => {
    const settings = [
      row('readOnlyPort', { value: '0', at }),
      row('--anonymous-auth', { value: 'false' }),
      row('--max', { class: 'no-influence', why: 'small' }),
      row('--min', { class: 'no-influence', why: 'small' }),
    ];
    expect(Object.values(told({ settings }))).toEqual([
      ['kubelet: `readOnlyPort: 0` why, f.yaml:3:5', 'kubelet: `--anonymous-auth=false` why'],
      ['kubelet: small: `--max` and `--min`.'],
    ]);
  });

  test('what each setting that was tried came to, and what none closes', () => {
    const closings = [
      { id: 'a', setting: '--a', at, closes: ['logs', 'exec'], lessens: [], mends: [], leaves: ['attach'] },
      {
        id: 'b',
        setting: '--b',
        closes: [],
        lessens: [{ path: 'logs', from: 'relayed', to: 'impersonated' }],
        mends: ['exec'],
        leaves: [],
      },
      { id: 'c', setting: '--c', closes: [], lessens: [], mends: [], leaves: ['attach', 'logs'] },
    ] as const;
    expect(told({ closings, stays: ['attach'] })['What would close it']).toEqual([
      '`--a` (f.yaml:3:5) closes `logs` and `exec`; 1 path stays as it is.',
      '`--b` makes `exec` work, and closed; turns `logs` from relayed to impersonated.',
      '`--c` closes nothing more; 2 paths stay as they are.',
      'None of the settings that were tried closes `attach`.',
      'Each was run: the same attacks on what stood open or failed, in a lab with that setting more.',
    ]);
  });

  test('that nothing was left to try is said too', () => {
    expect(told({ stays: ['logs'] })['What would close it']).toEqual([
      'Every setting that midplane check could try is in force already, and none closes `logs`.',
    ]);
  });

  test('nothing is said of nothing', () => {
    expect(told({})).toEqual({});
  });
});
