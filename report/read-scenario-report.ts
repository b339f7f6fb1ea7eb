import { readDocument } from './read-document';
import { scenarioDocumentSchema } from './recording-schema';
import type { ScenarioReport } from './scenario-outcome';

/** A document that `midplane run NAME -o json` has written. Throws MidplaneError CONFIG_INVALID, which says what is wrong in it. */
export function readScenarioReport(text: string, file: string): ScenarioReport {
  return readDocument(text, file, {
    schema: scenarioDocumentSchema,
    name: 'report of a scenario',
    hint: 'midplane run NAME -o json=FILE writes one',
  });
}
