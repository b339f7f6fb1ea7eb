import { describe, expect, test } from '@jest/globals';
import { midplane } from './midplane.test.fixtures';

const asked = (args: readonly string[], input?: string) =>
  midplane(args, { width: 100, ...(input === undefined ? {} : { readInput: async () => input }) });

const pending =
  'Error from server: Get "https://10.0.0.11:10250/containerLogs/default/web/web": remote error: tls: internal error';

describe('midplane diagnose', () => {
  test('says why, from words on the command line or from the standard input', async () => {
    const given = await asked(['diagnose', ...pending.split(' ')]);
    expect(given).toMatchObject({ code: 0, err: '' });
    expect(given.out).toMatch(/^cause: csr-pending: .*\nmend: {2}kubectl get csr/s);
    expect(given.out).toMatch(/\nor: {4}expired: /);
    expect(await asked(['diagnose'], `${pending}\n`)).toEqual(given);
    expect(await asked(['diagnose', '-'], `${pending}\n`)).toEqual(given);
  });

  test('says it to programs too', async () => {
    const { out } = await asked(['diagnose', '-o', 'json', pending]);
    expect(JSON.parse(out)).toMatchObject({ causes: [{ id: 'csr-pending' }, { id: 'expired' }] });
  });

  test('has exit code 1 for what it does not recognise, and 2 for nothing', async () => {
    expect(await asked(['diagnose', 'hello'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('not recognised'),
    });
    for (const input of ['', ' \n']) {
      expect(await asked(['diagnose'], input)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/^error: diagnose was given no words\nhint: give it what kubectl printed/),
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
    expect(await midplane(args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(text) });
  });

  test('plays one failure and says so in its exit code', async () => {
    const { code, out } = await asked(['drill', 'kubelet-ca', '--only', 'csr-pending', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      kind: 'MigrationDrill',
      steps: [],
      failures: [{ id: 'csr-pending', asClaimed: true }],
    });
    expect(code).toBe(0);
  }, 60_000);
});
