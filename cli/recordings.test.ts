import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { midplane, type Said } from './midplane.test.fixtures';
import type { Screen } from './terminal';

const folder = mkdtempSync(join(tmpdir(), 'midplane-recordings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const cell = ['--path', 'exec', '--defence', 'none', '--technique', 'relay'];
const live: Record<'cell' | 'scenario', Said> = {
  cell: { code: -1, out: '', err: '' },
  scenario: { code: -1, out: '', err: '' },
};

beforeAll(async () => {
  live.cell = await midplane([
    'run',
    ...cell,
    '--record',
    at('cell.ndjson'),
    '-o',
    'story',
    '-o',
    `json=${at('cell.json')}`,
  ]);
  live.scenario = await midplane(['record', 'anonymous-kubelet', '-o', at('scenario.ndjson')]);
}, 60_000);

interface Line {
  readonly type?: string;
  readonly connection?: string;
  readonly text?: string;
  readonly base64?: string;
  readonly deliveredTo?: string;
  readonly during?: string;
  readonly readableBy?: { readonly up: readonly string[] };
}

const linesOf = (name: string): Line[] =>
  readFileSync(at(name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row) as Line);

describe('a recording of a cell', () => {
  test('is replayed in the words of the live run', async () => {
    expect(live.cell.code).toBe(0);
    expect(await midplane(['replay', at('cell.ndjson')])).toEqual({ code: 0, out: live.cell.out, err: '' });
  });

  test('gives the same document', async () => {
    const { out } = await midplane(['replay', at('cell.ndjson'), '-o', 'json']);
    expect(out).toBe(readFileSync(at('cell.json'), 'utf8'));
  });

  test('has what went over the wires, and whose keys open it', () => {
    const lines = linesOf('cell.ndjson');
    const taken = lines.filter(
      ({ type, deliveredTo, during }) =>
        type === 'connection' && deliveredTo === 'attacker' && during === 'under attack',
    );
    expect(taken.map(({ readableBy }) => readableBy?.up)).toEqual([['attacker', 'control-plane']]);
    const said = lines.filter(
      ({ type, connection }) => type === 'stream' && connection === taken[0]?.connection,
    );
    expect(said.map(({ text = '' }) => text).join('')).toContain('/exec/default/web/web?command=env');
  });

  test('has no private key in it', () => {
    const text = readFileSync(at('cell.ndjson'), 'utf8');
    expect(text).toContain('BEGIN CERTIFICATE');
    expect(text).not.toMatch(/PRIVATE KEY|TRAFFIC_SECRET/);
  });
});

describe('a recording of a scenario', () => {
  test('is replayed in the words of the live run, and in every format of it', async () => {
    expect(live.scenario.err).toMatch(/recorded \d+ events to .*scenario\.ndjson/);
    expect((await midplane(['replay', at('scenario.ndjson'), '--no-wait'])).out).toBe(live.scenario.out);
    for (const format of ['story', 'json', 'junit', 'sarif', 'markdown', 'html']) {
      const { code, out } = await midplane(['replay', at('scenario.ndjson'), '-o', format]);
      expect([code, out.includes('anonymous-kubelet')]).toEqual([0, true]);
    }
  });

  test('begins where --at says', async () => {
    const { out } = await midplane(['replay', at('scenario.ndjson'), '--at', '#0']);
    expect(live.scenario.out.startsWith(out)).toBe(true);
    expect(out.length).toBeLessThan(live.scenario.out.length / 2);
  });
});

/** A terminal on which these keys are pressed, one after the other; it never waits. */
function terminalWith(keys: readonly string[]) {
  const left = [...keys];
  const screens: string[] = [];
  const waits: (number | null)[] = [];
  let closed = 0;
  const open = (): Screen => ({
    size: () => ({ width: 100, height: 30 }),
    show: (lines) => void screens.push(lines.join('\n')),
    next: async (ms) => {
      waits.push(ms);
      return left.shift() ?? null;
    },
    close: () => {
      closed += 1;
    },
  });
  return { open, screens, waits, closed: () => closed };
}

describe('replay in a terminal', () => {
  test('steps with its keys, and leaves what was told on the terminal', async () => {
    const { open, screens, closed } = terminalWith([' ', 'resized', 'n', 'n', 'q']);
    const { code, out } = await midplane(['replay', at('scenario.ndjson')], { openScreen: open });
    expect([code, closed()]).toEqual([0, 1]);
    expect(screens).toHaveLength(6);
    expect(screens[1]).toContain(' paused ');
    expect(screens.at(-1)).toContain('kubectl run web');
    expect(live.scenario.out.startsWith(out)).toBe(true);
    expect(out).toContain('kubectl run web');
    expect(out).not.toContain('401 Unauthorized');
  });

  test('plays by itself, paced by --speed', async () => {
    const played = terminalWith([]);
    const frames = terminalWith([...Array<string>(40).fill('n'), 'q']);
    await midplane(['replay', at('scenario.ndjson')], { openScreen: frames.open });
    const count = new Set(frames.screens).size;
    const stop = new Error('enough');
    const open = (): Screen => {
      const screen = played.open();
      return {
        ...screen,
        next: async (ms, signal) => {
          if (ms === null) throw stop;
          return screen.next(ms, signal);
        },
      };
    };
    await expect(
      midplane(['replay', at('scenario.ndjson'), '--speed', '2'], { openScreen: open }),
    ).rejects.toBe(stop);
    expect(played.screens).toHaveLength(count);
    expect(played.waits.every((ms) => ms !== null && ms >= 200 && ms <= 1000)).toBe(true);
    expect(played.closed()).toBe(1);
  });
});

describe('what cannot be', () => {
  test.each<[readonly string[], string]>([
    [['record', 'anonymous-kubelet'], 'record needs a file'],
    [['record', 'anonymous-kubelet', '-o', ''], '--record names no file'],
    [['record', 'anonymous-kubelet', '-o', folder], `cannot record to "${folder}": it is a folder`],
    [['replay', 'nowhere.ndjson'], 'open nowhere.ndjson: no such file or directory'],
    [['replay', at('cell.ndjson'), '--at', 'noon'], '--at: "noon" is no time and no event'],
    [['replay', at('cell.ndjson'), '--speed', '0'], '--speed "0" is no speed'],
    [
      ['replay', at('cell.ndjson'), '-o', 'json', '--speed', '2'],
      '-o writes the outcome: it takes no --at and no --speed',
    ],
    [
      ['replay', at('cell.json')],
      `${at('cell.json')}:1 is no header of a recording: it is no JSON object on one line`,
    ],
  ])('%j is refused with a hint', async (args, message) => {
    const { code, out, err } = await midplane(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`error: ${message}\nhint: `);
  });

  test('a file that is no recording is not written over', async () => {
    writeFileSync(at('mine.yaml'), 'kind: Scenario\n');
    const { code, err } = await midplane(['record', 'anonymous-kubelet', '-o', at('mine.yaml')]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`"${at('mine.yaml')}" exists and is no recording`),
    ]);
    expect(readFileSync(at('mine.yaml'), 'utf8')).toBe('kind: Scenario\n');
  });
});
