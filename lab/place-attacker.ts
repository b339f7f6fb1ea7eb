import { planAttack, startAttacks } from './cell-attack';
import type { OngoingAttack } from './lab-under-test';
import type { CellRun } from './run-cell';

export type Placed =
  | { readonly kind: 'placed'; readonly attack: OngoingAttack }
  | { readonly kind: 'not-applicable'; readonly reason: string };

/**
 * The attacker of a cell where it first is in it, with words of its own, for somebody who wants to meet it himself: nothing
 * of that goes into a verdict.
 */
export async function placeAttacker(run: CellRun): Promise<Placed> {
  const talk = run.lab.converse(run.path);
  const planned = planAttack(run, talk);
  if (planned.kind === 'not-applicable') return planned;
  const words = run.canaries();
  await talk.plant(words);
  const { first, elsewhere } = planned;
  return { kind: 'placed', attack: await startAttacks(run, talk, first, words, elsewhere?.at) };
}
