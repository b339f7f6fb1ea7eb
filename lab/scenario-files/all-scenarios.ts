import { MidplaneError } from '../../error';
import { nearestNames } from '../../nearest';
import type { Scenario } from '../scenarios/scenario';
import { scenarioOf, scenarios } from '../scenarios/scenarios';
import { scenarioOfFile } from './scenario-of-file';
import { shippedFiles } from './shipped';

const inFiles: readonly Scenario[] = shippedFiles().map(scenarioOfFile);

/** Those that ship: files first, then those in code, each in the order in which they teach. */
export const allScenarios: readonly Scenario[] = [...inFiles, ...scenarios];

/** Throws MidplaneError USAGE, which names the nearest ones. */
export function shippedScenario(id: string): Scenario {
  const ids = allScenarios.map((it) => it.id);
  const near = nearestNames(id, ids);
  if (!ids.includes(id) && near.length > 0) {
    throw new MidplaneError('USAGE', `unknown scenario "${id}"`, {
      hint: `did you mean ${near.join(' or ')}?`,
    });
  }
  return inFiles.find((it) => it.id === id) ?? scenarioOf(id);
}
