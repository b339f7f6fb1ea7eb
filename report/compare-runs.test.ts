import { describe, expect, test } from '@jest/globals';
import { type Comparison, compareRuns, matrixRun, recordedRun, reportedRun } from './compare-runs';
import { renderComparison } from './comparison-text';
import { sampleMatrix } from './matrix-sample.test.data';
import type { RecordedLine, Recording } from './recording';
import { sampleRecording } from './recording.test.fixtures';
import type { ScenarioReport, ScenarioRun } from './scenario-outcome';
import { sampleScenario } from './scenario-sample.test.data';

const sample = sampleRecording();

const compared = (a: Recording, b: Recording): Comparison =>
  compareRuns(recordedRun('a', a), recordedRun('b', b));

const withLines = (change: (line: RecordedLine, index: number) => RecordedLine[]): Recording => ({
  ...sample,
  lines: sample.lines.flatMap(change),
});

const withRuns = (change: (runs: readonly ScenarioRun[]) => readonly ScenarioRun[]): Recording => {
  const document = sample.outcome.document as ScenarioReport;
  return {
    ...sample,
    outcome: { ...sample.outcome, document: { ...document, runs: change(document.runs) } },
  };
};

/** `open steps -a +b`, a place each. */
const told = ({ changes }: Comparison): string[] =>
  changes.flatMap(({ twin, kind, name, hunks }) =>
    hunks.map(({ minus, plus }) => `${twin} ${kind} ${name}| -${minus.join('\\')} +${plus.join('\\')}`),
  );

describe('two recordings', () => {
  test('are the same but for their clocks and what they were made with', () => {
    const later = withLines((line) => [{ ...line, at: line.at * 2 + 1 }]);
    const header = {
      ...sample.header,
      made: { at: '2027-01-01T00:00:00Z', node: 'v24.0.0', platform: 'darwin' },
    };
    expect(compared(sample, { ...later, header }).changes).toEqual([]);
  });

  test('differ in an event that only one has', () => {
    const less = withLines((line, index) => (index === 0 ? [] : [line]));
    expect(told(compared(sample, less))).toEqual(['open machine door| -door: door-touched +']);
  });

  test('do not differ in the try of whoever tries again by the clock, during which its program ended', () => {
    const at = { twin: 'open', cluster: 1, at: 7, host: 'door', connection: 'door>house#1' } as const;
    const tried = (text: string): RecordedLine => ({
      ...at,
      type: 'event',
      kind: 'handshake-failed',
      data: { text },
    });
    const withTry = (text: string): Recording => ({ ...sample, lines: [...sample.lines, tried(text)] });
    expect(compared(sample, withTry('read tcp: use of closed network connection')).changes).toEqual([]);
    expect(told(compared(sample, withTry('refused')))).toEqual([
      'open connection door>house#1| - +door: handshake-failed text: refused',
    ]);
  });

  test('differ in the words of a step', () => {
    const other = withRuns(([open, ...rest]) => {
      if (open === undefined) return rest;
      const steps = open.steps.map((step, at) => (at === 1 ? { ...step, saw: 'a wall' } : step));
      return [{ ...open, steps }, ...rest];
    });
    const step = (sample.outcome.document as ScenarioReport).runs[0]?.steps[1];
    expect(told(compared(sample, other))).toEqual([
      `open steps | -${step?.who} saw: ${step?.saw} (${step?.outcome}) +${step?.who} saw: a wall (${step?.outcome})`,
    ]);
  });

  test('of which one lacks a run differ in that, and in nothing that happened in it', () => {
    const open = {
      ...withRuns((runs) => runs.slice(0, 1)),
      lines: sample.lines.filter(({ twin }) => twin === 'open'),
    };
    const { changes } = compared(sample, open);
    expect(changes.map(({ twin, kind, in: where }) => [twin, kind, where])).toEqual([['fixed', 'run', 'a']]);
  });

  test('of one run each are compared run with run, whatever twins those were', () => {
    const only = (twin: string) => ({
      ...withRuns((runs) => runs.filter((run) => run.twin === twin)),
      lines: sample.lines.filter((line) => line.twin === twin),
    });
    const { changes } = compared(only('open'), only('fixed'));
    expect(new Set(changes.map(({ twin, in: where }) => `${twin} ${where}`))).toEqual(new Set(['null both']));
    expect(told({ ...compared(sample, sample), changes })[0]).toContain('-twin: open');
  });

  test('with one seed are compared in what comes from it, and otherwise not', () => {
    const random = (word: string) =>
      withLines((line, index) => [index === 0 && line.type === 'event' ? { ...line, data: { word } } : line]);
    const [a, b] = [random('up-661c56ad2559efad'), random('up-5bfaaf57b9d6c2f2')];
    expect(told(compared(a, b))).toHaveLength(1);
    const unseeded = (recording: Recording) => ({
      ...recording,
      header: { ...recording.header, seed: null },
    });
    expect(compared(unseeded(a), unseeded(b))).toMatchObject({ sameSeed: false, changes: [] });
  });
});

describe('two matrices', () => {
  const matrix = sampleMatrix();
  const compared = (other: typeof matrix): Comparison =>
    compareRuns(matrixRun('m', matrix), matrixRun('n', other));

  test('are the same but for their metadata and the order of their cells', () => {
    const { metadata: _metadata, ...rest } = matrix;
    const other = { ...rest, cells: [...matrix.cells].reverse() };
    expect(compared(other).changes).toEqual([]);
  });

  test('differ in the verdict of a cell, and in a cell that only one has', () => {
    const [first, second, ...others] = matrix.cells;
    if (first === undefined || second === undefined) throw new Error('the sample has no two cells');
    const other = { ...matrix, cells: [{ ...first, verdict: 'denied' as const }, ...others] };
    const { changes } = compared(other);
    expect(changes.map(({ kind, in: where }) => [kind, where])).toEqual([
      ['cell', 'both'],
      ['cell', 'a'],
    ]);
    expect(changes[0]?.hunks).toEqual([{ minus: [`verdict: ${first.verdict}`], plus: ['verdict: denied'] }]);
  });
});

test('two reports of a scenario differ in what came of it', () => {
  const [open, fixed] = sampleScenario.runs;
  if (open === undefined || fixed === undefined) throw new Error('the sample has no two runs');
  const other = {
    ...sampleScenario,
    runs: [{ ...open, gains: ['the key', ...open.gains], durationMs: 7 }, fixed],
  };
  const comparison = compareRuns(reportedRun('a', sampleScenario), reportedRun('b', other));
  expect(told(comparison)).toEqual(['open outcome | - +gains[]: the key']);
});

test('what is called the same is compared in its order', () => {
  const { cells } = sampleMatrix();
  const [cell] = cells;
  if (cell === undefined) throw new Error('the sample has no cell');
  const attacked = (...reasons: string[]) => ({
    ...sampleScenario,
    runs: sampleScenario.runs
      .slice(0, 1)
      .map((run) => ({ ...run, cells: reasons.map((reason) => ({ ...cell, reason })) })),
  });
  const compared = (...reasons: string[]) =>
    told(compareRuns(reportedRun('a', attacked('one', 'two')), reportedRun('b', attacked(...reasons))));
  expect(compared('one', 'two')).toEqual([]);
  expect(compared('one', 'three')).toEqual([expect.stringMatching(/ \(2\)\| -reason: two \+reason: three$/)]);
});

describe('a comparison as text', () => {
  const changes: Comparison['changes'] = [
    {
      twin: 'open',
      kind: 'connection',
      name: 'a>b#1',
      in: 'both',
      hunks: [{ minus: [`${'x'.repeat(80)}old\u001b`], plus: [`${'x'.repeat(80)}new`] }],
    },
    {
      twin: null,
      kind: 'machine',
      name: 'door',
      in: 'b',
      hunks: [{ minus: [], plus: Array(22).fill('knock') }],
    },
  ];
  const comparison = { ...compared(sample, sample), changes };
  const shown = renderComparison(comparison, { colour: false, width: 40 }).split('\n');

  test('cuts long lines around the place where they differ', () => {
    expect(shown.slice(0, 6)).toEqual([
      '--- a, seed seed',
      '+++ b, seed seed',
      '',
      'open connection a>b#1',
      `- …${'x'.repeat(30)}old\\x1b`,
      `+ …${'x'.repeat(34)}new`,
    ]);
    expect(Math.max(...shown.slice(3, 6).map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  test('shows so many lines and counts the rest, and sums up', () => {
    expect(shown.slice(6)).toEqual([
      '',
      'machine door (only in +++)',
      ...Array(20).fill('+ knock'),
      '+ (2 more lines; -o json has all)',
      '',
      '1 line less, 23 more: 1 connection, 1 machine',
      '',
    ]);
  });

  test('has colours where they are wanted', () => {
    const coloured = renderComparison(comparison, { colour: true, width: 40 });
    expect(coloured).toContain('\u001b[32m+ knock\u001b[39m');
    expect(coloured).toContain('\u001b[31m- ');
  });

  test('says that there is none, and what was not compared', () => {
    const none = { ...comparison, changes: [] };
    expect(renderComparison(none, { colour: false, width: 80 })).toBe('no differences\n');
    expect(renderComparison({ ...none, sameSeed: false }, { colour: false, width: 80 })).toBe(
      'no differences\nwithout one seed: keys, ids and random words are not compared\n',
    );
  });
});
