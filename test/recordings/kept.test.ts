import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { midplane } from '../../cli/midplane.test.fixtures';

/** Recordings that were made once: what they are replayed as may not change. Tests run compiled, in dist/. */
const folder = join(__dirname, '..', '..', '..', 'test', 'recordings');
const kept = readdirSync(folder).filter((name) => name.endsWith('.ndjson'));

/** What `-o json` prints of each, by its SHA-256. */
const documents: Readonly<Record<string, string>> = {
  'anonymous-kubelet-fixed.ndjson': '663285944e0d00cbecfc4e80b85598a3a98cea9711b2f588b71529b8248de567',
  'exec-relay-without-shown.ndjson': '40672bea316f817a66a1225011d880d3f0e6a7e542869aec4194ced79a34ceec',
};

test('recordings are kept: of a cell and of a scenario, of this format and of one before', () => {
  expect(kept.sort()).toEqual(Object.keys(documents));
});

describe.each(kept)('%s', (name) => {
  const file = join(folder, name);

  test('is told in the words that stand beside it', async () => {
    const words = readFileSync(file.replace(/\.ndjson$/, '.txt'), 'utf8');
    expect(await midplane(['replay', file, '--no-wait'])).toEqual({ code: 0, out: words, err: '' });
  });

  test('gives the document that it gave', async () => {
    const { out } = await midplane(['replay', file, '-o', 'json']);
    expect(createHash('sha256').update(out).digest('hex')).toBe(documents[name]);
  });

  test('is the same as itself', async () => {
    expect(await midplane(['diff', file, file])).toMatchObject({ code: 0, out: 'no differences\n' });
  });

  test('has no private key in it', () => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/PRIVATE KEY|TRAFFIC_SECRET/);
  });
});
