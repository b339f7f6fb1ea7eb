import { expect, test } from '@jest/globals';
import { sameJson } from '../../api/same-json';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { PatchRefused } from '../../apiserver/patch/patch-refused';
import { strategicMergePatch } from '../../apiserver/patch/strategic-merge-patch';
import { buildOracle, coldBuildMs, whyNoOracle } from './kubernetes-oracle';
import { type PatchCase, patchCases } from './patch-cases';

/** Agreement with Kubernetes itself about strategic merge patches: what they make, and which are refused. */
const why = whyNoOracle();
const testWithGo = why === null ? test : test.skip;
const title = why === null ? '' : ` (SKIPPED: ${why}, so agreement with Kubernetes was NOT measured)`;

interface Answer {
  readonly object: unknown;
  readonly error: string;
}

function ours({ group, version, kind, object, patch }: PatchCase): Answer {
  const message = kubernetesSchema.messageOf(group === '' ? version : `${group}/${version}`, kind);
  if (message === null) throw new Error(`no schema of ${kind}`);
  try {
    return { object: strategicMergePatch(kubernetesSchema, message.name, object, patch), error: '' };
  } catch (error) {
    if (error instanceof PatchRefused) return { object: null, error: error.message };
    throw error;
  }
}

testWithGo(
  `strategic merge patches make what they make in Kubernetes${title}`,
  () => {
    using oracle = buildOracle();
    const cases = patchCases(20_250_601, 3000);
    const answers = oracle.ask(
      cases.map((one) => ({ ...one, operation: 'strategic-merge-patch' })),
    ) as Answer[];
    const differences = cases.flatMap((one, at) => {
      const [go, mine] = [answers[at], ours(one)];
      const same = (go?.error === '') === (mine.error === '') && sameJson(go?.object, mine.object);
      return same ? [] : [JSON.stringify({ object: one.object, patch: one.patch, go, mine })];
    });
    expect(differences.sort((a, b) => a.length - b.length).slice(0, 3)).toEqual([]);
    // Of a patch with two faults Go names either, as its maps have no order: nothing else may differ.
    const refused = cases.flatMap((one, at) => {
      const error = answers[at]?.error ?? '';
      return error === '' ? [] : [{ error, same: error === ours(one).error }];
    });
    expect(refused.filter(({ same }) => same).length).toBeGreaterThan(refused.length * 0.97);
    // The cases themselves, so that a generator that stopped generating is noticed.
    expect(refused.length).toBeGreaterThan(400);
    expect(cases.length - refused.length).toBeGreaterThan(1000);
  },
  coldBuildMs,
);
