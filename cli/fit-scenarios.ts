import { MidplaneError } from '../error';
import type { Twin } from '../report/scenario-outcome';
import type { ScenariosInContainers } from './scenarios-in-containers';
import type { ChosenScenario } from './select-scenarios';

export interface FitScenario extends ChosenScenario {
  /** Why it is not run; null: it is. */
  readonly unfit: string | null;
}

/**
 * The embedded lab can play all, the one in containers some. What the user has named is needed: throws MidplaneError USAGE
 * with the reason why it cannot be played there, as when none is left.
 */
export async function fitScenarios(
  containers: ScenariosInContainers | null,
  chosen: readonly ChosenScenario[],
  twins: readonly Twin[],
): Promise<readonly FitScenario[]> {
  if (containers === null) return chosen.map((each) => ({ ...each, unfit: null }));
  const fit: FitScenario[] = [];
  for (const each of chosen) {
    if (each.byName) {
      fit.push({ ...each, scenario: await containers.need(each, twins), unfit: null });
      continue;
    }
    const taken = await containers.take(each, twins);
    if (taken.kind === 'taken') fit.push({ ...each, scenario: taken.scenario, unfit: null });
    else fit.push({ ...each, unfit: taken.reason });
  }
  if (fit.some(({ unfit }) => unfit === null)) return fit;
  throw new MidplaneError('USAGE', 'the lab in containers can play none of them', {
    hint: 'midplane run NAME says why; without MIDPLANE_LAB all are played in the embedded lab',
  });
}
