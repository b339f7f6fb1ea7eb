import { defaultPosition } from '../scenarios/vocabulary';
import { judgementLines } from './judgement-lines';
import { legend, partSigns, partsOf, shortWord } from './legend';
import {
  type Cell,
  defenceAndSide,
  type InterceptionMatrix,
  orderedCells,
  positionOf,
  positionsOf,
} from './outcome';
import { type Style, styleOf } from './style';
import { oneLine, padEnd, truncate, widthOf } from './text';

export interface WideOptions {
  /** Columns of the terminal; null when there is none: then nothing is cut. */
  readonly width: number | null;
  readonly colour: boolean;
  readonly ascii?: boolean;
}

interface Column {
  readonly head: string;
  readonly value: (cell: Cell, style: Style) => string;
  readonly paint?: (style: Style, cell: Cell, text: string) => string;
}

const path: Column = { head: 'PATH', value: (cell) => cell.path };
const defence: Column = { head: 'DEFENCE', value: defenceAndSide };
const technique: Column = { head: 'TECHNIQUE', value: (cell) => cell.technique };
const position: Column = { head: 'POSITION', value: positionOf };
const verdict: Column = {
  head: 'VERDICT',
  value: (cell) => cell.verdict,
  paint: (style, cell, text) => style.verdict(cell.verdict, text),
};
const shortVerdict: Column = {
  ...verdict,
  value: (cell, style) => `${style.mark(cell.verdict)} ${shortWord(cell.verdict)}`,
};
const version: Column = { head: 'TLS', value: (cell) => cell.tls?.version?.replace('TLSv', '') ?? '-' };
const alert: Column = { head: 'ALERT', value: (cell) => cell.tls?.alert ?? '-' };
/** The five columns of the widest layout in five signs, which the line below explains. */
const got: Column = {
  head: 'GOT',
  value: (cell, style) => partSigns(partsOf([cell]), { ...style, dim: (text) => text }),
};
const parts: readonly Column[] = [
  { head: 'UP', value: (cell) => yesNo(cell.read.up) },
  { head: 'DOWN', value: (cell) => yesNo(cell.read.down) },
  { head: 'FORGED', value: (cell) => yesNo(cell.forged) },
  { head: 'TAMPERED', value: (cell) => yesNo(cell.tampered) },
  { head: 'CERT', value: (cell) => yesNo(cell.clientCertificateShown) },
];

/**
 * From the widest on, each with the least room for words that is worth it. What is left out first is what the other
 * columns tell best.
 */
const layouts: readonly { readonly columns: readonly Column[]; readonly words: number }[] = [
  { columns: [path, defence, technique, verdict, version, alert, ...parts], words: 40 },
  { columns: [path, defence, technique, verdict, version, alert, got], words: 40 },
  { columns: [path, defence, technique, verdict, version, got], words: 28 },
  { columns: [path, defence, technique, verdict, got], words: 28 },
  { columns: [path, defence, technique, shortVerdict, got], words: 0 },
];

/** One line a cell, for eyes and for grep: every part of the evidence, and the words that the user saw. */
export function renderMatrixWide(matrix: InterceptionMatrix, options: WideOptions): string {
  const style = styleOf({ colour: options.colour, ascii: options.ascii ?? false });
  const cells = orderedCells(matrix.cells);
  const total = options.width ?? Number.POSITIVE_INFINITY;
  const elsewhere = positionsOf(cells).some((id) => id !== defaultPosition);
  const measured = layouts.map(({ columns, words }) => ({
    ...measure(elsewhere ? withPosition(columns) : columns, cells, style),
    words,
  }));
  const layout = measured.find(({ width, words }) => width + words <= total) ?? measured.at(-1);
  if (layout === undefined) return '';
  const { columns, widths } = layout;
  const room = Math.max(8, total - layout.width);
  const lines = cells.map((cell) => {
    const fields = columns.map(({ value, paint }, index) => {
      const text = padEnd(value(cell, style), widths[index] ?? 0);
      return paint === undefined ? text : paint(style, cell, text);
    });
    const words = style.words(oneLine(cell.clientSaw)) || '-';
    return [...fields, cutMiddle(words, room, style.sign.ellipsis)].join('  ').trimEnd();
  });
  const head = [
    ...columns.map(({ head }, index) => padEnd(head, widths[index] ?? 0)),
    cutMiddle('THE USER SAW', room, ''),
  ].join('  ');
  const below = columns.includes(got)
    ? legend(columns.includes(shortVerdict) ? cells.map((cell) => cell.verdict) : [], {
        style,
        width: total,
        short: true,
      })
    : [];
  const judgement = judgementLines(matrix.expectations, style, Math.min(total, 200));
  return `${[style.bold(head), ...lines, ...below, ...judgement].join('\n')}\n`;
}

/** Told where there was a choice. */
function withPosition(columns: readonly Column[]): readonly Column[] {
  return columns.flatMap((column) => (column === technique ? [column, position] : [column]));
}

function measure(
  columns: readonly Column[],
  cells: readonly Cell[],
  style: Style,
): { readonly columns: readonly Column[]; readonly widths: readonly number[]; readonly width: number } {
  const widths = columns.map(({ head, value }) =>
    Math.max(head.length, ...cells.map((cell) => widthOf(value(cell, style)))),
  );
  return { columns, widths, width: widths.reduce((sum, width) => sum + width + 2, 0) };
}

/** The head says which command failed and the tail says why: what is between them is the same in every error. */
function cutMiddle(text: string, width: number, ellipsis: string): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const cause = text.indexOf('x509: ');
  const tail = cause < 0 ? characters.slice(-Math.floor(width / 2)) : [...text.slice(cause)];
  const head = Math.max(Math.min(5, Math.floor(width / 4)), width - tail.length - ellipsis.length);
  const rest = width - head - ellipsis.length;
  return characters.slice(0, head).join('') + ellipsis + truncate(tail.join(''), rest, ellipsis);
}

function yesNo(value: boolean | null): string {
  if (value === null) return '-';
  return value ? 'yes' : 'no';
}
