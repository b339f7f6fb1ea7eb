import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../pki/authority';
import { hasXmllint, junitFaults, sarifFaults } from '../report/schemas.test.fixtures';
import { midplane } from './midplane.test.fixtures';

const session = (args: readonly string[], input = '') =>
  midplane(['check', ...args], { readInput: async () => input });

const folder = mkdtempSync(join(tmpdir(), 'midplane-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const manifests = join(__dirname, '..', '..', 'test', 'manifests');
const examples = join(__dirname, '..', '..', 'examples', 'cluster-flags');
const quick = ['--path', 'pod-proxy-http', '--technique', 'tap'];

describe('midplane check', () => {
  test('reads the standard input, and tells what stands open without failing for it', async () => {
    const { code, out, err } = await session([...quick, '-f', '-'], 'kubelet --config=/c --madeup=1');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/pod-proxy-http .*plaintext/);
    expect(out).toMatch(/--madeup kubelet 1\.33 knows no such flag .*the standard\s+input:1:21/s);
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
    const { code, out, err } = await session([...paths, ...command]);
    expect({ code, err }).toMatchObject({
      code: 0,
      err: expect.stringContaining('wrote evidence to '),
    });
    const read = (name: string): string => readFileSync(join(evidence, name), 'utf8');
    expect(JSON.parse(read('verdict.json'))).toEqual(JSON.parse(out));
    const cell = JSON.parse(read('pod-proxy-http/verdict.json'));
    expect(cell).toMatchObject({ defence: 'given', technique: 'tap', verdict: 'plaintext' });
    const [canary] = /up-[0-9a-f]{16}/.exec(cell.evidence.lootQuote) ?? ['no canary'];
    expect(read('pod-proxy-http/captures/attacker.pcapng')).toContain(canary);
    expect(read('report.html')).toContain('<h2>pod-proxy-http</h2>');
    expect(await session([...quick, ...command])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('is not empty'),
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

  test('a baseline accepts what is open, and fails what opens later, unless softly', async () => {
    const baseline = ['--baseline', join(folder, 'baseline.yaml')];
    const attack = ['--path', 'logs', '--technique', 'self-signed'];
    const closed = ['-f', join(examples, 'kube-apiserver.yaml'), '-f', join(examples, 'kubelet-config.yaml')];
    const open = ['-f', join(manifests, 'kubeadm-kube-apiserver.yaml')];
    const written = await session([...attack, ...closed, ...baseline, '--write-baseline']);
    expect(written).toMatchObject({
      code: 0,
      err: expect.stringContaining('0 open cells are accepted from now on'),
    });
    expect(await session([...attack, ...closed, ...baseline])).toMatchObject({ code: 0 });
    const opened = await session([...attack, ...open, ...baseline]);
    expect(opened).toMatchObject({
      code: 1,
      out: expect.stringContaining('seen verdict: impersonated (it is not'),
    });
    expect(await session([...attack, ...open, ...baseline, '--soft-fail'])).toMatchObject({
      code: 0,
      err: opened.err,
    });
    expect(await session([...attack, ...open, ...baseline, '--write-baseline'])).toMatchObject({ code: 0 });
    expect(await session([...attack, ...open, ...baseline])).toMatchObject({ code: 0 });
  });

  test('says whether a kubelet’s own certificate would be believed, and attacks a node that shows one like it', async () => {
    const [authority, other] = await Promise.all([
      createAuthority({ commonName: 'theirs' }),
      createAuthority({ commonName: 'theirs' }),
    ]);
    const { certPem } = await authority.issue({
      commonName: 'system:node:a',
      ipAddresses: ['10.1.2.3'],
      usages: ['serverAuth'],
    });
    const pem = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const told = async (ca: string) => {
      const own = ['--kubelet-cert', pem('kubelet.crt', certPem), '--kubelet-host', '10.1.2.3'];
      const flags = [
        '-f',
        join(examples, 'kube-apiserver.yaml'),
        '--path',
        'logs',
        '--technique',
        'self-signed',
      ];
      const { code, out } = await session([...flags, ...own, '--kubelet-ca', pem('ca.crt', ca)]);
      return { code, out: out.replace(/\s+/g, ' ') };
    };
    const good = await told(authority.certPem);
    expect(good).toMatchObject({ code: 0, out: expect.stringMatching(/logs . refused/) });
    expect(good.out).toContain('For 10.1.2.3 kube-apiserver would believe it.');
    const bad = await told(other.certPem);
    expect(bad).toMatchObject({ code: 1, out: expect.stringMatching(/logs . broken/) });
    expect(bad.out).toMatch(/For 10\.1\.2\.3 kube-apiserver would refuse it: .*unknown authority/);
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
    [
      ['--kubelet-cert', 'a.crt', '--', 'kubelet'],
      '--kubelet-cert, --kubelet-ca and --kubelet-host belong together',
    ],
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
    const { code, out, err } = await session(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(words);
  });
});
