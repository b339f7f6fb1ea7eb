import { mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pki } from './pki';

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'midplane-pki-'));
});
afterEach(() => rm(out, { recursive: true }));

function observe() {
  const said = { stdout: '', stderr: '' };
  const terminal = {
    write: (text: string) => {
      said.stdout += text;
    },
    warn: (text: string) => {
      said.stderr += text;
    },
    signal: new AbortController().signal,
    colour: false,
    width: null,
    progress: false,
  };
  return { said, terminal };
}

describe('midplane pki', () => {
  test('mints a set once and leaves a complete one alone', async () => {
    const { said, terminal } = observe();
    expect(await pki({ out, kubeconfig: join(out, 'host', 'kubeconfig') }, terminal)).toBe(0);
    const key = await readFile(join(out, 'node-1/pki/kubelet.key'), 'utf8');
    expect(await pki({ out }, terminal)).toBe(0);
    expect(await readFile(join(out, 'node-1/pki/kubelet.key'), 'utf8')).toBe(key);
    expect(said.stdout).toContain('a complete set of keys is in');
    expect(await readFile(join(out, 'host/kubeconfig'), 'utf8')).toContain('https://127.0.0.1:16443');
    expect(said.stderr).toBe('');
  });

  test('mints all of it anew when a part is missing: keys of two sets do not fit together', async () => {
    const { terminal } = observe();
    await pki({ out }, terminal);
    const authority = await readFile(join(out, 'apiserver/pki/ca.crt'), 'utf8');
    await unlink(join(out, 'attacker/set'));
    await pki({ out }, terminal);
    expect(await readFile(join(out, 'apiserver/pki/ca.crt'), 'utf8')).not.toBe(authority);
  });

  test('keys are for the group of the components, certificates for all', async () => {
    await pki({ out }, observe().terminal);
    const mode = async (file: string) => ((await stat(join(out, file))).mode & 0o777).toString(8);
    expect(await mode('apiserver/pki/apiserver.key')).toBe('640');
    expect(await mode('apiserver/pki/apiserver.crt')).toBe('644');
    expect(await mode('attacker/control-token')).toBe('640');
  });

  test('a folder that cannot be written to is named', async () => {
    const file = join(out, 'no-folder');
    await writeFile(file, '');
    await expect(pki({ out: file }, observe().terminal)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('no-folder/apiserver'),
    });
  });

  test('without a place for the kubeconfig there is a warning and a lab', async () => {
    const { said, terminal } = observe();
    await writeFile(join(out, 'no-folder'), '');
    expect(await pki({ out, kubeconfig: join(out, 'no-folder', 'kubeconfig') }, terminal)).toBe(0);
    expect(said.stderr).toMatch(/^warning: no kubeconfig for your own kubectl/);
  });
});
