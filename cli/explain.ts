import { renderPage } from '../report/page';
import { joint } from '../scenarios/certificate-words';
import { explain as pageOf } from '../scenarios/explain/explain';
import { defenceIds, pathIds, positionIds, techniqueIds, verdictIds } from '../scenarios/vocabulary';
import { parseId, parseTechnique } from './ids';
import { exitCodes, type Terminal } from './terminal';

export function explain(id: string, terminal: Terminal): number {
  const known = [...pathIds, ...defenceIds, ...techniqueIds, ...positionIds, ...verdictIds];
  const page = pageOf(id.includes(joint) ? parseTechnique(id) : parseId('id', id, known));
  terminal.write(renderPage(page, { colour: terminal.colour, width: Math.min(terminal.width ?? 100, 100) }));
  return exitCodes.ok;
}
