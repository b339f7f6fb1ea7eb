import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Fields, isFields } from '../../api/fields';
import { sameJson } from '../../api/same-json';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { mergePatch } from './merge-patch';
import { strategicMergePatch } from './strategic-merge-patch';

/** A merge patch cannot set a null: nothing here has one. */
const { document } = fc.letrec<{ value: unknown; document: Fields }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown[]>(1, 'x', true, [], [1, { a: 1 }]),
    tie('document'),
  ),
  document: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 }),
}));

/** As kubectl makes it for kinds that it does not know (jsonmergepatch). */
function mergeDiff(from: Fields, to: Fields): Fields {
  const gone = Object.keys(from).filter((key) => !Object.hasOwn(to, key));
  const changed = Object.entries(to).filter(
    ([key, value]) => !Object.hasOwn(from, key) || !sameJson(from[key], value),
  );
  return Object.fromEntries([
    ...gone.map((key) => [key, null] as const),
    ...changed.map(([key, value]) => {
      const before = Object.hasOwn(from, key) ? from[key] : undefined;
      if (!isFields(value)) return [key, value] as const;
      return [key, mergeDiff(isFields(before) ? before : {}, value)] as const;
    }),
  ]);
}

test('a merge patch made of what differs gives the target', () => {
  fc.assert(
    fc.property(document, document, (from, to) => {
      expect(JSON.parse(JSON.stringify(mergePatch(from, mergeDiff(from, to))))).toEqual(
        JSON.parse(JSON.stringify(to)),
      );
    }),
  );
});

const container = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    image: fc.constantFrom('web:1', 'web:2'),
    args: fc.constantFrom(['x'], ['y']),
  },
  { requiredKeys: ['name', 'image'] },
);
const containers = fc.uniqueArray(container, { maxLength: 4, selector: ({ name }) => name });
type Container = Fields & { readonly name: string };

/** As kubectl apply does: what was applied before and is no longer goes, what the server added stays. */
function threeWay(original: readonly Container[], modified: readonly Container[]): Fields {
  const of = (name: string) => original.find((one) => one.name === name);
  const changed = modified.flatMap((wanted) => {
    const { name, ...rest } = mergeDiff(of(wanted.name) ?? {}, wanted);
    return Object.keys(rest).length === 0 && name === undefined ? [] : [{ ...rest, name: wanted.name }];
  });
  const kept = new Set(modified.map(({ name }) => name));
  const deleted = original
    .filter(({ name }) => !kept.has(name))
    .map(({ name }) => ({ name, $patch: 'delete' }));
  const order = modified.map(({ name }) => ({ name }));
  return { spec: { '$setElementOrder/containers': order, containers: [...changed, ...deleted] } };
}

test('a strategic patch made of three sides gives what is wanted, and keeps what the server added', () => {
  fc.assert(
    fc.property(containers, containers, fc.nat(4), (original, modified, at) => {
      const defaults = { terminationMessagePath: '/dev/termination-log' };
      const sidecar = { name: 'injected', image: 'proxy:1' };
      const live: Fields[] = original.map((one) => ({ ...one, ...defaults }));
      live.splice(at, 0, sidecar);
      const patched = strategicMergePatch(
        kubernetesSchema,
        'io.k8s.api.core.v1.Pod',
        { spec: { containers: live } },
        threeWay(original, modified),
      );
      const { containers: after } = patched['spec'] as { containers: Container[] };
      expect(after.filter(({ name }) => name !== 'injected')).toEqual(
        modified.map((one) =>
          original.some(({ name }) => name === one.name) ? { ...one, ...defaults } : one,
        ),
      );
      expect(after.filter(({ name }) => name === 'injected')).toEqual([sidecar]);
    }),
  );
});
