import {
  type DefenceId,
  defaultPosition,
  defences,
  isClientPath,
  type PathId,
  paths,
  type VerdictId,
  worstVerdict,
} from '../scenarios/vocabulary';
import { findings, positionOnly } from './findings';
import { givenSections } from './given-sections';
import { judgementLines } from './judgement-lines';
import { legend, partSigns, partsOf } from './legend';
import { terminal } from './marked-text';
import { type Cell, type InterceptionMatrix, idsOf, positionsOf, sideClause } from './outcome';
import { type Style, styleOf } from './style';
import { techniqueTables } from './technique-table';
import { hanging, padEnd, truncate, widthOf } from './text';

export interface TableOptions {
  readonly width: number;
  readonly colour: boolean;
  /** A table a defence, a column a technique, instead of one table of the worst. */
  readonly all?: boolean;
  readonly ascii?: boolean;
}

/**
 * The screen that people see: a row a path, a column a defence, in each cell the worst verdict an attacker reaches with
 * its place on the network; below it the legend and the sentences that matter.
 */
export function renderMatrixTable(matrix: InterceptionMatrix, options: TableOptions): string {
  const style = styleOf({ colour: options.colour, ascii: options.ascii ?? false });
  const width = Math.max(60, options.width);
  if (matrix.cells.length === 0) return 'no cells were run\n';
  const body = options.all
    ? techniqueTables(matrix.cells, style, width)
    : worstTable(positionOnly(matrix.cells), style, width);
  const lines = [
    ...heading(matrix, style, width),
    '',
    ...body,
    '',
    ...sentences(matrix, style, width),
    ...judgementLines(matrix.expectations, style, width),
    ...givenLines(matrix, style, width),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function heading(matrix: InterceptionMatrix, style: Style, width: number): string[] {
  const left = ` ${style.bold('midplane')}  the interception matrix`;
  const { metadata } = matrix;
  if (metadata === undefined) return [left];
  const seconds = (metadata.durationMs / 1000).toFixed(1);
  const facts = `Kubernetes ${metadata.emulates} ${style.sign.dot} ${matrix.cells.length} cells in ${seconds} s`;
  const room = width - widthOf(left) - widthOf(facts);
  return room >= 2 ? [left + ' '.repeat(room) + style.dim(facts)] : [left, ` ${style.dim(facts)}`];
}

/** Nothing where it is the usual place. */
function fromWhere(cells: readonly Cell[]): string {
  const found = positionsOf(cells);
  return found.every((id) => id === defaultPosition) ? '' : `, from position ${found.join(', ')}`;
}

/** A table for each direction, because a defence speaks about one of them only. */
function worstTable(cells: readonly Cell[], style: Style, width: number): string[] {
  const { techniques } = idsOf(cells);
  const shown = new Set<VerdictId>();
  const what = `what an attacker on the path got${fromWhere(cells)}; in each cell the worst of ${techniques.join(', ')}${sideClause(cells)}`;
  const lines = hanging(' ', what, width).map(style.dim);
  for (const towards of [false, true]) {
    const here = cells.filter(({ path }) => isClientPath(path) === towards);
    if (here.length > 0) lines.push(...tablesFor(here, style, width, shown));
  }
  return [...lines, '', ...legend([...shown], { style, width })];
}

function tablesFor(cells: readonly Cell[], style: Style, width: number, shown: Set<VerdictId>): string[] {
  const { paths: rows, defences: columns } = idsOf(cells);
  const label = 1 + Math.max(...rows.flatMap((id) => [id.length + 3, groupOf(id, rows, style).length + 1]));
  // A column holds mark, word and a blank on each side; what does not fit beside the others goes into a further table.
  const least = Math.max(18, ...columns.map((id) => id.length + 3));
  const perTable = Math.max(1, Math.min(columns.length, Math.floor((width - label) / least)));
  const columnWidth = Math.min(44, Math.floor((width - label) / perTable));
  const lines: string[] = [];
  for (let at = 0; at < columns.length; at += perTable) {
    const table = { cells, rows, columns: columns.slice(at, at + perTable), label, columnWidth };
    lines.push('', ...oneTable(table, style, shown));
  }
  return lines;
}

/** What a row stands under: its destination. */
function groupOf(id: PathId, rows: readonly PathId[], style: Style): string {
  const to = paths.find((word) => word.id === id)?.to ?? '';
  return sharedOrigin(rows) === null ? `${style.sign.right} ${to}` : to;
}

/** Of paths that all begin at one place. */
function sharedOrigin(rows: readonly PathId[]): string | null {
  const origins = new Set(paths.filter((word) => rows.includes(word.id)).map((word) => word.from));
  const [first] = origins;
  return origins.size === 1 && first !== undefined ? first : null;
}

interface Table {
  readonly cells: readonly Cell[];
  readonly rows: readonly PathId[];
  readonly columns: readonly DefenceId[];
  readonly label: number;
  readonly columnWidth: number;
}

function oneTable(table: Table, style: Style, shown: Set<VerdictId>): string[] {
  const { rows, columns, label, columnWidth } = table;
  const { vertical, horizontal, cross, ellipsis } = style.sign;
  const row = (first: string, fields: readonly string[]): string =>
    padEnd(first, label) +
    fields.map((field) => style.dim(vertical) + padEnd(` ${field}`, columnWidth - 1)).join('');
  const rule =
    horizontal.repeat(label) + columns.map(() => cross + horizontal.repeat(columnWidth - 1)).join('');

  const origin = sharedOrigin(rows);
  const lines = [
    row(
      origin === null ? '' : ` ${style.dim(`${origin} ${style.sign.right}`)}`,
      columns.map((id) => style.bold(id)),
    ),
    row(
      '',
      columns.map((id) => style.dim(truncate(settingsOf(id), columnWidth - 3, ellipsis))),
    ),
    style.dim(rule),
  ];
  let group = '';
  for (const path of rows) {
    const heading = groupOf(path, rows, style);
    if (heading !== group) {
      group = heading;
      lines.push(
        row(
          ` ${style.dim(heading)}`,
          columns.map(() => ''),
        ),
      );
    }
    const fields = columns.map((defence) => worstCell(table, path, defence, style, shown));
    lines.push(row(`   ${path}`, fields));
  }
  return lines;
}

function worstCell(
  table: Table,
  path: PathId,
  defence: DefenceId,
  style: Style,
  shown: Set<VerdictId>,
): string {
  const here = table.cells.filter((cell) => cell.path === path && cell.defence === defence);
  if (here.length === 0) return style.dim('not run');
  const worst = worstVerdict(here.map((cell) => cell.verdict));
  shown.add(worst);
  const word = style.verdict(worst, `${style.mark(worst)} ${worst}`);
  const parts = partsOf(here);
  if (!Object.values(parts).includes(true)) return word;
  const room = table.columnWidth - 2;
  const withParts = `${padEnd(word, 15)} ${partSigns(parts, style)}`;
  if (widthOf(withParts) > room) return word;
  // Who got there first is told in every cell of a table or in none.
  const longest = Math.max(...table.cells.map((cell) => cell.technique.length));
  const by = here.find((cell) => cell.verdict === worst)?.technique ?? '';
  return here.length > 1 && widthOf(withParts) + 2 + longest <= room
    ? `${withParts}  ${style.dim(by)}`
    : withParts;
}

function settingsOf(id: DefenceId): string {
  const word = defences.find((entry) => entry.id === id);
  return word?.settings[0] ?? word?.title ?? '';
}

function sentences(matrix: InterceptionMatrix, style: Style, width: number): string[] {
  return findings(matrix).flatMap(({ sentence }) =>
    hanging(` ${style.sign.bullet} `, terminal(sentence, style), width),
  );
}

/** What midplane check was given, and what would close what stands open. */
function givenLines({ given }: InterceptionMatrix, style: Style, width: number): string[] {
  if (given === undefined) return [];
  return givenSections(given).flatMap(({ title, lines }) => [
    '',
    ` ${style.bold(title)}`,
    ...lines.flatMap((line) => hanging(` ${style.sign.bullet} `, terminal(line, style), width)),
  ]);
}
