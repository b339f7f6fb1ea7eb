import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { comparable } from '../report/comparable';
import { runMatrix } from './run-matrix';
import { keysOf, playedWith } from './seeded-run.test.fixtures';

test('the keys and serial numbers of a lab are the same for the same seed, and others for another', async () => {
  const [one, same, other] = await Promise.all(['a', 'a', 'b'].map(keysOf));
  expect(same).toEqual(one);
  expect(other?.filter((mark) => one?.includes(mark))).toEqual([]);
});

test('a matrix comes out the same for the same seed but for its times', async () => {
  const run = (seed: string) =>
    runMatrix({ paths: ['logs', 'metrics-scrape'], defences: ['none', 'kubelet-ca'], seed });
  const [one, same, other] = [await run('a'), await run('a'), await run('b')];
  expect(comparable(same.cells)).toEqual(comparable(one.cells));
  expect(comparable(other.cells)).not.toEqual(comparable(one.cells));
}, 30_000);

/** Certificates that are asked for, a stream that is changed, a choice by chance, a kubelet and a control plane of its own. */
describe.each([
  'leaked-bootstrap-token',
  'redirected-exec',
  'konnectivity-rogue-agent',
  'join-without-ca-hash',
])('the scenario %s', (name) => {
  test('is played the same for the same seed, event by event, and otherwise for another', async () => {
    const [one, same, other] = [
      await playedWith('a', name),
      await playedWith('a', name),
      await playedWith('b', name),
    ];
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  }, 60_000);
});

test('another process has the same keys, and plays the same', async () => {
  const name = 'redirected-exec';
  const script = `const { keysOf, playedWith } = require(${JSON.stringify(require.resolve('./seeded-run.test.fixtures'))});
    Promise.all([keysOf('a'), playedWith('a', '${name}')]).then((all) => process.stdout.write(JSON.stringify(all)));`;
  const [there, keys, played] = await Promise.all([
    promisify(execFile)(process.execPath, ['-e', script], { maxBuffer: 2 ** 25 }),
    keysOf('a'),
    playedWith('a', name),
  ]);
  expect(JSON.parse(there.stdout)).toEqual([keys, played]);
}, 60_000);
