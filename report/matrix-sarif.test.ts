import { describe, expect, test } from '@jest/globals';
import { renderFaultSarif } from './fault';
import { judgedMatrix } from './judged-sample.test.data';
import { sampleMatrix } from './matrix-sample.test.data';
import { renderMatrixSarif } from './matrix-sarif';
import type { InterceptionMatrix } from './outcome';
import { sampleScenario } from './scenario-sample.test.data';
import { renderScenarioSarif } from './scenario-sarif';
import { sarifFaults } from './schemas.test.fixtures';

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly invocations: readonly { executionSuccessful: boolean; toolExecutionNotifications: unknown[] }[];
    readonly results: readonly {
      readonly ruleId: string;
      readonly level: string;
      readonly kind: string;
      readonly message: { readonly text: string };
      readonly baselineState?: string;
      readonly suppressions?: unknown[];
      readonly partialFingerprints: Readonly<Record<string, string>>;
      readonly locations: readonly { readonly physicalLocation?: unknown }[];
    }[];
  }[];
}

function runOf(text: string) {
  const [run] = (JSON.parse(text) as Log).runs;
  if (run === undefined) throw new Error('a log without a run');
  return run;
}

/** The same matrix as of settings in a file, where one closes what the second result is about. */
function givenAt(file: string): InterceptionMatrix {
  const at = { file, line: 3, column: 7 };
  const closing = {
    id: 'x',
    setting: '--the-flag',
    at,
    closes: ['exec'],
    lessens: [],
    mends: [],
    leaves: [],
  } as const;
  const places = [{ path: 'exec', closing: 'x', at }] as const;
  return {
    ...judgedMatrix,
    given: { settings: [], assumptions: [], closings: [closing], stays: [], places },
  };
}

function placeIn(result: ReturnType<typeof runOf>['results'][number] | undefined): unknown {
  return result?.locations[0]?.physicalLocation;
}

const fault = {
  apiVersion: 'midplane/v1',
  kind: 'LabFault',
  code: 'LAB_START_FAILED',
  message: 'no lab',
  hint: null,
} as const;

describe('the matrix as SARIF', () => {
  const run = runOf(renderMatrixSarif(judgedMatrix));

  test('has one rule a path, and one result for it under each defence that leaves it open', () => {
    const all = runOf(renderMatrixSarif(sampleMatrix()));
    const names = all.results.map(({ partialFingerprints }) => partialFingerprints['midplane/v1']);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('open/exec/none');
    const hashes = all.results.map(({ partialFingerprints: of }) => of['primaryLocationLineHash']);
    expect(new Set(hashes).size).toBe(names.length);
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}:1$/);
    expect(all.tool.driver.rules.map(({ id }) => id)).toContain('midplane/service-proxy-https/open');
    expect(
      all.results.every(({ level, baselineState }) => level === 'warning' && baselineState === undefined),
    ).toBe(true);
  });

  test('tells what failed from what was accepted, and what is closed now', () => {
    const told = run.results.map(({ ruleId, level, kind, baselineState, suppressions }) =>
      [ruleId, level, kind, baselineState, suppressions === undefined ? '' : 'suppressed'].join(' '),
    );
    expect(told).toEqual([
      'midplane/logs/open note fail unchanged suppressed',
      'midplane/exec/open error fail new ',
      'midplane/exec/expectation error fail new ',
      'midplane/attach/open none pass absent ',
    ]);
  });

  test('says that a path that could not be judged is a fault of the lab', () => {
    expect(run.invocations).toMatchObject([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [{ descriptor: { id: 'midplane/broken' }, level: 'error' }],
      },
    ]);
    expect(runOf(renderMatrixSarif(sampleMatrix())).invocations[0]?.executionSuccessful).toBe(true);
    expect(runOf(renderFaultSarif(fault)).invocations).toMatchObject([{ executionSuccessful: false }]);
  });

  test('fingerprints do not depend on what changes from run to run', () => {
    const later = renderMatrixSarif({
      ...judgedMatrix,
      cells: judgedMatrix.cells.map((cell) => ({
        ...cell,
        clientSaw: 'other words',
        reason: 'other words',
        evidence: { ...cell.evidence, lootQuote: 'another canary' },
      })),
    });
    const fingerprints = (it: typeof run) => it.results.map(({ partialFingerprints }) => partialFingerprints);
    expect(fingerprints(runOf(later))).toEqual(fingerprints(run));
  });

  test('points at the line of the expectation, or at the setting in the file that was given', () => {
    expect(placeIn(run.results[1])).toEqual({
      artifactLocation: { uri: 'ci/expectations.yaml', uriBaseId: '%SRCROOT%' },
      region: { startLine: 7, startColumn: 5 },
    });
    const [, placed] = runOf(renderMatrixSarif(givenAt('a b/kube.yaml'))).results;
    expect(placeIn(placed)).toEqual({
      artifactLocation: { uri: 'a%20b/kube.yaml', uriBaseId: '%SRCROOT%' },
      region: { startLine: 3, startColumn: 7 },
    });
    expect(placed?.message.text).toContain(' Closed by --the-flag. ');
  });

  test.each([
    ['kube.yaml', { uri: 'kube.yaml', uriBaseId: '%SRCROOT%' }],
    ['./kube.yaml', { uri: 'kube.yaml', uriBaseId: '%SRCROOT%' }],
    ['/repo/ci/../kube.yaml', { uri: 'kube.yaml', uriBaseId: '%SRCROOT%' }],
    ['../kube.yaml', { uri: 'file:///kube.yaml' }],
    ['/etc/kubernetes/kube.yaml', { uri: 'file:///etc/kubernetes/kube.yaml' }],
  ])('names %s from the folder in which it runs', (file, artifactLocation) => {
    const [, placed] = runOf(renderMatrixSarif(givenAt(file), { folder: '/repo' })).results;
    expect(placeIn(placed)).toMatchObject({ artifactLocation });
  });

  test('of settings that were given it tells what they break, at the setting that mends it', () => {
    const [cell] = judgedMatrix.cells.filter(({ path }) => path === 'exec');
    if (cell === undefined) throw new Error('the sample has no exec');
    const cells = [{ ...cell, verdict: 'broken', works: false, clientSaw: 'x509: no' } as const];
    const { given } = givenAt('kube.yaml');
    const { expectations: _, ...matrix } = judgedMatrix;
    const { results, invocations } = runOf(renderMatrixSarif({ ...matrix, cells, ...(given && { given }) }));
    expect(results).toMatchObject([
      {
        ruleId: 'midplane/exec/broken',
        level: 'error',
        message: { text: 'exec fails without any attacker: x509: no. It works with --the-flag.' },
        locations: [
          { physicalLocation: { artifactLocation: { uri: 'kube.yaml' }, region: { startLine: 3 } } },
        ],
      },
    ]);
    expect(invocations[0]?.executionSuccessful).toBe(false);
    expect(runOf(renderMatrixSarif({ ...matrix, cells })).results).toEqual([]);
  });

  test('has a place for every result, or GitHub would take none of them', () => {
    const { results } = runOf(renderMatrixSarif(sampleMatrix()));
    expect(results.length).toBeGreaterThan(0);
    for (const result of results) {
      const name = result.partialFingerprints['midplane/v1']?.replace('open/', '');
      expect(placeIn(result)).toEqual({ artifactLocation: { uri: name }, region: { startLine: 1 } });
    }
  });

  test('is valid by the schema of SARIF 2.1.0', () => {
    const texts = [
      renderMatrixSarif(judgedMatrix),
      renderMatrixSarif(sampleMatrix()),
      renderMatrixSarif(givenAt('/etc/kube.yaml'), { folder: '/repo' }),
      renderScenarioSarif(sampleScenario),
      renderFaultSarif(fault),
    ];
    expect(texts.flatMap(sarifFaults)).toEqual([]);
    expect(sarifFaults('{"version": "2.1.0", "runs": [{}]}')).not.toEqual([]);
  });

  test('a scenario passes where its twin came out as claimed, and is an error where it did not', () => {
    const { results } = runOf(renderScenarioSarif(sampleScenario));
    expect(results.map(({ level, kind }) => `${level} ${kind}`)).toEqual(['none pass', 'error fail']);
    expect(placeIn(results[1])).toMatchObject({
      artifactLocation: { uri: 'doors/open-door.yaml' },
      region: { startLine: 9 },
    });
    expect(results[1]?.message.text).toContain('not as claimed: saw: nobody was shown "the key"');
  });
});
