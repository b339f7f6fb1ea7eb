import { MidplaneError } from '../../error';
import { nearestNames } from '../../nearest';
import type { Scenario } from '../scenarios/scenario';
import type { ScenarioFile } from './scenario-file';
import { scenarioOfFile } from './scenario-of-file';
import { shippedFiles } from './shipped';

/** Those that ship, in the order in which they teach. */
export const allFiles: readonly ScenarioFile[] = shippedFiles();

export const allScenarios: readonly Scenario[] = allFiles.map(scenarioOfFile);

/** Throws MidplaneError USAGE, which names the nearest ones. */
export function shippedScenario(name: string): ScenarioFile {
  const found = allFiles.find((it) => it.name === name);
  if (found !== undefined) return found;
  const near = nearestNames(
    name,
    allFiles.map((it) => it.name),
  );
  throw new MidplaneError('USAGE', `unknown scenario "${name}"`, {
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'midplane list scenarios shows them all',
  });
}
