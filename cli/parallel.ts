import { MidplaneError } from '../error';
import type { Terminal } from './terminal';

/** Each is a thread with labs of its own. */
const MOST = 64;

/** `--parallel`. Throws MidplaneError USAGE also where there is one lab for all. */
export function parallelOf({ parallel = '1' }: { readonly parallel?: string }, terminal: Terminal): number {
  const count = Number(parallel);
  if (!/^\d+$/.test(parallel) || count < 1 || count > MOST) {
    throw new MidplaneError('USAGE', `--parallel "${parallel}" is no number of scenarios`, {
      hint: `a number from 1 to ${MOST}; more than the machine has processors gains little`,
    });
  }
  if (count > 1 && (terminal.labDescriptor ?? null) !== null) {
    throw new MidplaneError('USAGE', 'the lab in containers plays one scenario at a time', {
      hint: 'leave --parallel away, or unset MIDPLANE_LAB',
    });
  }
  return count;
}
