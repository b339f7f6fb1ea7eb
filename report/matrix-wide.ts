import { type Cell, type InterceptionMatrix, orderedCells } from './outcome';
import { type Style, styleOf } from './style';
import { oneLine, padEnd, truncate } from './text';

export interface WideOptions {
  /** Columns of the terminal; null when there is none: then nothing is cut. */
  readonly width: number | null;
  readonly colour: boolean;
  readonly ascii?: boolean;
}

interface Column {
  readonly head: string;
  readonly value: (cell: Cell) => string;
  readonly paint?: (style: Style, cell: Cell, text: string) => string;
}

const columns: readonly Column[] = [
  { head: 'PATH', value: (cell) => cell.path },
  { head: 'DEFENCE', value: (cell) => cell.defence },
  { head: 'TECHNIQUE', value: (cell) => cell.technique },
  {
    head: 'VERDICT',
    value: (cell) => cell.verdict,
    paint: (style, cell, text) => style.verdict(cell.verdict, text),
  },
  { head: 'TLS', value: (cell) => cell.tls?.version?.replace('TLSv', '') ?? '-' },
  { head: 'ALERT', value: (cell) => cell.tls?.alert ?? '-' },
  { head: 'UP', value: (cell) => yesNo(cell.read.up) },
  { head: 'DOWN', value: (cell) => yesNo(cell.read.down) },
  { head: 'FORGED', value: (cell) => yesNo(cell.forged) },
  { head: 'TAMPERED', value: (cell) => yesNo(cell.tampered) },
  { head: 'CERT', value: (cell) => yesNo(cell.clientCertificateShown) },
];

/** One line a cell, for eyes and for grep: every part of the evidence, and the words that the user saw. */
export function renderMatrixWide(matrix: InterceptionMatrix, options: WideOptions): string {
  const style = styleOf({ colour: options.colour, ascii: options.ascii ?? false });
  const cells = orderedCells(matrix.cells);
  const widths = columns.map(({ head, value }) =>
    Math.max(head.length, ...cells.map((cell) => value(cell).length)),
  );
  const fixed = widths.reduce((sum, width) => sum + width + 2, 0);
  // On a narrow terminal the words still get a readable piece; such lines wrap, which beats losing the error.
  const room = options.width === null ? Number.POSITIVE_INFINITY : Math.max(24, options.width - fixed);
  const lines = cells.map((cell) => {
    const fields = columns.map(({ value, paint }, index) => {
      const text = padEnd(value(cell), widths[index] ?? 0);
      return paint === undefined ? text : paint(style, cell, text);
    });
    const words = style.words(oneLine(cell.clientSaw)) || '-';
    return [...fields, truncate(words, room, style.sign.ellipsis)].join('  ').trimEnd();
  });
  const head = [...columns.map(({ head }, index) => padEnd(head, widths[index] ?? 0)), 'THE USER SAW'].join(
    '  ',
  );
  return `${[style.bold(head), ...lines].join('\n')}\n`;
}

function yesNo(value: boolean | null): string {
  if (value === null) return '-';
  return value ? 'yes' : 'no';
}
