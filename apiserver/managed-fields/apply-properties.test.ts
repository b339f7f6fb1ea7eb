import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isFailure } from '../../api/failures';
import { fieldsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { kindOf } from '../registry';
import { patchObject } from '../resources';
import { testingCluster } from '../testing-cluster';

type Data = Readonly<Record<string, string | null>>;

interface Step {
  readonly by: string;
  /** Null: an update by merge patch. */
  readonly apply: { readonly force: boolean } | null;
  readonly data: Data;
}

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '2');
const data = fc.dictionary(key, value, { maxKeys: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      by: fc.constantFrom('one', 'two'),
      apply: fc.record({ force: fc.boolean() }),
      data,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      by: fc.constantFrom('kubectl-edit', 'controller'),
      apply: fc.constant(null),
      data: fc.dictionary(key, fc.option(value, { freq: 3 }), { maxKeys: 2 }),
    }),
  },
);

/** Nobody touches `kept`, so that there is always a manager. */
const first: Step = { by: 'base', apply: { force: false }, data: { kept: 'x' } };

function cluster() {
  const clock = new Date('2025-06-01T12:00:00Z');
  const testing = testingCluster(clock);
  return {
    does({ by, apply, data: given }: Step): 'conflict' | KubeObject {
      clock.setSeconds(clock.getSeconds() + 1);
      const place = { kind: kindOf('configmaps'), namespace: 'default', name: 'c', subresource: '' } as const;
      const typed = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
      const body =
        apply === null
          ? { contentType: 'application/merge-patch+json', value: { data: given } }
          : { contentType: 'application/apply-patch+yaml', value: { ...typed, data: given } };
      const force = apply?.force ?? false;
      const outcome = patchObject(testing, place, body, { dryRun: false, fieldManager: by, force });
      if (!isFailure(outcome)) return outcome;
      if (outcome.code !== 409) throw new Error(outcome.message);
      return 'conflict';
    },
  };
}

/** What is there and who owns it, by the rules that the documentation of server-side apply states. */
class Model {
  readonly data = new Map<string, string>();
  readonly owners = new Map<string, Set<string>>();

  does({ by, apply, data: given }: Step): 'conflict' | 'done' {
    const changed = Object.entries(given).filter(
      ([name, wanted]) => (this.data.get(name) ?? null) !== wanted,
    );
    const taken = changed.some(([name]) => [...(this.owners.get(name) ?? [])].some((owner) => owner !== by));
    if (apply !== null && !apply.force && taken) return 'conflict';
    for (const [name, wanted] of changed) {
      if (wanted === null) this.#remove(name);
      else {
        this.data.set(name, wanted);
        this.owners.set(name, new Set([by]));
      }
    }
    if (apply === null) return 'done';
    for (const name of Object.keys(given)) this.owners.get(name)?.add(by);
    for (const [name, owners] of this.owners) {
      if (Object.hasOwn(given, name) || !owners.delete(by)) continue;
      if (owners.size === 0) this.#remove(name);
    }
    return 'done';
  }

  #remove(name: string): void {
    this.data.delete(name);
    this.owners.delete(name);
  }
}

function ownersIn(object: KubeObject): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const entry of object.metadata.managedFields ?? []) {
    const { manager, fieldsV1 } = entry as { manager: string; fieldsV1: unknown };
    for (const field of Object.keys(fieldsOf(fieldsOf(fieldsV1)['f:data']))) {
      if (field === '.') continue;
      const name = field.slice('f:'.length);
      found[name] = [...(found[name] ?? []), manager].sort();
    }
  }
  return found;
}

test('what a manager alone gives up is removed, and the rest is owned as the rules say', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const [real, model] = [cluster(), new Model()];
      for (const one of [first, ...steps]) {
        const [outcome, expected] = [real.does(one), model.does(one)];
        expect(outcome === 'conflict' ? 'conflict' : 'done').toBe(expected);
        if (outcome === 'conflict') continue;
        expect(outcome['data']).toEqual(Object.fromEntries(model.data));
        const owners = [...model.owners].map(([name, of]) => [name, [...of].sort()] as const);
        expect(ownersIn(outcome)).toEqual(Object.fromEntries(owners));
      }
    }),
    { numRuns: 60 },
  );
});

test('the same configuration applied again changes nothing, whoever wrote before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 5 }), data, (steps, given) => {
      const real = cluster();
      for (const one of [first, ...steps]) real.does(one);
      const last: Step = { by: 'one', apply: { force: true }, data: given };
      const once = structuredClone(real.does(last));
      expect(real.does(last)).toEqual(once);
    }),
    { numRuns: 60 },
  );
});
