import { joint, wordsOf } from '../scenarios/certificate-words';
import { defaultPosition, type TechniqueId, type VerdictId, worstVerdict } from '../scenarios/vocabulary';
import { legend, shortWord } from './legend';
import { type Cell, defenceAndSide, idsOf, positionOf, positionsOf } from './outcome';
import type { Style } from './style';
import { padEnd } from './text';

/**
 * Every technique: a table for each defence, a row a path, a column a technique. Words where they fit, four letters
 * where they do not, and further tables when even those need more room.
 */
export function techniqueTables(cells: readonly Cell[], style: Style, width: number): string[] {
  const shown = new Set<VerdictId>(cells.map((cell) => cell.verdict));
  const short = !wordsFit(cells, width);
  const lines = idsOf(cells)
    .defences.flatMap((defence) => positionsOf(cells).map((position) => ({ defence, position })))
    .flatMap(({ defence, position }) => {
      const here = cells.filter((cell) => cell.defence === defence && positionOf(cell) === position);
      const [first] = here;
      if (first === undefined) return [];
      const from = position === defaultPosition ? '' : ` ${style.sign.dot} ${position}`;
      return ['', ` ${style.bold(defenceAndSide(first))}${from}`, ...tablesOf(here, { style, width, short })];
    })
    .slice(1);
  return [...lines, '', ...legend([...shown], { style, width, short, parts: false })];
}

interface Layout {
  readonly style: Style;
  readonly width: number;
  readonly short: boolean;
}

interface Column {
  readonly technique: TechniqueId;
  readonly head: readonly string[];
  readonly width: number;
}

function wordsFit(cells: readonly Cell[], width: number): boolean {
  const { techniques } = idsOf(cells);
  const columns = techniques.map((technique) => columnOf(cells, technique, false));
  return labelWidth(cells) + columns.reduce((sum, column) => sum + column.width + 2, 0) <= width;
}

function tablesOf(cells: readonly Cell[], layout: Layout): string[] {
  const label = labelWidth(cells);
  const gap = layout.short ? 1 : 2;
  const tables: Column[][] = [[]];
  let used = label;
  for (const technique of idsOf(cells).techniques) {
    const column = columnOf(cells, technique, layout.short);
    if (used + gap + column.width > layout.width && (tables.at(-1)?.length ?? 0) > 0) {
      tables.push([]);
      used = label;
    }
    tables.at(-1)?.push(column);
    used += gap + column.width;
  }
  return tables.flatMap((columns, index) => [
    ...(index === 0 ? [] : ['']),
    ...oneTable(cells, columns, label, gap, layout),
  ]);
}

function oneTable(
  cells: readonly Cell[],
  columns: readonly Column[],
  label: number,
  gap: number,
  { style, short }: Layout,
): string[] {
  const row = (first: string, fields: readonly string[]): string =>
    padEnd(first, label) +
    fields.map((field, index) => ' '.repeat(gap) + padEnd(field, columns[index]?.width ?? 0)).join('');
  const headRows = Math.max(...columns.map((column) => column.head.length));
  // The words of a head stand on the line, as in a printed table: a single one goes below.
  const heads = Array.from({ length: headRows }, (_, line) =>
    row(
      '',
      columns.map((column) => column.head[line - (headRows - column.head.length)] ?? ''),
    ),
  );
  const total = label + columns.reduce((sum, column) => sum + column.width + gap, 0);
  const rows = idsOf(cells).paths.map((path) =>
    row(
      ` ${path}`,
      columns.map(({ technique }) => {
        const here = cells.filter((cell) => cell.path === path && cell.technique === technique);
        if (here.length === 0) return '';
        const verdict = worstVerdict(here.map((cell) => cell.verdict));
        return style.verdict(verdict, `${style.mark(verdict)} ${short ? shortWord(verdict) : verdict}`);
      }),
    ),
  );
  return [...heads, style.dim(` ${style.sign.horizontal.repeat(total - 1)}`), ...rows];
}

function columnOf(cells: readonly Cell[], technique: TechniqueId, short: boolean): Column {
  const head = headOf(technique, short);
  const words = cells
    .filter((cell) => cell.technique === technique)
    .map((cell) => 2 + (short ? shortWord(cell.verdict) : cell.verdict).length);
  return { technique, head, width: Math.max(...head.map((line) => line.length), ...words) };
}

/** Joined words stand below each other, or a table of them would be as wide as all together. */
function headOf(technique: TechniqueId, short: boolean): string[] {
  const words = wordsOf(technique);
  return words.flatMap((word, index) => {
    const lines = short ? splitHead(word) : [word];
    const last = lines.pop() ?? '';
    return [...lines, index < words.length - 1 ? `${last}${joint}` : last];
  });
}

/**
 * `not-yet-` above `valid`: a head breaks once, at the hyphen that gives the narrowest column. One word has none and
 * would cost the table its place on 100 columns.
 */
function splitHead(id: string): string[] {
  if (id === 'neighbour') return ['neigh-', 'bour'];
  const pieces = id.split('-');
  if (pieces.length === 1) return [id];
  const splits = pieces
    .slice(1)
    .map((_, index) => [`${pieces.slice(0, index + 1).join('-')}-`, pieces.slice(index + 1).join('-')]);
  const widest = (lines: readonly string[]) => Math.max(...lines.map((line) => line.length));
  return splits.reduce((best, split) => (widest(split) < widest(best) ? split : best));
}

function labelWidth(cells: readonly Cell[]): number {
  return Math.max(...idsOf(cells).paths.map((id) => id.length)) + 1;
}
