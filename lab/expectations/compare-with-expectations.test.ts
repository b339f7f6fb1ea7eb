import { describe, expect, test } from '@jest/globals';
import { sampleCell } from '../../report/matrix-sample.test.data';
import { type Cell, keyOf } from '../../report/outcome';
import type { VerdictId } from '../../scenarios/vocabulary';
import { compareWithExpectations } from './compare-with-expectations';
import { type Baseline, partNames } from './expectations';
import { readBaseline } from './read-baseline';
import { readExpectations } from './read-expectations';
import { baselineOf, baselineText } from './write-baseline';

function expectationsOf(...lines: string[]) {
  const text = `apiVersion: midplane/v1\nkind: Expectations\nspec:\n  expect:\n${lines.map((line) => `    - ${line}\n`).join('')}`;
  const reading = readExpectations(text, 'e.yaml');
  if (reading.kind === 'faults') throw new Error(reading.faults.map((it) => it.text).join('; '));
  return reading.value;
}

function judge(cells: readonly Cell[], lines: readonly string[], baseline: Baseline | null = null) {
  const expectations = lines.length === 0 ? null : expectationsOf(...lines);
  return compareWithExpectations(cells, { files: ['e.yaml'], expectations, baseline });
}

function failuresOf(
  cells: readonly Cell[],
  lines: readonly string[],
  baseline: Baseline | null = null,
): string[] {
  return judge(cells, lines, baseline).failures.map(
    (it) => `${it.kind} ${keyOf(it)}: ${it.expected}; ${it.seen}`,
  );
}

const exec = sampleCell('exec', 'none', 'self-signed');
const refused = sampleCell('exec', 'kubelet-ca', 'self-signed');
const as = (verdict: VerdictId, cell: Cell = exec): Cell => ({ ...cell, verdict });

describe('expectations', () => {
  test.each<[string, Cell, string[], string[]]>([
    ['closed, as expected', refused, ['{open: false}'], []],
    [
      'open, and should not be',
      exec,
      ['{open: false}'],
      ['verdict exec / none / self-signed: open: false; verdict: impersonated'],
    ],
    ['open, as expected', exec, ['{path: exec, open: true}'], []],
    [
      'closed, and should be open',
      refused,
      ['{open: true}'],
      ['verdict exec / kubelet-ca / self-signed: open: true; verdict: refused'],
    ],
    ['one verdict of a set', refused, ['{verdict: [sealed, refused]}'], []],
    [
      'none of a set',
      as('denied'),
      ['{verdict: [sealed, refused]}'],
      ['verdict exec / none / self-signed: verdict: sealed or refused; verdict: denied'],
    ],
    ['any verdict', exec, ['{open: false}', `{path: exec, verdict: '*'}`], []],
    ['of another path', exec, ['{path: logs*, open: false}'], []],
    [
      'by a wildcard',
      exec,
      ['{path: "ex*", technique: "*-signed", open: false}'],
      ['verdict exec / none / self-signed: open: false; verdict: impersonated'],
    ],
    ['the last one counts', exec, ['{open: false}', '{path: exec, verdict: impersonated}'], []],
    [
      'and not the first',
      exec,
      ['{verdict: impersonated}', '{path: "*", open: false}'],
      ['verdict exec / none / self-signed: open: false; verdict: impersonated'],
    ],
    [
      'parts by themselves',
      exec,
      ['{parts: {forged: true, read.up: true}}', '{parts: {forged: false}}'],
      ['part exec / none / self-signed: forged: false; forged: true'],
    ],
    [
      'a way that carries nothing',
      sampleCell('logs', 'none', 'self-signed'),
      ['{parts: {read.up: false}}'],
      [],
    ],
    ['nothing to try', as('not-applicable'), ['{verdict: refused}'], []],
    [
      'nothing to try on the very cell',
      as('not-applicable'),
      ['{path: exec, defence: none, technique: self-signed, verdict: refused}'],
      ['verdict exec / none / self-signed: verdict: refused; verdict: not-applicable'],
    ],
    ['a fault is not judged', as('broken'), ['{open: false}', '{parts: {works: false}}'], []],
    ['a fault that is expected', as('broken'), ['{verdict: broken}'], []],
    [
      'joined techniques',
      { ...exec, technique: 'rogue-ca--expired' },
      ['{technique: "*", open: false}'],
      ['verdict exec / none / rogue-ca--expired: open: false; verdict: impersonated'],
    ],
    [
      'one joined technique',
      { ...exec, technique: 'rogue-ca--expired' },
      ['{technique: rogue-ca--expired, open: true}'],
      [],
    ],
    ['of one position', { ...exec, position: 'route' }, ['{position: arp, open: false}'], []],
  ])('%s', (_, cell, lines, failures) => {
    expect(failuresOf([cell], lines)).toEqual(failures);
  });

  test('each one turned round is noticed', () => {
    const cell = sampleCell('pod-proxy-https', 'none', 'relay');
    const right = ['{open: true}', '{verdict: relayed}'];
    const wrong = ['{open: false}', '{verdict: [refused, sealed, hijacked]}'];
    expect(right.flatMap((line) => failuresOf([cell], [line]))).toEqual([]);
    expect(wrong.filter((line) => failuresOf([cell], [line]).length !== 1)).toEqual([]);
    for (const name of partNames.filter((it) => it !== 'credential')) {
      const counts = [true, false].map(
        (value) => failuresOf([cell], [`{parts: {${name}: ${value}}}`]).length,
      );
      expect([name, ...counts.sort()]).toEqual([name, 0, 1]);
    }
    expect(failuresOf([cell], ['{parts: {credential: captured}}'])).toHaveLength(1);
    expect(failuresOf([cell], ['{parts: {credential: null}}'])).toHaveLength(0);
  });

  test('says where a failure is written down, and which expectations met no cell', () => {
    const { failures, unused, judged } = judge(
      [exec],
      ['{path: logs, open: false}', '{open: false, why: shells}'],
    );
    expect(failures).toMatchObject([{ at: { file: 'e.yaml', line: 6, column: 7 }, why: 'shells' }]);
    expect(unused).toEqual([{ text: 'path: logs', at: { file: 'e.yaml', line: 5, column: 7 } }]);
    expect(judged).toBe(1);
  });
});

describe('a baseline', () => {
  const before = baselineOf([exec, refused], null);

  test('accepts what was open, and fails what opens', () => {
    expect(judge([exec, refused], [], before)).toMatchObject({ failures: [], accepted: [{ path: 'exec' }] });
    expect(failuresOf([exec, as('plaintext', refused)], [], before)).toEqual([
      'newly-open exec / kubelet-ca / self-signed: open: false; verdict: plaintext',
    ]);
  });

  test('fails what got worse, and accepts what got less', () => {
    expect(failuresOf([as('hijacked')], [], before)).toEqual([
      'newly-open exec / none / self-signed: nothing worse than impersonated; verdict: hijacked',
    ]);
    const hijacked = baselineOf([as('hijacked')], null);
    expect(failuresOf([exec], [], hijacked)).toEqual([]);
  });

  test('tells what is closed now, and nothing of what could not be judged', () => {
    expect(judge([as('refused')], [], before).closed).toEqual([
      { path: 'exec', defence: 'none', technique: 'self-signed' },
    ]);
    expect(judge([as('broken')], [], before).closed).toEqual([]);
    expect(judge([refused], [], before).closed).toEqual([]);
  });

  test('accepts what an expectation would have closed, and lets an expectation open what it does not know', () => {
    expect(judge([exec], ['{open: false}'], before)).toMatchObject({
      failures: [],
      accepted: [{ path: 'exec' }],
    });
    expect(failuresOf([as('relayed', refused)], ['{verdict: relayed}'], before)).toEqual([]);
  });

  test('is written as it is read, and of cells that were not run it keeps what it knew', () => {
    const read = readBaseline(baselineText(before), 'b.yaml');
    expect(read).toEqual({ kind: 'read', value: before });
    const place: Cell = {
      ...sampleCell('logs', 'none', 'relay'),
      verdict: 'relayed',
      position: 'route',
      side: 'node',
    };
    const after = baselineOf([place, as('broken')], before);
    expect(after.open.map(keyOf)).toEqual([
      'logs / none (node side) / relay / from route',
      'exec / none / self-signed',
    ]);
    expect(readBaseline(baselineText(after), 'b.yaml')).toEqual({ kind: 'read', value: after });
    expect(baselineOf([as('refused')], before).open).toEqual([]);
  });
});
