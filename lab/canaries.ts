import { createHash, randomBytes } from 'node:crypto';

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

export function randomCanaries(): Canaries {
  return named(randomBytes(32).toString('hex'));
}

/** The same words for the same seed, run after run. */
export function seededCanaries(seed: string): CanarySource {
  let runs = 0;
  return () => {
    runs += 1;
    return named(createHash('sha256').update(`${seed}/${runs}`).digest('hex'));
  };
}

function named(hex: string): Canaries {
  return {
    up: `up-${hex.slice(0, 16)}`,
    down: `down-${hex.slice(16, 32)}`,
    forged: `forged-${hex.slice(32, 48)}`,
    tampered: `tampered-${hex.slice(48, 64)}`,
  };
}
