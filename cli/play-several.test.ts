import { describe, expect, test } from '@jest/globals';
import { type ErrorCode, MidplaneError } from '../error';
import type { Scenario } from '../lab/scenarios/scenario';
import type { Played } from '../report/played';
import { sampleScenario } from '../report/scenario-sample.test.data';
import { playSeveral, type Task } from './play-several';
import { exitCodeOfAll } from './report-error';

const terminal = {
  write: () => undefined,
  warn: () => undefined,
  signal: new AbortController().signal,
  colour: false,
  width: null,
  progress: false,
};

/** A scenario that needs no lab. */
function task(id: string, play: Scenario['play'], more: Partial<Task> = {}): Task {
  const scenario: Scenario = { ...sampleScenario.scenario, id, play };
  const wishes = {
    twins: ['fixed'],
    seed: null,
    verbose: false,
    timeLimitMs: null,
    evidence: null,
    record: null,
  } as const;
  return { name: id, scenario, unfit: null, wishes, ...more };
}

const refused: Scenario['play'] = (stage) => stage.refused('thief', 'enters', 'a bruise');
const gained: Scenario['play'] = (stage) => stage.gained('thief', 'enters', 'the silver', 'the silver');
const failing =
  (error: Error): Scenario['play'] =>
  async () => {
    throw error;
  };
const fault = (code: ErrorCode): MidplaneError => new MidplaneError(code, 'no door', { hint: 'build one' });

async function played(...tasks: readonly Task[]): Promise<Played[]> {
  const over: Played[] = [];
  const audience = { begin: () => ({}), over: (_: Task, each: Played) => void over.push(each) };
  await playSeveral(tasks, { parallel: 1, audience }, terminal);
  return over;
}

describe('one of several scenarios', () => {
  test.each<ErrorCode>(['LAB_START_FAILED', 'PLAY_FAILED', 'TIME_LIMIT', 'CONFIG_INVALID'])(
    'whose lab fails with %s is a fault, and ends no other',
    async (code) => {
      expect(await played(task('one', failing(fault(code))), task('two', refused))).toMatchObject([
        {
          kind: 'fault',
          scenario: { id: 'one' },
          fault: { kind: 'LabFault', code, message: 'no door', hint: 'build one' },
        },
        { kind: 'report', report: { scenario: { id: 'two' }, runs: [{ asClaimed: true }] } },
      ]);
    },
  );

  test('that cannot be played where it is to be is not, and says why', async () => {
    const [left, other] = await played(
      task('one', failing(new Error('it was played')), { unfit: 'it has no door' }),
      task('two', refused),
    );
    expect([left, other?.kind]).toEqual([
      { kind: 'not-run', scenario: expect.objectContaining({ id: 'one' }), reason: 'it has no door' },
      'report',
    ]);
  });

  test.each<[string, Error]>([
    ['a bug', new TypeError('door is not a function')],
    ['a disk that cannot be written to', fault('FILE_UNREADABLE')],
  ])('that meets %s ends all', async (_, error) => {
    const others: string[] = [];
    const other = task('two', async (_stage, twin) => void others.push(twin));
    await expect(played(task('one', failing(error)), other)).rejects.toBe(error);
    expect(others).toEqual([]);
  });
});

test.each<[number, readonly Scenario['play'][]]>([
  [0, [refused, refused]],
  [1, [refused, gained]],
  [2, [gained, failing(fault('CONFIG_INVALID'))]],
  [3, [failing(fault('LAB_START_FAILED')), gained]],
  [3, [failing(fault('PLAY_FAILED')), refused]],
  [4, [failing(fault('LAB_START_FAILED')), failing(fault('TIME_LIMIT')), gained]],
])('the exit code is the highest: %d', async (code, plays) => {
  expect(exitCodeOfAll(await played(...plays.map((play, index) => task(`scenario-${index}`, play))))).toBe(
    code,
  );
});
