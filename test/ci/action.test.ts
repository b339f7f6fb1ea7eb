import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasXmllint, junitFaults, notValidated, sarifFaults } from '../../report/schemas.test.fixtures';
import { type Action, type ActionOutcome, readAction, runAction } from './composite-action';
import { hasRegistry, notInstalled, openWorkbench, root, type Workbench } from './packed-package';

const LIMIT_MS = 170_000;

let action: Action;
beforeAll(async () => {
  action = await readAction(join(root, 'action.yml'));
});

describe('action.yml', () => {
  test('says of everything what it is for, and gives every input a default', () => {
    for (const [name, it] of Object.entries({ ...action.inputs, ...action.outputs }))
      expect({ name, told: it.description.length > 5 }).toEqual({ name, told: true });
    for (const [name, it] of Object.entries(action.inputs))
      expect({ name, type: typeof it.default }).toEqual({ name, type: 'string' });
  });

  test('hands every input on', () => {
    const steps = JSON.stringify(action.runs.steps);
    expect(Object.keys(action.inputs).filter((name) => !steps.includes(`inputs.${name}`))).toEqual([]);
  });

  test('uses two Actions of others, each pinned by its commit with the version beside it', async () => {
    const text = await readFile(join(root, 'action.yml'), 'utf8');
    const uses = [...text.matchAll(/uses: (.*)/g)].map((match) => match[1]);
    expect(uses).toEqual([
      expect.stringMatching(/^actions\/setup-node@[0-9a-f]{40} # v\d+\.\d+\.\d+$/),
      expect.stringMatching(/^github\/codeql-action\/upload-sarif@[0-9a-f]{40} # v\d+\.\d+\.\d+$/),
    ]);
  });
});

const files = 'cluster/kube-apiserver.yaml\ncluster/kubelet-config.yaml\n';
const expected = { files, expect: 'cluster/expectations.yaml' };

(hasRegistry ? describe : describe.skip)(`the Action${notInstalled}${notValidated}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
  }, LIMIT_MS);
  afterAll(async () => bench?.[Symbol.asyncDispose]());

  test(
    'installed from its own checkout, writes every report, the summary and the outputs',
    async () => {
      const workspace = await bench.workspace('closed');
      const places = { action: await bench.checkout(), workspace, temp: join(bench.folder, 'closed-temp') };
      const outcome = await runAction(action, { ...expected, 'upload-sarif': 'true' }, places);
      expect({ code: outcome.code, log: outcome.log }).toMatchObject({ code: 0 });
      expect(outcome.outputs).toEqual({
        'exit-code': '0',
        outcome: 'as-expected',
        reports: 'midplane-reports',
        json: 'midplane-reports/midplane.json',
        junit: 'midplane-reports/midplane.xml',
        sarif: 'midplane-reports/midplane.sarif',
        markdown: 'midplane-reports/midplane.md',
        html: 'midplane-reports/midplane.html',
      });
      await expectReports(outcome, workspace);
      expect(outcome.summary).toMatch(/\| `exec`<br>.* \| .*refused/);
      expect(outcome.used).toEqual([
        { uses: expect.stringContaining('setup-node'), with: { 'node-version': '22' } },
        {
          uses: expect.stringContaining('upload-sarif'),
          with: { sarif_file: 'midplane-reports/midplane.sarif', category: 'midplane' },
        },
      ]);
    },
    LIMIT_MS,
  );

  test(
    'installed from a package, fails when the flag is taken away, and has written everything nevertheless',
    async () => {
      const workspace = await bench.workspace('open');
      const manifest = join(workspace, 'cluster', 'kube-apiserver.yaml');
      const flags = await readFile(manifest, 'utf8');
      await writeFile(manifest, flags.replace(/^.*--kubelet-certificate-authority.*\n/m, ''));
      const places = { action: root, workspace, temp: join(bench.folder, 'open-temp') };
      const inputs = { ...expected, version: `file:${bench.tarball}`, 'node-version': '' };
      const outcome = await runAction(action, inputs, places);
      expect({ code: outcome.code, log: outcome.log }).toMatchObject({ code: 1 });
      expect(outcome.outputs).toMatchObject({ 'exit-code': '1', outcome: 'not-as-expected' });
      const { junit } = await expectReports(outcome, workspace);
      expect(junit.match(/<failure [^>]*>/g)?.length).toBeGreaterThan(0);
      expect(outcome.summary).toMatch(/\| `exec`<br>.* \| .*impersonated/);
      expect(outcome.used).toEqual([]);
    },
    LIMIT_MS,
  );
});

/** Each of its files is there, and JUnit and SARIF are valid. */
async function expectReports(
  { outputs }: ActionOutcome,
  workspace: string,
): Promise<Record<'junit' | 'sarif', string>> {
  const read = (name: string): Promise<string> => readFile(join(workspace, outputs[name] ?? ''), 'utf8');
  const [junit, sarif] = [await read('junit'), await read('sarif')];
  if (hasXmllint) expect(junitFaults(junit)).toBe('');
  expect(sarifFaults(sarif)).toEqual([]);
  expect(JSON.parse(await read('json'))).toMatchObject({ kind: 'InterceptionMatrix' });
  expect(await read('html')).toMatch(/^<!doctype html>/i);
  return { junit, sarif };
}
