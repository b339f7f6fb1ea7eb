import type { Page } from '../scenarios/explain/page';
import { paragraphs } from './paragraphs';
import { attackNames, type ScenarioText } from './scenario-outcome';

/** The page of `midplane explain` about a scenario. */
export function scenarioPage(scenario: ScenarioText): Page {
  const { id, title, story, needs, evidence, attack = [], setting, notice, sources } = scenario;
  const told = (head: string, text: string | undefined): string[] =>
    text === undefined ? [] : [`**${head}.** ${text}`];
  return {
    title: `${id}: ${title}`,
    body: [
      ...paragraphs(story),
      ...told('Needs', needs),
      ...told('What proves it', evidence),
      ...told('What stops it', `\`${setting.name}\`: ${setting.fixed}. It is open with: ${setting.open}.`),
      ...told('How you would notice', notice),
      ...(attack.length === 0
        ? []
        : told(
            'ATT&CK for Containers',
            `${attack.map((word) => `${word} ${attackNames[word]}`).join(', ')}.`,
          )),
      `Try: \`midplane run ${id}\``,
    ],
    sources,
    seeAlso: [],
  };
}
