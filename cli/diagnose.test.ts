import { describe, expect, test } from '@jest/globals';
import { runProgram } from './program';

async function midplane(args: readonly string[], input?: string) {
  let [stdout, stderr] = ['', ''];
  const code = await runProgram(args, {
    write: (text) => {
      stdout += text;
    },
    warn: (text) => {
      stderr += text;
    },
    signal: new AbortController().signal,
    ...(input === undefined ? {} : { readInput: async () => input }),
    colour: false,
    width: 100,
    progress: false,
  });
  return { code, stdout, stderr };
}

const pending =
  'Error from server: Get "https://10.0.0.11:10250/containerLogs/default/web/web": remote error: tls: internal error';

describe('midplane diagnose', () => {
  test('says why, from words on the command line or from the standard input', async () => {
    const given = await midplane(['diagnose', ...pending.split(' ')]);
    expect(given).toMatchObject({ code: 0, stderr: '' });
    expect(given.stdout).toMatch(/^cause: csr-pending: .*\nmend: {2}kubectl get csr/s);
    expect(given.stdout).toMatch(/\nor: {4}expired: /);
    expect(await midplane(['diagnose'], `${pending}\n`)).toEqual(given);
    expect(await midplane(['diagnose', '-'], `${pending}\n`)).toEqual(given);
  });

  test('says it to programs too', async () => {
    const { stdout } = await midplane(['diagnose', '-o', 'json', pending]);
    expect(JSON.parse(stdout)).toMatchObject({ causes: [{ id: 'csr-pending' }, { id: 'expired' }] });
  });

  test('has exit code 1 for what it does not recognise, and 2 for nothing', async () => {
    expect(await midplane(['diagnose', 'hello'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('not recognised'),
    });
    for (const input of ['', ' \n']) {
      expect(await midplane(['diagnose'], input)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /^error: diagnose was given no words\nhint: give it what kubectl printed/,
        ),
      });
    }
  });
});

describe('midplane drill', () => {
  test.each<[string[], RegExp]>([
    [
      ['drill', 'kubelet'],
      /^error: there is no drill "kubelet"\nhint: the only one is: midplane drill kubelet-ca/,
    ],
    [
      ['drill', 'kubelet-ca', '--only', 'csr-pendin'],
      /^error: unknown step or failure "csr-pendin"\nhint: did you mean "csr-pending"\? midplane drill --help shows/,
    ],
    [['drill', 'kubelet-ca', '-o', 'yaml'], /^error: unknown output format "yaml"/],
    [['drill'], /^error: missing required argument 'drill'/],
  ])('%j is refused', async (args, text) => {
    expect(await midplane(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(text) });
  });

  test('plays one failure and says so in its exit code', async () => {
    const { code, stdout } = await midplane(['drill', 'kubelet-ca', '--only', 'csr-pending', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'MigrationDrill',
      steps: [],
      failures: [{ id: 'csr-pending', asClaimed: true }],
    });
    expect(code).toBe(0);
  }, 60_000);
});
