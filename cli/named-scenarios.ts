import { dirname } from 'node:path';
import { MidplaneError } from '../error';
import { shippedScenario } from '../lab/scenario-files/all-scenarios';
import { loadPlays } from '../lab/scenario-files/load-plays';
import { readScenarioFile } from '../lab/scenario-files/read-scenario-file';
import type { ScenarioFile } from '../lab/scenario-files/scenario-file';
import { scenarioOfFile } from '../lab/scenario-files/scenario-of-file';
import type { Scenario } from '../lab/scenarios/scenario';
import { readNamedFile } from './read-named-file';

export interface NamedScenario {
  readonly scenario: Scenario;
  readonly file: ScenarioFile;
}

/** A scenario that ships, by its name, or one out of a file. Throws MidplaneError USAGE, FILE_UNREADABLE, SCENARIO_INVALID. */
export async function namedScenario(name: string): Promise<NamedScenario> {
  if (/[/\\]|\.(ya?ml|json)$/i.test(name)) {
    const file = await fileNamed(name);
    return { scenario: scenarioOfFile(file), file };
  }
  const file = shippedScenario(name.trim().toLowerCase());
  return { scenario: scenarioOfFile(file), file };
}

async function fileNamed(path: string): Promise<ScenarioFile> {
  const content = await readNamedFile(path);
  const read = readScenarioFile(content, loadPlays(content, dirname(path)));
  if (read.kind === 'scenario') return { ...read.scenario, path };
  const [{ line, column, text, hint } = { line: 1, column: 1, text: '', hint: '' }, ...others] =
    read.findings;
  const more = others.length === 0 ? '' : `; ${others.length} more with midplane lint ${path}`;
  throw new MidplaneError('SCENARIO_INVALID', `${path}:${line}:${column}: ${text}`, {
    hint: `${hint}${more}`,
  });
}
