import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { hasXmllint, junitFaults, sarifFaults } from '../report/schemas.test.fixtures';
import { runProgram } from './program';

async function session(args: readonly string[], input = '') {
  let stdout = '';
  let stderr = '';
  const code = await runProgram(['check', ...args], {
    write: (text) => {
      stdout += text;
    },
    warn: (text) => {
      stderr += text;
    },
    readInput: async () => input,
    signal: new AbortController().signal,
    colour: false,
    width: null,
    progress: false,
  });
  return { code, stdout, stderr };
}

const folder = mkdtempSync(join(tmpdir(), 'midplane-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const manifests = join(__dirname, '..', '..', 'test', 'manifests');
const quick = ['--path', 'pod-proxy-http', '--technique', 'tap'];

describe('midplane check', () => {
  test('reads the standard input, and tells what stands open without failing for it', async () => {
    const { code, stdout, stderr } = await session([...quick, '-f', '-'], 'kubelet --config=/c --madeup=1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/pod-proxy-http .*plaintext/);
    expect(stdout).toMatch(/--madeup kubelet 1\.33 knows no such flag .*the standard\s+input:1:21/s);
  });

  test('its SARIF points at the file that was given, and at the same finding when lines have moved', async () => {
    const manifest = readFileSync(join(manifests, 'kubeadm-kube-apiserver.yaml'), 'utf8');
    const found = async (name: string, text: string) => {
      const file = join(folder, name);
      writeFileSync(file, text);
      const [sarif, junit] = [join(folder, `${name}.sarif`), join(folder, `${name}.xml`)];
      const { code } = await session([...quick, '-f', file, '-o', `sarif=${sarif}`, '-o', `junit=${junit}`]);
      expect(code).toBe(0);
      const log = readFileSync(sarif, 'utf8');
      expect(sarifFaults(log)).toEqual([]);
      if (hasXmllint) expect(junitFaults(readFileSync(junit, 'utf8'))).toBe('');
      return JSON.parse(log).runs[0].results;
    };
    const [open, ...others] = await found('kube.yaml', manifest);
    expect(others).toEqual([]);
    expect(open).toMatchObject({
      ruleId: 'midplane/pod-proxy-http/open',
      message: { text: expect.stringContaining('No setting that was tried closes it.') },
    });
    expect(open.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: `file://${join(folder, 'kube.yaml')}` },
      region: { startLine: 14, startColumn: 7 },
    });
    const [moved] = await found('moved.yaml', `# one\n# two\n${manifest}`);
    expect(moved.locations[0].physicalLocation.region).toEqual({ startLine: 16, startColumn: 7 });
    expect(moved.partialFingerprints).toEqual(open.partialFingerprints);
  });

  test('--evidence keeps each path as it was when most was gained', async () => {
    const evidence = join(folder, 'evidence');
    const command = ['--evidence', evidence, '-o', 'json', '--', 'kube-apiserver', '--v=1'];
    const paths = ['--path', 'pod-proxy-http', '--technique', 'rogue-ca,tap'];
    const { code, stdout, stderr } = await session([...paths, ...command]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('wrote evidence to '),
    });
    const read = (name: string): string => readFileSync(join(evidence, name), 'utf8');
    expect(JSON.parse(read('verdict.json'))).toEqual(JSON.parse(stdout));
    const cell = JSON.parse(read('pod-proxy-http/verdict.json'));
    expect(cell).toMatchObject({ defence: 'given', technique: 'tap', verdict: 'plaintext' });
    const [canary] = /up-[0-9a-f]{16}/.exec(cell.evidence.lootQuote) ?? ['no canary'];
    expect(read('pod-proxy-http/captures/attacker.pcapng')).toContain(canary);
    expect(read('report.html')).toContain('<h2>pod-proxy-http</h2>');
    expect(await session([...quick, ...command])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('is not empty'),
    });
  });

  test.each<[string[], number]>([
    [['--fail-on', 'open'], 1],
    [['--fail-on', 'unknown'], 0],
    [['--fail-on', 'open', '--soft-fail'], 0],
  ])('%j exits with %i', async (more, expected) => {
    const { code } = await session([...quick, ...more, '-o', 'json', '--', 'kube-apiserver', '--v=1']);
    expect(code).toBe(expected);
  });

  test.each<[string[], string]>([
    [[], 'error: no settings were given\nhint: midplane check -f'],
    [['-f', '/nowhere/x.yaml'], 'error: open /nowhere/x.yaml: no such file'],
    [['--', 'etcd'], 'error: the command line:1:1: the text names neither'],
    [
      ['--fail-on', 'opn', '--', 'kubelet'],
      'error: unknown reason to fail "opn"\nhint: did you mean "open"?',
    ],
    [['--path', 'log', '--', 'kubelet'], 'error: unknown path "log"'],
    [['--position', 'nam', '--', 'kubelet'], 'error: unknown position "nam"'],
    [
      ['--side', 'node', '--', 'kubelet'],
      'error: --side "node" says nothing: these settings are those of no tunnel',
    ],
    [
      ['--side', 'nod', '--', 'kube-apiserver', '--egress-selector-config-file=/e'],
      'error: unknown side "nod"',
    ],
  ])('refuses %j before a lab is started', async (args, words) => {
    const { code, stdout, stderr } = await session(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});
