import { expect, test } from '@jest/globals';
import { verifyServingCertificate } from '../../network/verify';
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
import { askGo, askMidplane, coldBuildMs, differences, laterWords, notMeasured, testWithGo } from './oracle';

/**
 * Agreement with Go itself: the same thousands of odd certificates are put to Go's crypto/x509 (main.go beside this file) and
 * to midplane. Midplane may never believe what Go does not. It follows Go 1.25 where versions differ; what the installed Go
 * does otherwise is listed below, by case, so that a new difference cannot hide.
 */

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

testWithGo(
  `midplane believes what Go believes, and says what Go says${notMeasured}`,
  () => {
    const cases = families();
    const found = differences(cases, askGo(cases));

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
