import { type KindOfPage, renderPage } from '../report/page';
import { scenarioPage } from '../report/scenario-page';
import { joint } from '../scenarios/certificate-words';
import { explain as pageOf } from '../scenarios/explain/explain';
import { defenceIds, pathIds, positionIds, techniqueIds, verdictIds } from '../scenarios/vocabulary';
import { parseId, parseTechnique } from './ids';
import { exitCodes, type Terminal } from './terminal';

export async function explain(id: string, terminal: Terminal): Promise<number> {
  const page = await pageAbout(id);
  terminal.write(renderPage(page, { colour: terminal.colour, width: Math.min(terminal.width ?? 100, 100) }));
  return exitCodes.ok;
}

async function pageAbout(id: string): Promise<KindOfPage> {
  if (id.includes(joint)) return pageOf(parseTechnique(id));
  const words = [...pathIds, ...defenceIds, ...techniqueIds, ...positionIds, ...verdictIds];
  const word = words.find((it) => it === id.trim().toLowerCase());
  if (word !== undefined) return pageOf(word);
  // The labs of the scenarios are loaded for those alone.
  const { allScenarios: scenarios } = await import('../lab/scenario-files/all-scenarios');
  const named = parseId('id', id, [...words, ...scenarios.map((it) => it.id)]);
  const scenario = scenarios.find((it) => it.id === named);
  if (scenario === undefined) throw new RangeError(`"${named}" has no page`);
  return { kind: 'scenario', ...scenarioPage(scenario) };
}
