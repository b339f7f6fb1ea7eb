import { type Expectation, holds, type InterceptedOptions, intercepted, outcomeIn } from './expectations';
import { failureMessage } from './failure-message';
import type { EveryPathOptions, TestLab } from './start-lab';

/** What Jest and Vitest hand a matcher as `this`. */
interface MatcherThis {
  readonly isNot?: boolean | undefined;
}

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend` of Jest and of Vitest. What is expected of may be an outcome or a promise of one. */
export const matchers = {
  toBeRefused(this: MatcherThis, received: unknown): Promise<MatcherResult> {
    return match(this, () => ({ kind: 'refused' }), received);
  },

  toBeSealed(this: MatcherThis, received: unknown): Promise<MatcherResult> {
    return match(this, () => ({ kind: 'sealed' }), received);
  },

  async toBeIntercepted(
    this: MatcherThis,
    received: unknown,
    options: InterceptedOptions = {},
  ): Promise<MatcherResult> {
    return match(this, () => intercepted(options), received);
  },

  /** Of a lab, all of whose paths are attacked then, or of what `lab.everyPath()` brought. */
  async toStayClosed(
    this: MatcherThis,
    received: unknown,
    options: EveryPathOptions = {},
  ): Promise<MatcherResult> {
    return match(this, () => ({ kind: 'closed' }), isLab(received) ? received.everyPath(options) : received);
  },
};

/** The types of the matchers, with which the interface of an `expect` is extended; docs/testing.md shows how. */
export interface MidplaneMatchers {
  toBeRefused(): Promise<void>;
  toBeSealed(): Promise<void>;
  toBeIntercepted(options?: InterceptedOptions): Promise<void>;
  toStayClosed(options?: EveryPathOptions): Promise<void>;
}

/** Whatever is wrong with what is expected: what was asked of the lab is awaited first, since nobody else does. */
async function match(
  { isNot = false }: MatcherThis,
  expected: () => Expectation,
  received: unknown,
): Promise<MatcherResult> {
  const given = await received;
  const expectation = expected();
  const outcome = outcomeIn(given);
  const held = holds(expectation, outcome);
  const couldNotTell = held === 'could-not-tell';
  return {
    // Neither the expectation nor its opposite is proved: so it fails either way.
    pass: couldNotTell ? isNot : held === 'held',
    message: () => failureMessage(expectation, outcome, { isNot, couldNotTell }),
  };
}

function isLab(given: unknown): given is TestLab {
  return typeof given === 'object' && given !== null && 'everyPath' in given;
}
