import {
  defaultPosition,
  defences,
  isClientPath,
  isOpen,
  paths,
  type VerdictId,
  verdicts,
  worstVerdict,
} from '../scenarios/vocabulary';
import { findings, positionOnly } from './findings';
import { type GivenSection, givenSections } from './given-sections';
import { judgementMarkdown } from './judgement-lines';
import { partsOf } from './legend';
import { codeSpan, escapeMarkdown, markdown } from './marked-text';
import { type Cell, defenceAndSide, type InterceptionMatrix, idsOf, positionOf, sideClause } from './outcome';
import { oneLine } from './text';

/**
 * The matrix for a job summary or an issue. GitHub shows no colours in tables, so each verdict carries a coloured
 * circle; the words stand beside it for those who do not see it.
 */
export function renderMatrixMarkdown(matrix: InterceptionMatrix): string {
  const cells = positionOnly(matrix.cells);
  const { techniques } = idsOf(cells);
  const sections = [
    '## midplane: the interception matrix',
    introduction(matrix, techniques, sideClause(cells)),
    ...[false, true].map((towards) => worstTable(cells.filter(({ path }) => isClientPath(path) === towards))),
    judgementMarkdown(matrix.expectations),
    findings(matrix)
      .map(({ sentence }) => `- ${markdown(sentence)}`)
      .join('\n'),
    ...(matrix.given === undefined ? [] : givenSections(matrix.given).map(givenSection)),
    verdictList(verdictsShown(cells, matrix.cells)),
    details(matrix.cells),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function givenSection({ title, lines }: GivenSection): string {
  return [`### ${title}`, '', ...lines.map((line) => `- ${markdown(line)}`)].join('\n');
}

function introduction(
  { metadata, cells }: InterceptionMatrix,
  techniques: readonly string[],
  side: string,
): string {
  const facts =
    metadata === undefined
      ? ''
      : ` Kubernetes ${metadata.emulates}, ${cells.length} cells in ${(metadata.durationMs / 1000).toFixed(1)} s, midplane ${metadata.midplaneVersion}.`;
  return `What an attacker on the path got; in each cell the worst of ${techniques.map(codeSpan).join(', ')}${side}.${escapeMarkdown(facts)}`;
}

/** Of one direction: a defence speaks about no other. */
function worstTable(cells: readonly Cell[]): string {
  if (cells.length === 0) return '';
  const { defences: columns } = idsOf(cells);
  const head = ['path', ...columns.map((id) => `${codeSpan(id)}${settingsOf(id)}`)];
  const rows = idsOf(cells).paths.map((path) => {
    const to = paths.find((word) => word.id === path)?.to ?? '';
    const fields = columns.map((defence) => {
      const here = cells.filter((cell) => cell.path === path && cell.defence === defence);
      if (here.length === 0) return '';
      const worst = worstVerdict(here.map((cell) => cell.verdict));
      const parts = isOpen(worst) ? gains(here) : '';
      return `${circles[worst]} **${worst}**${parts === '' ? '' : `<br>${parts}`}`;
    });
    return [`${codeSpan(path)}<br>→ ${escapeMarkdown(to)}`, ...fields];
  });
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function gains(cells: readonly Cell[]): string {
  const parts = partsOf(cells);
  const words = [
    parts.up === true ? 'reads ↑' : '',
    parts.down === true ? 'reads ↓' : '',
    parts.forged ? 'forges' : '',
    parts.tampered ? 'changes requests' : '',
    parts.certificate ? 'is shown the certificate' : '',
  ];
  const tokens = new Set(cells.map((cell) => cell.credential));
  if (tokens.has('replayed')) words.push('uses the token');
  else if (tokens.has('captured')) words.push('is sent the token');
  return words.filter((word) => word !== '').join(', ');
}

function verdictList(used: readonly VerdictId[]): string {
  return verdicts
    .filter((word) => used.includes(word.id))
    .map((word) => `${circles[word.id]} **${word.id}**: ${escapeMarkdown(word.title)}`)
    .join('  \n');
}

/** The verdicts of the table, which shows the worst only, and of the list of reasons. */
function verdictsShown(inTable: readonly Cell[], all: readonly Cell[]): VerdictId[] {
  const { paths: rows, defences: columns } = idsOf(inTable);
  const worst = rows.flatMap((path) =>
    columns.flatMap((defence) => {
      const here = inTable.filter((cell) => cell.path === path && cell.defence === defence);
      return here.length === 0 ? [] : [worstVerdict(here.map((cell) => cell.verdict))];
    }),
  );
  return [...worst, ...explained(all).map((cell) => cell.verdict)];
}

function explained(cells: readonly Cell[]): Cell[] {
  return cells.filter((cell) => isOpen(cell.verdict) || cell.verdict === 'broken');
}

function details(cells: readonly Cell[]): string {
  const open = explained(cells);
  if (open.length === 0) return '';
  const rows = open.map((cell) =>
    [
      codeSpan(cell.path),
      codeSpan(defenceAndSide(cell)),
      codeSpan(cell.technique) +
        (positionOf(cell) === defaultPosition ? '' : `, ${codeSpan(positionOf(cell))}`),
      `${circles[cell.verdict]} ${cell.verdict}`,
      escapeMarkdown(oneLine(cell.reason)),
    ].join(' | '),
  );
  return [
    '<details><summary>Why, cell by cell</summary>',
    '',
    '| path | defence | technique | verdict | reason |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    '</details>',
  ].join('\n');
}

function settingsOf(id: string): string {
  const setting = defences.find((word) => word.id === id)?.settings[0];
  return setting === undefined ? '' : `<br>${codeSpan(setting)}`;
}

export const circles: Record<VerdictId, string> = {
  sealed: '🟢',
  refused: '🟢',
  denied: '🟡',
  impersonated: '🔴',
  relayed: '🔴',
  plaintext: '🔴',
  hijacked: '🟣',
  broken: '❔',
  'not-applicable': '⚪',
};
