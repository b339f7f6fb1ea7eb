import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { judgeClient, judgeServer, parseBundle, verifyServingCertificate } from '../../network/verify';
import { pem } from '../certificate-builder';
import {
  bundleCases,
  chainCases,
  clientCases,
  intermediateCases,
  policyCases,
  rootCases,
} from './authority-cases';
import type { Case } from './case';
import { constrainedUriCases, constraintCases, placedConstraintCases } from './constraint-cases';
import { hostCases, manyNamesCases, uriCases } from './host-cases';
import { leafCases, pairCases, signatureCases } from './leaf-cases';
import { mutationCases } from './mutation-cases';

/**
 * Agreement with Go itself: the same thousands of odd certificates are put to Go's crypto/x509 (main.go beside this file) and
 * to midplane. Midplane may never believe what Go does not. It follows Go 1.25 where versions differ; what the installed Go
 * does otherwise is listed below, by case, so that a new difference cannot hide.
 */

const source = ['test/go-oracle/main.go', resolve(__dirname, '../../../test/go-oracle/main.go')].find(
  existsSync,
);
const goVersion = spawnSync('go', ['version'], { encoding: 'utf8' }).stdout ?? '';

function families(): Case[] {
  return [
    ...leafCases(),
    ...pairCases(),
    ...signatureCases(),
    ...hostCases(),
    ...manyNamesCases(),
    ...uriCases(),
    ...rootCases(),
    ...intermediateCases(),
    ...chainCases(),
    ...bundleCases(),
    ...policyCases(),
    ...clientCases(),
    ...constraintCases(),
    ...constrainedUriCases(),
    ...placedConstraintCases(),
    ...mutationCases(800, 20_260_601),
  ];
}

/** Go 1.26 believes these and 1.25 does not. */
const believedSince126 = [
  // 1.26 looks only at one of the sorted ranges and misses the one that holds the address.
  /^constraint: excluded several ranges with host bits, /,
  // 1.25 gives up beyond 250,000 comparisons.
  /^constraints: 600 names, 420 of them$/,
];

/** Words that changed after 1.25: Go's now, and midplane's. */
const laterWords: readonly (readonly [now: RegExp, then: RegExp])[] = [
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

function askGo(program: string, cases: readonly Case[]): string[] {
  const lines = cases.map(({ chain, roots, host, now, client }) =>
    JSON.stringify({ chain: chain.map((der) => der.toString('base64')), roots, host, now, client }),
  );
  const run = spawnSync(program, { input: lines.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(run.stderr).toBe('');
  const [, ...answers] = run.stdout.trimEnd().split('\n');
  return answers.map((line) => (JSON.parse(line) as { error: string }).error);
}

function askMidplane({ chain, roots, host, now, client }: Case): string {
  const bundle = parseBundle(roots);
  if (bundle.kind === 'bundle-invalid') return bundle.text;
  const evidence = { chain, bundle, now: new Date(now) };
  const judgement = client ? judgeClient(evidence) : judgeServer({ ...evidence, host });
  return judgement.ok ? '' : judgement.error;
}

interface Difference {
  readonly id: string;
  readonly go: string;
  readonly midplane: string;
}

function differences(cases: readonly Case[], answers: readonly string[]): Difference[] {
  return cases.flatMap((one, i) => {
    const go = answers[i] ?? 'no answer';
    const midplane = askMidplane(one);
    return go === midplane ? [] : [{ id: one.id, go, midplane }];
  });
}

/** A machine that never compiled Go's library compiles it here first. */
const coldBuildMs = 120_000;

const why = source === undefined ? 'main.go is not here' : 'go is not installed';
const testWithGo = goVersion.includes('go1.') && source !== undefined ? test : test.skip;
const title = testWithGo === test ? '' : ` (SKIPPED: ${why}, so agreement with Go was NOT measured)`;

testWithGo(
  `midplane believes what Go believes, and says what Go says${title}`,
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'midplane-go-'));
    try {
      const program = join(directory, 'oracle');
      const build = spawnSync('go', ['build', '-o', program, source ?? ''], { encoding: 'utf8' });
      expect(build.stderr).toBe('');
      const cases = families();
      const found = differences(cases, askGo(program, cases));

      expect(found.filter(({ midplane }) => midplane === '')).toEqual([]);
      const stricter = found.filter(({ go }) => go === '');
      expect(stricter.filter(({ id }) => !believedSince126.some((pattern) => pattern.test(id)))).toEqual([]);
      const otherWords = found.filter(({ go, midplane }) => go !== '' && midplane !== '');
      const unexplained = otherWords.filter(
        ({ go, midplane }) => !laterWords.some(([now, then]) => now.test(go) && then.test(midplane)),
      );
      expect(unexplained).toEqual([]);
      // The numbers themselves, so that a generator that stopped generating is noticed.
      expect(cases.length).toBeGreaterThan(4000);
      expect(stricter.length / cases.length).toBeLessThan(0.01);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  coldBuildMs,
);

test('the public function judges PEM as the inner one judges DER', () => {
  const cases = [...leafCases(), ...chainCases()].filter(({ chain }) => chain.length > 0);
  for (const one of cases) {
    const { chain, roots, host, now } = one;
    const verdict = verifyServingCertificate({
      chainPems: chain.map((der) => pem(der)),
      caPems: roots,
      host,
      now,
    });
    expect({ id: one.id, error: verdict.error ?? '' }).toEqual({ id: one.id, error: askMidplane(one) });
    expect(verdict.ok).toBe(verdict.error === null);
  }
});
