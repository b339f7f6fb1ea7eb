import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { supervise } from './supervise';

/** The component is a real program: one that refuses its flags at once, and says so in the supervisor's log. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midplane-supervise-'));
});
afterAll(() => rm(folder, { recursive: true }));

function observe() {
  const stop = new AbortController();
  const lines: { msg: string; [field: string]: unknown }[] = [];
  const waiting: { text: string; found: (line: (typeof lines)[number]) => void }[] = [];
  const terminal = {
    write: () => undefined,
    warn: (text: string) => {
      const line = JSON.parse(text) as (typeof lines)[number];
      lines.push(line);
      for (const it of waiting.filter(({ text: wanted }) => line.msg.includes(wanted))) it.found(line);
    },
    signal: stop.signal,
    colour: false,
    width: null,
    progress: false,
  };
  const next = (text: string) =>
    new Promise<(typeof lines)[number]>((found) => waiting.push({ text, found }));
  return { terminal, stop: () => stop.abort(), next };
}

async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

describe('supervise', () => {
  test('waits for the flags, starts the component, and starts it again when it ends', async () => {
    const file = join(folder, 'first.flags');
    const { terminal, stop, next } = observe();
    const waits = next('waiting for the file');
    const starts = next('starting kubelet');
    const ends = next('ended by itself');
    const running = supervise('kubelet', { flags: file }, terminal);
    await waits;
    await replace(file, '# a flag that there is not\n--no-such-flag\n');
    expect((await starts)['flags']).toEqual(['--no-such-flag']);
    expect(await ends).toMatchObject({ exitCode: 2, startsAgainInMs: 250 });
    const again = next('starting kubelet');
    await replace(file, '--no-such-flag=2\n');
    expect((await again)['flags']).toEqual(['--no-such-flag=2']);
    stop();
    expect(await running).toBe(0);
  });

  test('knows only components', async () => {
    const { terminal } = observe();
    await expect(supervise('sh', { flags: 'x' }, terminal)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
