import { type Randomness, systemRandomness } from '../randomness';

/**
 * Canaries: random words planted for one run, looked for afterwards in places where they only get if an attack works.
 * A verdict rests on where they are found and on nothing else.
 */
export interface Canaries {
  /** What the client sends. In the attacker's loot: it read upstream. */
  readonly up: string;
  /** What only the genuine endpoint can answer. In the attacker's loot: it read downstream. */
  readonly down: string;
  /** What the attacker says to the client. At the client: integrity lost. */
  readonly forged: string;
  /** What the attacker says to the genuine endpoint. There: integrity lost. */
  readonly tampered: string;
}

/** Makes the words of one run; letters, digits and hyphens only, so that they need no quoting on any path. */
export type CanarySource = () => Canaries;

export function randomCanaries(random: Randomness = systemRandomness): Canaries {
  return {
    up: `up-${random.hex(8)}`,
    down: `down-${random.hex(8)}`,
    forged: `forged-${random.hex(8)}`,
    tampered: `tampered-${random.hex(8)}`,
  };
}
