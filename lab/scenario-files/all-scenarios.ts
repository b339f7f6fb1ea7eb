import { MidplaneError } from '../../error';
import { nearestNames } from '../../nearest';
import type { Scenario } from '../scenarios/scenario';
import type { ScenarioFile } from './scenario-file';
import { scenarioOfFile } from './scenario-of-file';
import { shippedFiles } from './shipped';

const files = shippedFiles();

/** Those that ship, in the order in which they teach. */
export const allScenarios: readonly Scenario[] = files.map(scenarioOfFile);

/** Throws MidplaneError USAGE, which names the nearest ones. */
export function shippedScenario(name: string): ScenarioFile {
  const found = files.find((it) => it.name === name);
  if (found !== undefined) return found;
  const near = nearestNames(
    name,
    files.map((it) => it.name),
  );
  throw new MidplaneError('USAGE', `unknown scenario "${name}"`, {
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'midplane list scenarios shows them all',
  });
}
