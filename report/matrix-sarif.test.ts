import { describe, expect, test } from '@jest/globals';
import { renderFaultSarif } from './fault';
import { judgedMatrix } from './judged-sample.test.data';
import { sampleMatrix } from './matrix-sample.test.data';
import { renderMatrixSarif } from './matrix-sarif';
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

  test('points at the line of the expectation, or at the place in the manifest that was given', () => {
    const at = (it: typeof run) => it.results[1]?.locations[0]?.physicalLocation;
    expect(at(run)).toEqual({
      artifactLocation: { uri: 'ci/expectations.yaml' },
      region: { startLine: 7, startColumn: 5 },
    });
    const placed = renderMatrixSarif(judgedMatrix, { placeOf: () => ({ file: 'a b/kube.yaml', line: 3 }) });
    expect(at(runOf(placed))).toEqual({
      artifactLocation: { uri: 'a%20b/kube.yaml' },
      region: { startLine: 3 },
    });
  });

  test('is valid by the schema of SARIF 2.1.0', () => {
    const texts = [
      renderMatrixSarif(judgedMatrix),
      renderMatrixSarif(sampleMatrix()),
      renderScenarioSarif(sampleScenario, { at: { file: 'scenarios/x.yaml', line: 1 } }),
      renderFaultSarif(fault),
    ];
    expect(texts.flatMap(sarifFaults)).toEqual([]);
    expect(sarifFaults('{"version": "2.1.0", "runs": [{}]}')).not.toEqual([]);
  });

  test('a scenario passes where its twin came out as claimed, and is an error where it did not', () => {
    const { results } = runOf(renderScenarioSarif(sampleScenario));
    expect(results.map(({ level, kind }) => `${level} ${kind}`)).toEqual(['none pass', 'error fail']);
  });
});
