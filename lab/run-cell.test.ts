import { expect, test } from '@jest/globals';
import { succeeded } from '../client/command-outcome';
import { MidplaneError } from '../error';
import { randomCanaries } from './canaries';
import type { LabUnderTest } from './lab-under-test';
import { pathSpec } from './paths';
import { type CellRun, runCell } from './run-cell';

/** A lab in which all goes well, until the attacker is asked for its loot. */
function labWhoseAttackerDies(): LabUnderTest {
  let down = '';
  return {
    addresses: { controlPlane: '10.0.0.10', node1: '10.0.0.11', webPod: '10.1.0.2' },
    converse: () => ({
      victim: 'control-plane',
      plant: async (canaries) => {
        down = canaries.down;
      },
      act: async () => succeeded({ stdout: Buffer.from(down) }),
      heard: async () => Buffer.alloc(0),
    }),
    stand: () => ({ kind: 'stands', at: 'ends' }),
    legs: () => null,
    elsewhere: () => ({ kind: 'nowhere-else', reason: 'there is one machine' }),
    attack: async () => ({
      withdraw: async () => {
        throw new MidplaneError('LAB_START_FAILED', 'the attacker is away');
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
    hand: async () => null,
  };
}

test('an attacker that is gone when its loot is wanted ends the cell by its own words', async () => {
  const path = pathSpec('logs');
  if (path === null) throw new Error('no path logs');
  const run: CellRun = {
    lab: labWhoseAttackerDies(),
    path,
    defence: 'none',
    technique: 'self-signed',
    position: 'arp',
    side: 'both',
    canaries: randomCanaries,
    controls: new Map(),
    deadlineMs: 5_000,
    signal: new AbortController().signal,
  };
  await expect(runCell(run)).rejects.toMatchObject({
    code: 'LAB_START_FAILED',
    message: 'the attacker is away',
  });
});
