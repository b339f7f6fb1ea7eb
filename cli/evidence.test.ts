import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { evidencePlace, writeEvidence } from './evidence';
import type { Terminal } from './terminal';

const root = mkdtempSync(join(tmpdir(), 'midplane-evidence-'));
afterAll(() => rmSync(root, { recursive: true }));

const said: string[] = [];
const terminal: Terminal = {
  write: (text) => void said.push(text),
  warn: (text) => void said.push(text),
  signal: new AbortController().signal,
  colour: false,
  width: null,
  progress: false,
};
const files = [
  { name: 'verdict.json', content: Buffer.from('{}') },
  { name: 'captures/a.pcapng', content: Buffer.from('capture') },
];

describe('--evidence', () => {
  test('writes into a folder that it makes', async () => {
    const path = join(root, 'new', 'bundle');
    await writeEvidence(await evidencePlace(path, terminal), files, terminal);
    expect(readdirSync(path).sort()).toEqual(['captures', 'verdict.json']);
    expect(readFileSync(join(path, 'captures', 'a.pcapng'), 'utf8')).toBe('capture');
    expect(said.at(-1)).toBe(`wrote evidence to ${path}: 2 files, 1 KiB\n`);
  });

  test('writes an archive where the name says so', async () => {
    const path = join(root, 'bundle.zip');
    await writeEvidence(await evidencePlace(path, terminal), files, terminal);
    expect(readFileSync(path).toString('latin1', 0, 2)).toBe('PK');
  });

  test('takes a folder that is empty, and none that has files', async () => {
    const path = join(root, 'used');
    mkdirSync(path);
    expect(await evidencePlace(path, terminal)).toEqual({ kind: 'folder', path });
    writeFileSync(join(path, 'old.pcapng'), '');
    await expect(evidencePlace(path, terminal)).rejects.toMatchObject({
      code: 'USAGE',
      message: `folder "${path}" is not empty: it has "old.pcapng"`,
      hint: 'name a folder that is empty or new',
    });
  });

  test('refuses a file that is no archive, a folder named like one, no name, and the lab in containers', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    const named = join(root, 'folder.zip');
    mkdirSync(named);
    await expect(evidencePlace(file, terminal)).rejects.toThrow(`"${file}" is no folder`);
    await expect(evidencePlace(named, terminal)).rejects.toThrow(`"${named}" is a folder`);
    await expect(evidencePlace('', terminal)).rejects.toThrow('--evidence names no folder');
    await expect(evidencePlace('x', { ...terminal, labDescriptor: 'lab.json' })).rejects.toThrow(
      '--evidence is not to be had of the lab in containers',
    );
  });
});
