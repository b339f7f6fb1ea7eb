import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Comparison } from '../report/compare-runs';
import { midplane } from './midplane.test.fixtures';

const folder = mkdtempSync(join(tmpdir(), 'midplane-diff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const recorded = (name: string, twin: string, seed: string) =>
  midplane(['record', 'anonymous-kubelet', '--twin', twin, '--seed', seed, '-o', at(name)]);

beforeAll(async () => {
  await recorded('open.ndjson', 'open', 'a');
  await recorded('again.ndjson', 'open', 'a');
  await recorded('fixed.ndjson', 'fixed', 'a');
  await recorded('other.ndjson', 'open', 'b');
  for (const [name, defence] of [
    ['none.json', 'none'],
    ['ca.json', 'kubelet-ca'],
  ] as const) {
    const which = ['--path', 'logs', '--technique', 'self-signed', '--defence', defence];
    await midplane(['matrix', ...which, '-o', `json=${at(name)}`]);
  }
}, 90_000);

const compared = async (a: string, b: string): Promise<Comparison> =>
  JSON.parse((await midplane(['diff', at(a), at(b), '-o', 'json'])).out) as Comparison;

describe('two recordings', () => {
  test('with one seed are equal', async () => {
    expect(await midplane(['diff', at('open.ndjson'), at('again.ndjson')])).toEqual({
      code: 0,
      out: 'no differences\n',
      err: '',
    });
  });

  test('with two seeds are equal but for what comes from them', async () => {
    const { code, out } = await midplane(['diff', at('open.ndjson'), at('other.ndjson')]);
    expect([code, out]).toEqual([
      0,
      'no differences\nwithout one seed: keys, ids and random words are not compared\n',
    ]);
  });

  test('of two twins differ in the setting and in what comes of it, and in nothing else', async () => {
    const { sameSeed, changes } = await compared('open.ndjson', 'fixed.ndjson');
    expect(sameSeed).toBe(true);
    expect(changes.map(({ kind, name, in: where }) => [kind, name, where])).toEqual([
      ['run', '', 'both'],
      ['outcome', '', 'both'],
      ['steps', '', 'both'],
      ['connection', 'attacker>10.0.0.11:10250#1', 'both'],
      ['connection', 'attacker>10.0.0.11:10250#2', 'both'],
    ]);
    const [run, , steps, pods, command] = changes;
    expect(run?.hunks[0]?.plus[0]).toBe('twin: fixed');
    expect(steps?.hunks).toEqual([
      {
        minus: ['attacker saw: web, box, node-agent (gained)'],
        plus: ['attacker saw: 401 Unauthorized (refused)'],
      },
      {
        minus: ['attacker saw: S3CRET-of-web (gained)'],
        plus: ['attacker saw: 401 Unauthorized (refused)'],
      },
    ]);
    const minus = pods?.hunks.flatMap((hunk) => hunk.minus);
    expect(minus).toContain('down: HTTP/1.1 200 OK');
    expect(minus).toContain('down: items[].metadata.name: web');
    expect(command?.hunks.flatMap((hunk) => hunk.plus)).toContain(
      'node-1: request-denied code: 401, text: Unauthorized',
    );
  });

  test('are shown as diff shows them, and end with 1', async () => {
    const { code, out } = await midplane(['diff', at('open.ndjson'), at('fixed.ndjson')]);
    expect(code).toBe(1);
    expect(out).toContain('\nsteps\n- attacker saw: web, box, node-agent (gained)\n+ attacker saw: 401 ');
    expect(out).toMatch(/\n\d+ lines less, \d+ more: run, outcome, steps, 2 connections\n$/);
  });
});

test('one recording is compared twin with twin', async () => {
  await midplane(['record', 'anonymous-kubelet', '--seed', 'a', '-o', at('both.ndjson')]);
  const { code, out } = await midplane(['diff', at('both.ndjson'), '-o', 'json']);
  const { a, b, changes } = JSON.parse(out) as Comparison;
  expect([code, a.twin, b.twin]).toEqual([1, 'open', 'fixed']);
  expect(changes).toEqual((await compared('open.ndjson', 'fixed.ndjson')).changes);
  const alone = await midplane(['diff', at('open.ndjson')]);
  expect([alone.code, alone.err]).toEqual([
    2,
    expect.stringContaining('open.ndjson" has no two twins to compare\nhint: '),
  ]);
});

test('two matrices differ in the verdict of a cell', async () => {
  const same = await midplane(['diff', at('none.json'), at('none.json')]);
  expect([same.code, same.out.split('\n')[0]]).toEqual([0, 'no differences']);
  const { changes } = await compared('none.json', 'ca.json');
  expect(changes.map(({ name, in: where }) => [name, where])).toEqual([
    ['logs / none / self-signed', 'a'],
    ['logs / kubelet-ca / self-signed', 'b'],
  ]);
  const changed = readFileSync(at('none.json'), 'utf8').replace('"impersonated"', '"refused"');
  writeFileSync(at('changed.json'), changed);
  const { code, out } = await midplane(['diff', at('none.json'), at('changed.json')]);
  expect([code, out]).toEqual([
    1,
    expect.stringContaining('logs / none / self-signed\n- verdict: impersonated\n+ verdict: refused\n'),
  ]);
});

test('two reports of a scenario are compared by what came of it', async () => {
  await midplane(['replay', at('open.ndjson'), '-o', `json=${at('open.json')}`]);
  await midplane(['replay', at('fixed.ndjson'), '-o', `json=${at('fixed.json')}`]);
  const { changes } = await compared('open.json', 'fixed.json');
  expect(changes.map(({ kind }) => kind)).toEqual(['run', 'outcome', 'steps']);
  expect((await midplane(['diff', at('open.json'), at('open.json')])).code).toBe(0);
});

describe('what cannot be compared', () => {
  beforeAll(() => {
    const whole = readFileSync(at('open.ndjson'), 'utf8');
    writeFileSync(at('cut.ndjson'), whole.slice(0, -100));
    writeFileSync(at('newer.ndjson'), whole.replace('midplane/v1', 'midplane/v2'));
  });

  test.each<[string, string, string]>([
    ['open.ndjson', 'nowhere', `open ${at('nowhere')}: no such file or directory`],
    ['open.ndjson', '', `open ${at('')}: it is a folder`],
    [
      'none.json',
      'open.ndjson',
      `"${at('none.json')}" is of kind "InterceptionMatrix", "${at('open.ndjson')}" of kind "Recording"`,
    ],
    ['open.ndjson', 'newer.ndjson', `${at('newer.ndjson')}:1 is of format "midplane/v2"`],
  ])('%s with %s', async (a, b, message) => {
    const { code, out, err } = await midplane(['diff', at(a), at(b)]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain('\nhint: ');
  });

  test('a recording that was cut off', async () => {
    const { code, err } = await midplane(['diff', at('open.ndjson'), at('cut.ndjson')]);
    expect(code).toBe(2);
    expect(err).toContain('ends in its middle: the file was cut off');
  });
});
