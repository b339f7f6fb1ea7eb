import { describe, expect, test } from '@jest/globals';
import { countText, type Played, reportListOf } from './played';
import { sampleScenario } from './scenario-sample.test.data';
import { renderScenariosHtml } from './scenarios-html';
import { renderScenariosJUnit } from './scenarios-junit';
import { renderScenariosMarkdown } from './scenarios-markdown';
import { renderScenariosSarif } from './scenarios-sarif';
import { scenariosTeller } from './scenarios-story';
import { hasXmllint, junitFaults, notValidated, sarifFaults } from './schemas.test.fixtures';

const [open, fixed] = sampleScenario.runs;
if (open === undefined || fixed === undefined) throw new Error('the sample has two runs');
const called = (id: string) => ({ ...sampleScenario.scenario, id });
const all: readonly Played[] = [
  {
    kind: 'report',
    report: {
      ...sampleScenario,
      runs: [open, { ...fixed, unmet: ['outcome: expected open, and it was closed'] }],
    },
  },
  {
    kind: 'report',
    report: {
      ...sampleScenario,
      scenario: called('shut-door'),
      runs: [{ ...fixed, asClaimed: true, unmet: [] }],
    },
  },
  {
    kind: 'fault',
    scenario: called('no-door'),
    fault: {
      apiVersion: 'midplane/v1',
      kind: 'LabFault',
      code: 'LAB_START_FAILED',
      message: 'there is no <door>',
      hint: 'build one',
    },
  },
  { kind: 'not-run', scenario: called('back-door'), reason: 'nobody has a key' },
];

describe('several scenarios', () => {
  test('are one document', () => {
    expect(reportListOf(all)).toMatchObject({
      kind: 'ScenarioReportList',
      items: [{ scenario: { id: 'open-door' } }, { scenario: { id: 'shut-door' } }],
      faults: [
        {
          scenario: 'no-door',
          code: 'LAB_START_FAILED',
          message: 'there is no <door>',
          hint: 'build one',
        },
      ],
      notRun: [{ scenario: 'back-door', reason: 'nobody has a key' }],
    });
  });

  test(`are a suite each in JUnit, a lab that failed an error and no failure${notValidated}`, () => {
    const xml = renderScenariosJUnit(all);
    expect(xml).toContain('<testsuites name="midplane run" tests="5" failures="1" errors="1">');
    expect(xml.match(/<testsuite name="[^"]+"/g)).toEqual([
      '<testsuite name="midplane.scenario.open-door"',
      '<testsuite name="midplane.scenario.shut-door"',
      '<testsuite name="midplane.scenario.no-door"',
      '<testsuite name="midplane.scenario.back-door"',
    ]);
    expect(xml).toContain(
      '<error type="LAB_START_FAILED" message="there is no &lt;door&gt;">build one</error>',
    );
    expect(xml).toContain('<skipped type="not-run" message="nobody has a key">');
    if (hasXmllint) expect(junitFaults(xml)).toBe('');
  });

  test('are one run in SARIF, with a rule each, and no success when a lab failed', () => {
    const text = renderScenariosSarif(all);
    expect(sarifFaults(text)).toEqual([]);
    const { runs } = JSON.parse(text) as {
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        invocations: { executionSuccessful: boolean; toolExecutionNotifications: { message: object }[] }[];
        results: { ruleId: string; ruleIndex: number; kind: string }[];
      }[];
    };
    const [run] = runs;
    expect(runs).toHaveLength(1);
    expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual([
      'midplane/scenario/open-door',
      'midplane/scenario/shut-door',
    ]);
    expect(run?.results.map(({ ruleId, ruleIndex, kind }) => [ruleId, ruleIndex, kind])).toEqual([
      ['midplane/scenario/open-door', 0, 'pass'],
      ['midplane/scenario/open-door', 0, 'fail'],
      ['midplane/scenario/shut-door', 1, 'pass'],
    ]);
    expect(run?.invocations).toMatchObject([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [{ message: { text: 'no-door: there is no <door> (build one)' } }],
      },
    ]);
    expect(renderScenariosSarif(all.slice(0, 2))).toContain('"executionSuccessful": true');
  });

  test('are a table in Markdown, with the story of each below it', () => {
    const text = renderScenariosMarkdown(all);
    expect(text.split('\n').slice(0, 8)).toEqual([
      '## midplane: 1 of 4 scenarios came out as claimed; 1 did not; the lab failed in 1; 1 not run',
      '',
      '| | scenario | | |',
      '| --- | --- | --- | --- |',
      '| 🔴 | `open-door`: a door that is open | open: open, fixed: closed (not as claimed); fixed: outcome: expected open, and it was closed | 0.0 s |',
      '| 🟢 | `shut-door`: a door that is open | fixed: closed | 0.0 s |',
      '| ❔ | `no-door`: a door that is open | the lab failed: **LAB_START_FAILED**: there is no &lt;door&gt; (build one) | |',
      '| ⚪ | `back-door`: a door that is open | not run: nobody has a key | |',
    ]);
    expect(text.match(/<details><summary>[^<]+/g)).toEqual([
      '<details><summary>open-door',
      '<details><summary>shut-door',
    ]);
  });

  test('are one page, on which no id is there twice and every link leads somewhere', () => {
    const page = renderScenariosHtml(all);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(['open-door', 'open-door/open', 'open-door/fixed', 'shut-door', 'shut-door/fixed']);
    expect([...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)).toEqual(['open-door', 'shut-door']);
    expect(page).toContain('there is no &lt;door&gt; (build one)');
  });

  test('are a line each on a terminal, and in the end it is told which did not come out as claimed, and why', () => {
    const teller = scenariosTeller(['open-door', 'shut-door', 'no-door', 'back-door'], {
      colour: false,
      width: 80,
      whole: false,
    });
    expect(all.map(teller.each).join('')).toBe(
      [
        ' ✗ open-door  open: open, fixed: closed (not as claimed)  0.0 s',
        ' ✓ shut-door  fixed: closed  0.0 s',
        ' ? no-door    the lab failed',
        ' – back-door  not run',
        '',
      ].join('\n'),
    );
    expect(teller.closing(all)).toBe(
      [
        '',
        ` ${countText(all)}`,
        '',
        ' ✗ open-door',
        '   fixed: outcome: expected open, and it was closed',
        '',
        ' ? no-door',
        '   the lab failed: there is no <door>',
        '   hint: build one',
        '',
        ' – back-door',
        '   not run: nobody has a key',
        '',
      ].join('\n'),
    );
  });
});
