import { renderPage } from '../report/page';
import { explain as pageOf } from '../scenarios/explain/explain';
import { defenceIds, pathIds, techniqueIds, verdictIds } from '../scenarios/vocabulary';
import { parseId } from './ids';
import { exitCodes, type Terminal } from './terminal';

export function explain(id: string, terminal: Terminal): number {
  const known = [...pathIds, ...defenceIds, ...techniqueIds, ...verdictIds];
  const page = pageOf(parseId('id', id, known));
  terminal.write(renderPage(page, { colour: terminal.colour, width: Math.min(terminal.width ?? 100, 100) }));
  return exitCodes.ok;
}
