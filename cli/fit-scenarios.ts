import { MidplaneError } from '../error';
import type { Setup } from '../lab/scenario-files/scenario-file';
import type { Twin } from '../report/scenario-outcome';
import { findKubectl, type KubectlPlace, lackOfKubectl } from './real-kubectl';
import type { ScenariosInContainers } from './scenarios-in-containers';
import type { ChosenScenario } from './select-scenarios';

export interface FitScenario extends ChosenScenario {
  /** Why it is not run; null: it is. */
  readonly unfit: string | null;
}

/**
 * The embedded lab can play all for which there is a kubectl, the one in containers some. What the user has named is needed:
 * throws MidplaneError USAGE with the reason why it cannot be played there, as when none is left.
 */
export async function fitScenarios(
  containers: ScenariosInContainers | null,
  chosen: readonly ChosenScenario[],
  twins: readonly Twin[],
  kubectl: KubectlPlace,
): Promise<readonly FitScenario[]> {
  if (containers === null) {
    const lack = await lackOfKubectl(kubectl);
    const fit = chosen.map((each) => {
      const lacks = !each.byName && twins.some((twin) => takesKubectl(each.file[twin]));
      return { ...each, unfit: lacks ? lack : null };
    });
    if (fit.every(({ unfit }) => unfit !== null)) await findKubectl(kubectl);
    return fit;
  }
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

function takesKubectl(setup: Setup): boolean {
  return setup.kind === 'paths' && setup.user.some(({ kubectl }) => kubectl !== undefined);
}
