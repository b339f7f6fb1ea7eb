import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { shippedFolder } from '../lab/scenario-files/shipped';
import { hasXmllint, junitFaults, sarifFaults } from '../report/schemas.test.fixtures';
import { midplane } from './midplane.test.fixtures';

const folder = mkdtempSync(join(tmpdir(), 'midplane-scenarios-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const good = readFileSync(join(shippedFolder, 'skip-verify-backend.yaml'), 'utf8');

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('scenario files', () => {
  test('lint says what is wrong, and where', async () => {
    const right = file('right.yaml', good);
    const wrong = file('wrong.yaml', good.replace('defence: kubelet-ca', 'defence: kubelet-cs'));
    const line = good.split('\n').findIndex((each) => each.includes('defence: kubelet-ca')) + 1;
    expect(await midplane(['lint', right])).toMatchObject({ code: 0, err: '' });
    expect(await midplane(['lint', right, wrong])).toEqual({
      code: 2,
      out: `${right}: skip-verify-backend is a scenario\n${wrong}:${line}:14: unknown defence "kubelet-cs"; did you mean "kubelet-ca" or "kubelet-ca-cn" or "kubelet-open"?\n`,
      err: '',
    });
    expect(await midplane(['lint'])).toMatchObject({ code: 2, err: expect.stringContaining('hint: ') });
    expect(await midplane(['lint', 'nowhere.yaml'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('open nowhere.yaml: no such file or directory'),
    });
  });

  test('one that is none is not run', async () => {
    const wrong = file('none.yaml', good.replace('technique: self-signed', 'technique: selfsigned'));
    expect(await midplane(['run', wrong])).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(
        /^error: .*none\.yaml:\d+:16: unknown technique "selfsigned"\nhint: did you mean "self-signed"/,
      ),
    });
  });

  test('--dry-run says what would be started and done', async () => {
    const { code, out } = await midplane(['run', file('dry.yaml', good), '--dry-run', '--twin', 'open']);
    expect(code).toBe(0);
    expect(out).toContain('kube-apiserver with --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt');
    expect(out).toContain('attacker: self-signed on logs-skip-verify, from arp');
    expect(out).toContain('logs-skip-verify: verdict impersonated');
    expect(out).not.toContain('fixed');
  });

  test('--dry-run of a play says what the play would do, with which options', async () => {
    const { code, out } = await midplane(['run', 'get-nodes-proxy', '--dry-run']);
    expect(code).toBe(0);
    expect(out).toContain('play get-nodes-proxy, with resource: "nodes/proxy"');
    expect(out).toContain('play get-nodes-proxy, with resource: "nodes/pods"');
    expect(out).toContain('agent: curl -k -H "Authorization: Bearer …" https://node-1:10250/pods');
    expect(out).toContain('somebody is shown');
  });

  test('an expectation that does not hold is told, and ends with 1', async () => {
    const hopeful = file(
      'hopeful.yaml',
      good.replace('verdict: impersonated, forged: true', 'verdict: refused, forged: true'),
    );
    const [sarif, junit] = [join(folder, 'hopeful.sarif'), join(folder, 'hopeful.xml')];
    const more = ['-o', 'story', '-o', `sarif=${sarif}`, '-o', `junit=${junit}`];
    const { code, out } = await midplane(['run', hopeful, '--twin', 'open', ...more]);
    expect(code).toBe(1);
    const unmet = 'logs-skip-verify: verdict: expected "refused", and it was "impersonated"';
    expect(out).toContain(unmet);
    const line = good.split('\n').indexOf('  expect:') + 2;
    const log = readFileSync(sarif, 'utf8');
    expect(JSON.parse(log).runs[0].results).toMatchObject([
      {
        level: 'error',
        message: { text: expect.stringContaining(unmet) },
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: `file://${hopeful}` }, region: { startLine: line } },
          },
        ],
      },
    ]);
    expect(sarifFaults(log)).toEqual([]);
    const xml = readFileSync(junit, 'utf8');
    expect(xml).toContain(`\n${hopeful}:${line}:`);
    expect(hasXmllint ? junitFaults(xml) : '').toBe('');
    expect(await midplane(['run', file('true.yaml', good), '--twin', 'open'])).toMatchObject({ code: 0 });
  });
});
