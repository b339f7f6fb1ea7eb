import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasXmllint, junitFaults, notValidated } from '../../report/schemas.test.fixtures';
import { midplaneVersion } from '../../version';
import { readAction, runBash } from './composite-action';
import { hasRegistry, notInstalled, openWorkbench, root, type Workbench } from './packed-package';
import { type Commands, readSnippets } from './snippets';

const LIMIT_MS = 170_000;

describe('docs/ci.md', () => {
  test('gives the Action nothing but its inputs, and reads nothing but its outputs', async () => {
    const { workflow, text } = await readSnippets();
    const action = await readAction(join(root, 'action.yml'));
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    const given = Object.keys(steps.find(({ uses }) => uses.startsWith('./midplane'))?.with ?? {});
    expect(given).toContain('files');
    expect(given.filter((name) => !(name in action.inputs))).toEqual([]);
    const read = [...text.matchAll(/steps\.midplane\.outputs\.([\w-]+)/g)].map(([, name = '']) => name);
    expect(read.filter((name) => !(name in action.outputs))).toEqual([]);
  });

  test('names the version that this is, and the variables that there are', async () => {
    const { text } = await readSnippets();
    const versions = [...text.matchAll(/midplane[@-](\d+\.\d+\.\d+)/g)].map(([, version]) => version);
    expect(new Set(versions)).toEqual(new Set([midplaneVersion]));
    const program = await readFile(join(root, 'bin', 'midplane-ci'), 'utf8');
    const variablesIn = (it: string): string[] => [...new Set(it.match(/MIDPLANE_[A-Z]+/g))].toSorted();
    expect(variablesIn(text)).toEqual(variablesIn(program));
  });
});

(hasRegistry ? describe : describe.skip)(`pipelines of docs/ci.md${notInstalled}${notValidated}`, () => {
  let bench: Workbench;
  let workspace: string;
  beforeAll(async () => {
    bench = await openWorkbench();
    workspace = await bench.workspace('project');
  }, LIMIT_MS);
  afterAll(async () => bench?.[Symbol.asyncDispose]());

  const run = async ({ variables, commands }: Commands) => {
    await rm(join(workspace, 'midplane-reports'), { recursive: true, force: true });
    return runBash(packed(commands.join('\n')), workspace, variables);
  };
  /** What a registry would have is what npm pack made. */
  const packed = (text: string): string =>
    text.replaceAll(`midplane@${midplaneVersion}`, `midplane@file:${bench.tarball}`);

  test.each(['gitlab', 'jenkins'] as const)(
    'what %s runs passes, and leaves the reports where it looks for them',
    async (name) => {
      const commands = (await readSnippets())[name];
      expect(Object.keys(commands.variables)).toEqual(['MIDPLANE_FILES', 'MIDPLANE_EXPECT']);
      expect(commands.commands).toHaveLength(2);
      const { code, output } = await run(commands);
      expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('as expected') });
      const junit = await readFile(join(workspace, commands.junit), 'utf8');
      if (hasXmllint) expect(junitFaults(junit)).toBe('');
      expect(failedIn(junit)).toEqual([]);
      await access(join(workspace, 'midplane-reports', 'midplane.html'));
    },
    LIMIT_MS,
  );

  test(
    'a weakened setting fails in GitLab with the case in its test view, and in the hook before the commit',
    async () => {
      const { gitlab, hook } = await readSnippets();
      const settings = join(workspace, 'cluster', 'kube-apiserver.yaml');
      const strict = await readFile(settings, 'utf8');
      const commit = () =>
        runBash(hook.entry, workspace, {
          PATH: `${join(workspace, '.midplane', 'node_modules', '.bin')}:${process.env['PATH']}`,
        });
      try {
        await writeFile(settings, strict.replace(/^.*--kubelet-certificate-authority.*\n/m, ''));
        const { code } = await run(gitlab);
        expect(code).toBe(1);
        const junit = await readFile(join(workspace, gitlab.junit), 'utf8');
        expect(failedIn(junit)).toContain('midplane.given.exec / self-signed');
        expect(await commit()).toMatchObject({ code: 1, output: expect.stringContaining('impersonated') });
      } finally {
        await writeFile(settings, strict);
      }
      expect(await commit()).toMatchObject({ code: 0 });
      expect('cluster/kube-apiserver.yaml').toMatch(new RegExp(hook.files));
    },
    LIMIT_MS,
  );
});

/** The cases that did not pass, as a test view has them. */
function failedIn(junit: string): string[] {
  const cases = [...junit.matchAll(/<testcase classname="(.*?)" name="(.*?)">(.*?)<\/testcase>/gs)];
  if (cases.length === 0) throw new Error('there is no case in it');
  return cases
    .filter(([, , , body = '']) => /<(failure|error)\b/.test(body))
    .map(([, suite, name]) => `${suite} / ${name}`);
}
