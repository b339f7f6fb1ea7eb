import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runBash } from './composite-action';
import { root } from './packed-package';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midplane-ci-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = join(root, 'bin', 'midplane-ci');
const ci = (variables: Record<string, string>, args = '') =>
  runBash(`'${program}' ${args}`, folder, {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    ...variables,
  });
const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');

const quick = { MIDPLANE_ARGS: '--path pod-proxy-http\n--technique   tap' };

describe('midplane-ci', () => {
  test('attacks what is stock without files, and writes the formats that are named', async () => {
    const variables = { ...quick, MIDPLANE_FORMATS: 'junit json', MIDPLANE_REPORTS: 'out/reports' };
    const { code, output } = await ci(variables);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('plaintext') });
    expect(await readdir(join(folder, 'out', 'reports'))).toEqual(['midplane.json', 'midplane.xml']);
    expect(await read('output')).toBe(
      [
        'exit-code=0',
        'outcome=as-expected',
        'reports=out/reports',
        'junit=out/reports/midplane.xml',
        'json=out/reports/midplane.json',
        '',
      ].join('\n'),
    );
  });

  test('reads files with spaces in their names, one a line, and arguments of its own behind all others', async () => {
    await writeFile(join(folder, 'the kubelet.yaml'), 'kubelet --config=/c --madeup=1');
    const variables = { ...quick, MIDPLANE_FILES: 'the kubelet.yaml\n', MIDPLANE_FORMATS: 'markdown' };
    const { code, output } = await ci(variables, '-- kube-apiserver --v=1');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(/--madeup .*the\s+kubelet\.yaml:1:21/s);
    expect(output).not.toContain('No kube-apiserver was given');
    expect(await read('summary')).toBe(await read('midplane-reports/midplane.md'));
  });

  test('hands on that it failed, with the reports that were written', async () => {
    const { code } = await ci({ ...quick, MIDPLANE_FORMATS: 'sarif' }, '--expect nowhere.yaml');
    expect(code).toBe(2);
    expect(await read('output')).toBe('exit-code=2\noutcome=invalid\nreports=midplane-reports\n');
  });

  test('does not take the reports of the run before it for its own', async () => {
    await ci({ ...quick, MIDPLANE_FORMATS: 'markdown' });
    await rm(join(folder, 'summary'));
    await rm(join(folder, 'output'));
    await ci({ MIDPLANE_ARGS: '--path logz', MIDPLANE_FORMATS: 'markdown' });
    expect(await read('output')).not.toContain('markdown=');
    await expect(read('summary')).rejects.toThrow('ENOENT');
  });

  test('plays a scenario', async () => {
    const { code, output } = await ci({ MIDPLANE_COMMAND: 'run', MIDPLANE_ARGS: 'use-the-flag' });
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(await read('midplane-reports/midplane.xml')).toContain('use-the-flag');
    expect(await read('summary')).toContain('use-the-flag');
  });

  test.each<[Record<string, string>, string]>([
    [{ MIDPLANE_FORMATS: 'junit5' }, 'error: unknown format "junit5" in MIDPLANE_FORMATS\nhint: json, junit'],
    [{ MIDPLANE_COMMAND: 'attack' }, 'error: unknown command "attack" in MIDPLANE_COMMAND\nhint: check, '],
    [{ MIDPLANE_COMMAND: 'run', MIDPLANE_FILES: 'a.yaml' }, 'error: MIDPLANE_FILES is given, and run reads'],
  ])('refuses %j before anything is started', async (variables, words) => {
    expect(await ci(variables)).toEqual({ code: 2, output: expect.stringContaining(words) });
    expect(await readdir(folder)).toEqual([]);
  });
});
