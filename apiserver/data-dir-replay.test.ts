import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../api/objects';
import type { Change } from './change-history';
import { openDataDir } from './data-dir';
import { kindOf } from './registry';
import { Storage } from './storage';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'midplane-replay-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const kinds = { ConfigMap: kindOf('configmaps'), Secret: kindOf('secrets') } as const;

interface Step {
  readonly verb: 'write' | 'delete';
  readonly kind: keyof typeof kinds;
  readonly name: string;
  readonly value: number;
  /** A pause, so that the next write goes to another batch. */
  readonly flush: boolean;
}

const steps = fc.array(
  fc.record<Step>({
    verb: fc.constantFrom('write', 'write', 'delete'),
    kind: fc.constantFrom('ConfigMap', 'Secret'),
    name: fc.constantFrom('a', 'b', 'c'),
    value: fc.nat(3),
    flush: fc.boolean(),
  }),
  { maxLength: 30 },
);

async function run(storage: Storage, script: readonly Step[]): Promise<void> {
  for (const { verb, kind, name, value, flush } of script) {
    const object: KubeObject = { apiVersion: 'v1', kind, metadata: { name, namespace: 'ns' }, value };
    if (verb === 'delete') storage.delete(kinds[kind], 'ns', name);
    else if (storage.get(kinds[kind], 'ns', name) === null) storage.create(kinds[kind], object);
    else storage.update(kinds[kind], object, undefined);
    if (flush) await storage.durable();
  }
}

/** Everything that a client could find out. */
function picture(storage: Storage): unknown {
  return Object.values(kinds).map((kind) => {
    const history: Change[] = [];
    const from = storage.oldestRevision(kind);
    storage.watch(kind, from, (change) => history.push(change));
    return { revision: storage.revision, from, objects: storage.list(kind, ''), history };
  });
}

test('whatever is written, a storage that is read back is the one that was written, twice over', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(steps, steps, fc.integer({ min: 1, max: 8 }), async (first, second, limit) => {
      count += 1;
      const directory = join(scratch, String(count));
      const limits = { count: limit };
      let before: unknown;
      for (const script of [first, second, []]) {
        const storage = new Storage({ limits });
        const opened = await openDataDir(directory, storage);
        if (before !== undefined) expect(picture(storage)).toEqual(before);
        await run(storage, script);
        await storage.durable();
        before = picture(storage);
        await opened.close();
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
