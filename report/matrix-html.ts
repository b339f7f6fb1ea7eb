import {
  defences,
  isClientPath,
  isOpen,
  type VerdictId,
  verdicts,
  worstVerdict,
} from '../scenarios/vocabulary';
import { cellFacts, failureText } from './cell-facts';
import { findings, positionOnly } from './findings';
import { type GivenSection, givenSections } from './given-sections';
import { definitions, element, renderHtmlPage } from './html';
import type { Sentence } from './marked-text';
import {
  type Cell,
  defenceAndSide,
  type InterceptionMatrix,
  idsOf,
  type Judgement,
  keyOf,
  orderedCells,
  positionOf,
} from './outcome';
import { styleOf } from './style';
import { escapeXml } from './xml';

/** The matrix as one page that needs no network: the tables first, then every cell on a page of its own. */
export function renderMatrixHtml(matrix: InterceptionMatrix): string {
  return renderHtmlPage('midplane: the interception matrix', matrixBody(matrix));
}

export function matrixBody(matrix: InterceptionMatrix): string[] {
  const cells = orderedCells(matrix.cells);
  return [
    introduction(matrix),
    ...judgementBlock(matrix.expectations),
    ...[false, true].flatMap((towards) =>
      worstTable(cells.filter(({ path }) => isClientPath(path) === towards)),
    ),
    ...listOf(findings(matrix).map(({ sentence }) => sentenceHtml(sentence))),
    ...(matrix.given === undefined ? [] : givenSections(matrix.given).flatMap(givenBlock)),
    ...legendBlock(cells),
    '<h2>Every path</h2>',
    ...groupsOf(cells).flatMap((group) => groupSection(group)),
    '<h2>Every cell</h2>',
    ...cells.flatMap(cellSection),
  ];
}

function introduction({ metadata, cells }: InterceptionMatrix): string {
  const facts =
    metadata === undefined
      ? `${cells.length} cells`
      : `Kubernetes ${metadata.emulates}, ${cells.length} cells in ${(metadata.durationMs / 1000).toFixed(1)} s, started ${metadata.startedAt}, midplane ${metadata.midplaneVersion}, Node ${metadata.node}`;
  return element(
    'p',
    'soft',
    `${facts}. What an attacker on the path really got; a click on a cell shows why.`,
  );
}

function givenBlock({ title, lines }: GivenSection): string[] {
  return [element('h2', '', title), ...listOf(lines.map(sentenceHtml))];
}

function judgementBlock(judgement: Judgement | undefined): string[] {
  if (judgement === undefined) return [];
  const { failures, accepted, closed, unused, judged, files } = judgement;
  const verdict =
    failures.length === 0
      ? element('p', 'safe', `✓ as expected: ${judged} cells judged by ${files.join(' and ')}`)
      : element(
          'p',
          'open',
          `✗ ${failures.length} expectations failed, ${judged} cells judged by ${files.join(' and ')}`,
        );
  return [
    '<h2>Expectations</h2>',
    verdict,
    ...listOf(
      failures.map(
        (failure) =>
          `<a href="#${anchorOf(failure)}">${escapeXml(keyOf(failure))}</a>: ${escapeXml(failureText(failure))}`,
      ),
    ),
    ...lines('Open before and now, accepted by the baseline', accepted.map(keyOf)),
    ...lines('Open before, closed now', closed.map(keyOf)),
    ...lines(
      'Expected of cells that were not run',
      unused.map(({ text, at }) => `${text} (${at.file}:${at.line})`),
    ),
  ];
}

function lines(title: string, each: readonly string[]): string[] {
  return each.length === 0 ? [] : [element('p', '', `${title}:`), ...listOf(each.map(escapeXml))];
}

/** Of one direction: in each field the worst that an attacker gets who has only its place. */
function worstTable(cells: readonly Cell[]): string[] {
  if (cells.length === 0) return [];
  const shown = positionOnly(cells);
  const { defences: columns, paths: rows } = idsOf(shown);
  const head = columns.map((id) => {
    const setting = defences.find((word) => word.id === id)?.settings[0];
    return `<th scope="col"><span class="id">${escapeXml(id)}</span>${setting === undefined ? '' : `<br><code>${escapeXml(setting)}</code>`}</th>`;
  });
  const body = rows.map((path) => {
    const fields = columns.map((defence) => {
      const here = shown.filter((cell) => cell.path === path && cell.defence === defence);
      const [first] = here;
      if (first === undefined) return '<td></td>';
      const worst = worstVerdict(here.map(({ verdict }) => verdict));
      const by = here.filter(({ verdict }) => verdict === worst).map(({ technique }) => technique);
      const whom = isOpen(worst) ? `<br>${element('span', 'soft', [...new Set(by)].join(', '))}` : '';
      return `<td><a href="#${groupAnchor(first)}">${verdictHtml(worst)}</a>${whom}</td>`;
    });
    return `<tr><th scope="row">${element('span', 'id', path)}</th>${fields.join('')}</tr>`;
  });
  return [
    `<div class="scroll"><table><thead><tr><th scope="col">path</th>${head.join('')}</tr></thead>`,
    '<tbody>',
    ...body,
    '</tbody></table></div>',
  ];
}

function groupsOf(cells: readonly Cell[]): Cell[][] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) groups.set(groupAnchor(cell), [...(groups.get(groupAnchor(cell)) ?? []), cell]);
  return [...groups.values()];
}

function groupSection(group: readonly Cell[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const rows = group.map((cell) => {
    const name = `${cell.technique}${cell.position === undefined ? '' : `, ${cell.position}`}`;
    return `<tr><td><a class="id" href="#${anchorOf(cell)}">${escapeXml(name)}</a></td><td>${verdictHtml(cell.verdict)}</td><td>${escapeXml(cell.reason)}</td></tr>`;
  });
  return [
    `<section id="${groupAnchor(first)}">`,
    element('h3', '', `${first.path} under ${defenceAndSide(first)}`),
    '<div class="scroll"><table><thead><tr><th scope="col">technique</th><th scope="col">verdict</th><th scope="col">why</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table></div>',
    '</section>',
  ];
}

function cellSection(cell: Cell): string[] {
  return [
    `<section class="cell" id="${anchorOf(cell)}">`,
    element('h3', '', keyOf(cell)),
    `<p>${verdictHtml(cell.verdict)} <a class="soft" href="#${groupAnchor(cell)}">${escapeXml(`all of ${cell.path}`)}</a></p>`,
    ...definitions(cellFacts(cell)),
    '</section>',
  ];
}

function legendBlock(cells: readonly Cell[]): string[] {
  const used = new Set(cells.map(({ verdict }) => verdict));
  return listOf(
    verdicts
      .filter(({ id }) => used.has(id))
      .map(({ id, title }) => `${verdictHtml(id)}: ${escapeXml(title)}`),
  );
}

function listOf(items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['<ul>', ...items.map((item) => `<li>${item}</li>`), '</ul>'];
}

export function sentenceHtml(sentence: Sentence): string {
  return sentence
    .map((part) => {
      if (typeof part === 'string') return escapeXml(part);
      return 'id' in part ? element('code', '', part.id) : `“${element('code', '', part.quote)}”`;
    })
    .join('');
}

export function verdictHtml(verdict: VerdictId): string {
  return element('span', classOf[verdict], `${plain.mark(verdict)} ${verdict}`);
}

const plain = styleOf({ colour: false });

/** As in the terminal: green, yellow, red, magenta. */
const classOf: Record<VerdictId, string> = {
  sealed: 'safe',
  refused: 'safe',
  denied: 'half',
  impersonated: 'open',
  relayed: 'open',
  plaintext: 'open',
  hijacked: 'worst',
  broken: 'half',
  'not-applicable': 'none',
};

function groupAnchor({ path, defence, side }: Pick<Cell, 'path' | 'defence' | 'side'>): string {
  return ['path', path, defence, ...(side === undefined ? [] : [side])].map(idPart).join('.');
}

function anchorOf(cell: Pick<Cell, 'path' | 'defence' | 'technique' | 'position' | 'side'>): string {
  const { path, defence, technique, side } = cell;
  const parts = ['cell', path, defence, technique, positionOf(cell), ...(side === undefined ? [] : [side])];
  return parts.map(idPart).join('.');
}

/** Of our own words nothing is changed; a document that was read from a file may hold anything. */
function idPart(word: string): string {
  return word.replace(/[^a-z0-9-]/g, '_');
}
