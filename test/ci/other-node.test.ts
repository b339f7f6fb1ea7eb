import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasRegistry, notInstalled, root } from './packed-package';

const run = promisify(execFile);
const major = process.versions.node.split('.')[0];
/** The npm package `node` ships the real binary. */
const other = major === '24' ? '22' : '24';

let folder = '';
beforeAll(async () => {
  if (!hasRegistry) return;
  folder = await mkdtemp(join(tmpdir(), 'midplane-node-'));
  await run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, `node@${other}`]);
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Bytes: not a letter may differ. */
async function stdout(node: string, args: readonly string[]): Promise<Buffer> {
  const options = { encoding: 'buffer', maxBuffer: 2 ** 25 } as const;
  return (await run(node, [join(root, 'dist', 'cli', 'main.js'), ...args], options)).stdout;
}

const describeWithRegistry = hasRegistry ? describe : describe.skip;

describeWithRegistry(`a recording on Node ${other}, as on ${major}${notInstalled}`, () => {
  const there = () => join(folder, 'node_modules', 'node', 'bin', 'node');
  const files: string[] = [];

  beforeAll(async () => {
    const { stdout: version } = await run(there(), ['--version']);
    expect(version).toMatch(new RegExp(`^v${other}\\.`));
    const kept = join(root, 'test', 'recordings');
    files.push(
      ...(await readdir(kept)).filter((name) => name.endsWith('.ndjson')).map((name) => join(kept, name)),
    );
    const made = join(folder, 'logs.ndjson');
    const cell = ['--path', 'logs', '--defence', 'none', '--technique', 'relay'];
    await stdout(process.execPath, ['record', ...cell, '-o', made]);
    files.push(made);
  }, 60_000);

  test.each([['--no-wait'], ['--no-wait', '--at', '#12'], ['-o', 'json'], ['-o', 'html'], ['-o', 'sarif']])(
    'is replayed the same with %s %s %s',
    async (...args) => {
      expect(files.length).toBeGreaterThan(2);
      for (const file of files) {
        const here = await stdout(process.execPath, ['replay', file, ...args]);
        expect(here.length).toBeGreaterThan(100);
        expect((await stdout(there(), ['replay', file, ...args])).equals(here)).toBe(true);
      }
    },
    60_000,
  );

  test('differs from another in the same words', async () => {
    const [a = '', b = ''] = files;
    const diff = (node: string) => stdout(node, ['diff', a, b, '-o', 'json']).catch((error) => error.stdout);
    const here = await diff(process.execPath);
    expect(here.length).toBeGreaterThan(1000);
    expect((await diff(there())).equals(here)).toBe(true);
  }, 60_000);
});
