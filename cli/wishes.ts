import { type Twin, twins } from '../report/scenario-outcome';
import { parseId } from './ids';
import { parseSeconds } from './parse-seconds';
import type { PlayWishes } from './play-named';
import type { RunArguments } from './run';

/** What is wished for of each scenario alike. */
export function wishesOf(given: RunArguments): Omit<PlayWishes, 'evidence' | 'record'> {
  const { seed = null, verbose = false, timeLimit } = given;
  const timeLimitMs = timeLimit === undefined ? null : parseSeconds('--time-limit', timeLimit) * 1000;
  return { twins: twinsOf(given.twin), seed, verbose, timeLimitMs };
}

function twinsOf(twin: string | undefined): readonly Twin[] {
  return twin === undefined ? twins : [parseId('twin', twin, twins)];
}
