import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { judgeClient, judgeServer, parseBundle } from '../../network/verify';
import type { Case } from './case';

/** Go's crypto/x509 as a program (main.go beside this file), and the same questions to midplane. */

const source = ['test/go-oracle/main.go', resolve(__dirname, '../../../test/go-oracle/main.go')].find(
  existsSync,
);
const goVersion = spawnSync('go', ['version'], { encoding: 'utf8' }).stdout ?? '';

/** A machine that never compiled Go's library compiles it here first. */
export const coldBuildMs = 120_000;

const why = source === undefined ? 'main.go is not here' : 'go is not installed';
const isMeasured = goVersion.includes('go1.') && source !== undefined;
export const testWithGo: typeof test | typeof test.skip = isMeasured ? test : test.skip;
export const notMeasured = isMeasured ? '' : ` (SKIPPED: ${why}, so agreement with Go was NOT measured)`;

/** Words that changed after 1.25: Go's now, and midplane's. */
export const laterWords: readonly (readonly [now: RegExp, then: RegExp])[] = [
  [
    /: (ecdsa: invalid uncompressed public key|invalid P\d+ .*|P\d+ point not on curve)$/,
    /x509: failed to unmarshal elliptic curve point$/,
  ],
  [/: \d+ candidate chains with invalid policies$/, /: all candidate chains have invalid policies$/],
  // 1.26 checks constraints last, kind by kind, and wraps every error of theirs.
  [
    /not authorized to sign for this name: /,
    /(not authorized to sign for this name: |: cannot parse (dnsName|rfc822Name) )/,
  ],
];

/** What Go says to each case: '' for a chain that it believes. */
export function askGo(cases: readonly Case[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'midplane-go-'));
  try {
    const program = join(directory, 'oracle');
    const build = spawnSync('go', ['build', '-o', program, source ?? ''], { encoding: 'utf8' });
    expect(build.stderr).toBe('');
    return ask(program, cases);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function ask(program: string, cases: readonly Case[]): string[] {
  const lines = cases.map(({ chain, roots, host, now, client }) =>
    JSON.stringify({ chain: chain.map((der) => der.toString('base64')), roots, host, now, client }),
  );
  const run = spawnSync(program, { input: lines.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(run.stderr).toBe('');
  const [, ...answers] = run.stdout.trimEnd().split('\n');
  return answers.map((line) => (JSON.parse(line) as { error: string }).error);
}

export function askMidplane({ chain, roots, host, now, client }: Case): string {
  const bundle = parseBundle(roots);
  if (bundle.kind === 'bundle-invalid') return bundle.text;
  const evidence = { chain, bundle, now: new Date(now) };
  const judgement = client ? judgeClient(evidence) : judgeServer({ ...evidence, host });
  return judgement.ok ? '' : judgement.error;
}

export interface Difference {
  readonly id: string;
  readonly go: string;
  readonly midplane: string;
}

export function differences(cases: readonly Case[], answers: readonly string[]): Difference[] {
  return cases.flatMap((one, i) => {
    const go = answers[i] ?? 'no answer';
    const midplane = askMidplane(one);
    return go === midplane ? [] : [{ id: one.id, go, midplane }];
  });
}
