import { castFigure, castScript } from './cast-player';
import { cellFacts } from './cell-facts';
import type { EvidenceAct, EvidenceFile } from './evidence-files';
import { definitions, element, renderHtmlPage } from './html';
import { verdictHtml } from './matrix-html';
import { type Cell, defenceAndSide, positionOf } from './outcome';
import { renderSequenceSvg } from './sequence-svg';
import { drawing } from './story-drawing';
import { styleOf } from './style';
import { escapeXml } from './xml';

/** The whole bundle on one page that needs no network: the verdict, the two terminals, who said what to whom, the files. */
export function renderEvidenceHtml(
  title: string,
  verdict: readonly string[],
  acts: readonly EvidenceAct[],
  files: readonly EvidenceFile[],
): string {
  const rows = files.map(
    ({ name, content }) =>
      `<tr><td><a href="${escapeXml(encodeURI(name))}">${escapeXml(name)}</a></td><td>${content.length}</td></tr>`,
  );
  const body = [
    ...verdict,
    ...acts.flatMap(actSection),
    '<h2>Files beside this page</h2>',
    '<table><thead><tr><th scope="col">file</th><th scope="col">bytes</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table>',
  ];
  return renderHtmlPage(title, body, castScript);
}

/** The path as it was in the end, the matrix's field, and everything that the cell says. */
export function cellVerdict(cell: Cell, command: string): string[] {
  const path = drawing(cell, styleOf({ colour: false }), 100).join('\n');
  return [
    `<pre class="path">${escapeXml(path)}</pre>`,
    '<table><thead><tr><th scope="col">path</th>',
    `<th scope="col">${escapeXml(defenceAndSide(cell))}</th></tr></thead><tbody><tr>`,
    `<th scope="row">${element('span', 'id', cell.path)}</th>`,
    `<td>${verdictHtml(cell.verdict)}<br>${element('span', 'soft', `${cell.technique}, ${positionOf(cell)}`)}</td>`,
    '</tr></tbody></table>',
    ...definitions([['the user’s command', command], ...cellFacts(cell)]),
  ];
}

function actSection({ folder, outcome, screens, sequence }: EvidenceAct): string[] {
  return [
    '<section>',
    ...(folder === '' ? [] : [element('h2', '', folder)]),
    ...(outcome === undefined ? [] : cellVerdict(outcome.cell, outcome.command)),
    ...castFigure(screens.user),
    ...castFigure(screens.attacker),
    element('h3', '', 'Who said what to whom'),
    `<div class="scroll">${renderSequenceSvg(sequence)}</div>`,
    '</section>',
  ];
}
