import { MidplaneError } from '../error';
import type { Cell } from '../report/outcome';
import { unknownId } from '../scenarios/unknown-id';
import { isOpen, type VerdictId, verdictIds, worstVerdict } from '../scenarios/vocabulary';
import type { AttackOutcome } from './attack-outcome';
import { told } from './told';

/**
 * What a test may expect of an outcome. Only verdicts are looked at, never a setting. Where a path is broken, or nothing was
 * there to try, nothing is proved: then neither an expectation nor its opposite holds.
 */
export type Expectation =
  | { readonly kind: 'refused' | 'sealed' | 'closed' }
  | { readonly kind: 'intercepted'; readonly as?: VerdictId };

export type Held = 'held' | 'not-held' | 'could-not-tell';

export function holds(expectation: Expectation, { cells }: AttackOutcome): Held {
  const worst = worstVerdict(cells.map(({ verdict }) => verdict));
  if (worst === 'broken' || worst === 'not-applicable') return 'could-not-tell';
  return isMet(expectation, cells, worst) ? 'held' : 'not-held';
}

function isMet(expectation: Expectation, cells: readonly Cell[], worst: VerdictId): boolean {
  const some = (verdict: VerdictId): boolean => cells.some((cell) => cell.verdict === verdict);
  // What only looks is sealed where what shows a certificate is refused: either is as good.
  const nothingGained = worst === 'refused' || worst === 'sealed';
  switch (expectation.kind) {
    case 'refused':
    case 'sealed':
      return nothingGained && some(expectation.kind);
    case 'closed':
      return !isOpen(worst);
    case 'intercepted':
      return expectation.as === undefined ? isOpen(worst) : some(expectation.as);
  }
}

export interface InterceptedOptions {
  /** One technique at least came to this. Default: to any verdict in which the attacker gains something. */
  readonly as?: VerdictId;
}

/** Throws MidplaneError USAGE for a verdict that there is not, or in which nothing is intercepted. */
export function intercepted({ as }: InterceptedOptions = {}): Expectation {
  if (as === undefined) return { kind: 'intercepted' };
  const open = verdictIds.filter(isOpen);
  if (!verdictIds.includes(as)) throw told(unknownId('verdict', String(as), open));
  if (isOpen(as)) return { kind: 'intercepted', as };
  throw told(
    new MidplaneError('USAGE', `nothing is intercepted where the verdict is "${as}"`, {
      hint: `as takes ${open.join(', ')}`,
    }),
  );
}

/** Throws MidplaneError USAGE for anything but an outcome. */
export function outcomeIn(given: unknown): AttackOutcome {
  if (isOutcome(given)) return given;
  // That it was not awaited is told here; how it ends is of no use to anybody.
  if (given instanceof Promise) given.catch(() => undefined);
  throw told(
    new MidplaneError('USAGE', `what is to be judged is ${kindOf(given)}, and not the outcome of an attack`, {
      hint: "give it what the lab returns: await lab.path('logs'), or await lab.everyPath()",
    }),
  );
}

function kindOf(given: unknown): string {
  if (given instanceof Promise) return 'a promise';
  if (given === null) return 'null';
  return typeof given === 'object' && 'everyPath' in given ? 'a lab' : `of type ${typeof given}`;
}

function isOutcome(given: unknown): given is AttackOutcome {
  return (
    typeof given === 'object' &&
    given !== null &&
    'cells' in given &&
    Array.isArray(given.cells) &&
    'settings' in given &&
    'elsewhere' in given
  );
}
