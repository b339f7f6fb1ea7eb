import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeKernel } from '../attacker/testing-router';
import { MidplaneError } from '../error';
import { remoteAttacker } from '../lab/remote-attacker';
import { hostNetwork } from '../network/host-network';
import { parseAttackerFlags, runAttacker } from './attacker';
import type { Terminal } from './terminal';

const TOKEN = 'a-token-for-tests-only';
let folder = '';
let tokenFile = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midplane-attacker-'));
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${TOKEN}\n`);
});

afterAll(() => rm(folder, { recursive: true }));

interface Screen extends Terminal {
  readonly out: string[];
  readonly log: Record<string, unknown>[];
  readonly stop: AbortController;
  saw(message: string): Promise<Record<string, unknown>>;
}

function screen(): Screen {
  const stop = new AbortController();
  const out: string[] = [];
  const log: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  return {
    out,
    log,
    stop,
    write: (text) => out.push(text),
    warn(text) {
      log.push(JSON.parse(text));
      for (const look of waiting) look();
    },
    signal: stop.signal,
    colour: false,
    width: null,
    progress: false,
    saw: (message) =>
      new Promise((resolve) => {
        const look = (): void => {
          const line = log.find((it) => it['msg'] === message);
          if (line !== undefined) resolve(line);
        };
        waiting.add(look);
        look();
      }),
  };
}

const sides = ['--inside-address', '127.0.0.1/8', '--outside-address=127.0.0.1/8'];

describe('midplane attacker', () => {
  test('serves until it is stopped, tells what it does, and leaves nothing', async () => {
    const terminal = screen();
    const kernel = fakeKernel();
    const flags = [...sides, '--control-port', '0', '--control-token-file', tokenFile];
    const ended = runAttacker(flags, terminal, kernel);
    const { at } = await terminal.saw('serving');
    const server = { host: '127.0.0.1', port: Number(String(at).split(':')[1]) };
    const remote = remoteAttacker({ from: hostNetwork(), server, token: TOKEN });
    const target = { address: '10.78.2.11', port: 10250 };
    const attack = {
      technique: 'tap',
      mode: 'tap',
      target,
      present: null,
      forged: '',
      tampered: '',
    } as const;
    await (await remote.attack(attack)).withdraw();
    await remote.attack(attack);
    terminal.stop.abort();
    await expect(ended).resolves.toBe(0);
    expect(kernel.told).toEqual(['rules: 0', 'rules: 1', 'rules: 0', 'rules: 1', 'rules: 0', 'no table']);
    const once = ['position taken', 'attack started', 'position withdrawn', 'attack withdrawn'];
    expect(terminal.log.map((line) => line['msg'])).toEqual(['serving', ...once, ...once]);
    expect(terminal.log[0]).toMatchObject({ component: 'attacker', inside: '127.0.0.1/8' });
    await remote.close();
  });

  test('ends with what its kernel said when it cannot give the path back', async () => {
    const terminal = screen();
    const kernel = fakeKernel();
    const flags = [...sides, '--control-port', '0', '--control-token-file', tokenFile];
    const ended = runAttacker(flags, terminal, kernel);
    const { at } = await terminal.saw('serving');
    const server = { host: '127.0.0.1', port: Number(String(at).split(':')[1]) };
    const remote = remoteAttacker({ from: hostNetwork(), server, token: TOKEN });
    const target = { address: '10.78.2.11', port: 10250 };
    const attack = await remote.attack({
      technique: 'tap',
      mode: 'tap',
      target,
      present: null,
      forged: '',
      tampered: '',
    });
    kernel.failure = new MidplaneError('LAB_START_FAILED', 'nft -f -: not permitted');
    const [outcome] = await Promise.allSettled([ended, attack.withdraw()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'nft -f -: not permitted' } });
  });

  test('prints its flags when it is asked for help', async () => {
    const terminal = screen();
    await expect(runAttacker(['--help'], terminal)).resolves.toBe(0);
    expect(terminal.out.join('')).toContain('--control-token-file');
  });

  test.each<[string, string | null, object]>([
    ['missing', null, { code: 'FILE_UNREADABLE', message: expect.stringContaining('no such file') }],
    ['empty', '', { code: 'CONFIG_INVALID', hint: expect.stringContaining('16') }],
    ['too short', 'short', { code: 'CONFIG_INVALID' }],
    ['of two lines', `${TOKEN}\n${TOKEN}`, { code: 'CONFIG_INVALID' }],
  ])('does not start with a token file that is %s', async (_, text, failure) => {
    const file = join(folder, 'broken');
    await rm(file, { force: true });
    if (text !== null) await writeFile(file, text);
    const kernel = fakeKernel();
    const run = runAttacker([...sides, '--control-token-file', file], screen(), kernel);
    await expect(run).rejects.toMatchObject(failure);
    expect(kernel.told).toEqual([]);
  });
});

describe("the attacker's flags", () => {
  const given = [
    '--inside-address=10.78.1.2/24',
    '--outside-address',
    '10.78.2.2/24',
    '--control-token-file=t',
  ];

  test('have defaults for where orders are taken', () => {
    expect(parseAttackerFlags(given)).toEqual({
      controlAddress: '10.78.1.2',
      controlPort: 7000,
      controlTokenFile: 't',
      insideAddress: '10.78.1.2/24',
      outsideAddress: '10.78.2.2/24',
      spoof: null,
    });
    const own = parseAttackerFlags([...given, '--control-address', '10.78.1.3', '--control-port=7001']);
    expect(own).toMatchObject({ controlAddress: '10.78.1.3', controlPort: 7001 });
  });

  test('for one segment name the two neighbours, and need one address only', () => {
    const argv = ['--inside-address=10.78.1.66/24', '--spoof=10.78.1.10=10.78.1.2', '--control-token-file=t'];
    expect(parseAttackerFlags(argv)).toMatchObject({
      outsideAddress: '10.78.1.66/24',
      spoof: ['10.78.1.10', '10.78.1.2'],
    });
  });

  test.each<[string[], string, string]>([
    [[...given, '--spoof=10.78.1.10'], 'invalid argument "10.78.1.10" for "--spoof" flag', 'two IPv4'],
    [[...given, '--spoof', '10.78.1.2=10.78.1.2'], 'invalid argument "10.78.1.2=10.78.1.2"', 'two IPv4'],
    [[], 'required flag "--inside-address" is not set', '--inside-address: this machine'],
    [given.slice(0, 1), 'required flag "--outside-address" is not set', '--outside-address: '],
    [given.slice(0, 3), 'required flag "--control-token-file" is not set', '--control-token-file: '],
    [['--inside-adress=1'], 'unknown flag: --inside-adress', 'did you mean --inside-address?'],
    [['--zzzzzzzzzzzz'], 'unknown flag: --zzzzzzzzzzzz', 'known flags: --control-address'],
    [['attack'], 'unknown command "attack" for "attacker"', 'flags only'],
    [['--control-port'], 'flag needs an argument: --control-port', '--control-port=VALUE'],
    [[...given, '--control-port=x'], 'invalid argument "x" for "--control-port" flag', 'a port'],
    [[...given, '--control-port=70000'], 'invalid argument "70000" for "--control-port" flag', 'a port'],
    [[...given, '--control-address=a'], 'invalid argument "a" for "--control-address" flag', 'IPv4'],
    [['--inside-address=10.78.1.2', ...given.slice(1)], 'invalid argument "10.78.1.2" for', '10.78.1.2/24'],
    [['--inside-address=10.78.1.2/33', ...given.slice(1)], 'invalid argument "10.78.1.2/33" for', 'prefix'],
  ])('%j are refused: %s', (argv, message, hint) => {
    expect(() => parseAttackerFlags(argv)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });
});
