import { describe, expect, test } from '@jest/globals';
import { midplane } from './midplane.test.fixtures';
import type { Keys, Terminal } from './terminal';

/** `pieces`: each as it was written. */
async function live(args: readonly string[], more: Partial<Terminal> = {}) {
  const pieces: string[] = [];
  const { code, err } = await midplane(args, { write: (text) => void pieces.push(text), ...more });
  return { code, err, pieces, out: pieces.join('') };
}

/** Somebody who presses these keys, one each time he is asked. What was told by then is looked at. */
function person(keys: readonly string[]) {
  const left = [...keys];
  const told: string[] = [];
  let sofar = '';
  const openKeys = (): Keys => ({
    next: async () => {
      told.push(sofar);
      const key = left.shift();
      if (key === undefined) throw new Error('nobody presses a key any more');
      return key;
    },
    close: () => undefined,
  });
  const terminal: Partial<Terminal> = {
    openKeys,
    width: 100,
    write: (text) => {
      sofar += text;
    },
  };
  return { terminal, left, told, all: () => sofar };
}

const scenario = ['run', 'skip-verify-backend', '--seed', 'live'];
const whole = midplane(scenario);

describe('a story that is told live', () => {
  test('has the words of the one that is told in the end, each when it has happened', async () => {
    const { code, pieces, out } = await live([...scenario, '--speed', 'max'], { width: 100 });
    expect(code).toBe(0);
    expect(out).toBe((await whole).out);
    const heads = pieces.map((piece) => piece.trim().split(/\s/)[0]);
    expect(heads).toEqual(['skip-verify-backend', 'open', '1', '2', '✗', 'fixed', '1', '2', '✓', 'How']);
  }, 60_000);

  test('is that of a terminal before which somebody sits, and of no other', async () => {
    const watched = await live([...scenario, '--twin', 'fixed'], { width: 100, progress: true });
    expect(watched.pieces.length).toBeGreaterThan(4);
    expect(watched.err).toContain('the lab starts');
    const piped = await live([...scenario, '--twin', 'fixed']);
    expect(piped.pieces).toHaveLength(1);
    expect(watched.out).toBe(piped.out);
  }, 60_000);

  test('goes beside other outputs', async () => {
    const { pieces, out, err } = await live(
      [...scenario, '--twin', 'fixed', '--speed', 'max', '-o', 'story', '-o', 'json=/dev/null'],
      {},
    );
    expect(pieces.length).toBeGreaterThan(4);
    expect(out.match(/How you would notice/g)).toHaveLength(1);
    expect(err).toBe('wrote /dev/null\n');
  }, 60_000);

  test('may be of several, one after the other', async () => {
    const two = ['skip-verify-backend', 'use-the-flag', '--twin', 'fixed', '--seed', 'two'];
    const told = await live(['run', ...two, '--speed', 'max']);
    const atOnce = await live(['run', ...two]);
    expect(told.pieces.length).toBeGreaterThan(atOnce.pieces.length + 6);
    expect(told.out).toBe(atOnce.out);
  }, 60_000);
});

describe('--step', () => {
  test('waits before each step, and tells it when its key is pressed', async () => {
    const { terminal, left, told, all } = person(Array<string>(6).fill('n'));
    const { code } = await live([...scenario, '--step'], terminal);
    expect([code, left]).toEqual([0, []]);
    expect(all()).toBe((await whole).out);
    // Before the first step of each twin, and after each of its two.
    const steps = told.map((text) => text.match(/^ {2}\d {2}(user|attacker)/gm)?.length ?? 0);
    expect(steps).toEqual([0, 1, 2, 2, 3, 4]);
  }, 60_000);

  test('goes on without waiting after c', async () => {
    const { terminal, told, all } = person(['n', 'c']);
    expect((await live([...scenario, '--step'], terminal)).code).toBe(0);
    expect([told.length, all()]).toEqual([2, (await whole).out]);
  }, 60_000);

  test('ends with q: no verdict, nothing written, 130', async () => {
    const { terminal, told, all } = person(['n', 'q']);
    const { code, err } = await live([...scenario, '--step', '-o', 'story', '-o', 'json=never'], terminal);
    expect([code, err]).toEqual([130, 'ended: everything is closed\n']);
    expect(all()).toBe(told[1]);
    expect((await whole).out.startsWith(all())).toBe(true);
  }, 60_000);

  test('q ends all of several', async () => {
    const { terminal, all } = person(['q']);
    const { code } = await live(['run', 'use-the-flag', 'skip-verify-backend', '--step'], terminal);
    expect(code).toBe(130);
    expect(all()).not.toContain('skip-verify-backend');
  }, 60_000);
});

describe('what cannot be', () => {
  const someone: Partial<Terminal> = person([]).terminal;
  test.each<[readonly string[], Partial<Terminal>, string]>([
    [['--step'], {}, '--step waits for a key before each step, and there is no terminal'],
    [['--step', '-o', 'json'], someone, '--step is for a story that is told, and stdout has none'],
    [['--speed', '2', '-o', 'story=x'], {}, '--speed is for a story that is told, and stdout has none'],
    [['--speed', 'fast'], {}, '--speed "fast" is no speed'],
    [['--speed', '0'], {}, '--speed "0" is no speed'],
    [['--speed', '2', '--parallel', '2'], {}, '--step and --speed tell one scenario at a time'],
    [['use-the-flag', '--step', '--parallel', '2'], someone, '--step and --speed tell one scenario'],
    [['--parallel', '0'], {}, '--parallel "0" is no number of scenarios'],
    [['--parallel', 'all'], {}, '--parallel "all" is no number of scenarios'],
    [
      ['--parallel', '2'],
      { labDescriptor: 'lab.json' },
      'the lab in containers plays one scenario at a time',
    ],
  ])('%j is refused with a hint', async (args, terminal, message) => {
    const { code, out, err } = await live(['run', 'skip-verify-backend', ...args], terminal);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain('\nhint: ');
  });

  test.each([['--step'], ['--speed', '2'], ['--parallel', '2']])('%s is for no cell', async (...option) => {
    const cell = ['--path', 'logs', '--defence', 'none', '--technique', 'tap'];
    const { code, err } = await live(['run', ...cell, ...option]);
    expect([code, err]).toEqual([2, expect.stringContaining('run needs the name of a scenario')]);
  });
});
