import { type VerdictId, verdicts } from '../scenarios/vocabulary';
import type { Cell } from './outcome';
import type { Style } from './style';
import { hanging, padEnd } from './text';

/** What a group of cells amounts to, one sign a part, always in the same five places. */
export interface Parts {
  readonly up: boolean | null;
  readonly down: boolean | null;
  readonly forged: boolean;
  readonly tampered: boolean;
  readonly certificate: boolean;
}

export function partsOf(cells: readonly Cell[]): Parts {
  return {
    up: either(cells.map((cell) => cell.read.up)),
    down: either(cells.map((cell) => cell.read.down)),
    forged: cells.some((cell) => cell.forged),
    tampered: cells.some((cell) => cell.tampered === true),
    certificate: cells.some((cell) => cell.clientCertificateShown),
  };
}

/** `↑·f·c`: five columns, like the letters of a file mode. */
export function partSigns(parts: Parts, style: Style): string {
  const { up, down, none } = style.sign;
  const places = [
    [parts.up === true, up],
    [parts.down === true, down],
    [parts.forged, 'f'],
    [parts.tampered, 't'],
    [parts.certificate, 'c'],
  ] as const;
  return places.map(([has, sign]) => (has ? sign : style.dim(none))).join('');
}

/** The lines below a matrix: the verdicts that occur in it, worst last, and the five parts. */
export function legend(
  shown: readonly VerdictId[],
  options: {
    readonly style: Style;
    readonly width: number;
    readonly short?: boolean;
    readonly parts?: boolean;
  },
): string[] {
  const { style, width } = options;
  const words = verdicts.filter((word) => shown.includes(word.id));
  const labelWidth = Math.max(0, ...words.map((word) => word.id.length));
  const lines = words.flatMap((word) => {
    const brief = options.short ? padEnd(shortWord(word.id), 4) : '';
    const label = `${style.mark(word.id)} ${brief}${brief === '' ? '' : ' '}${padEnd(word.id, labelWidth)}`;
    const first = ` ${style.verdict(word.id, label)}  `;
    return hanging(first, style.words(word.title), width);
  });
  if (options.parts !== false) {
    const { up, down } = style.sign;
    const parts = [
      `${up} reads what the client sends`,
      `${down} reads what the real endpoint answers`,
      'f forges the answer',
      't changes the request',
      "c is shown the client's certificate",
    ];
    lines.push('', ...packed(parts, width));
  }
  return lines;
}

/** Four letters for tables that have no room for words; the legend spells them out. */
export function shortWord(verdict: VerdictId): string {
  const short: Record<VerdictId, string> = {
    sealed: 'seal',
    refused: 'ref',
    denied: 'den',
    impersonated: 'imp',
    relayed: 'rel',
    plaintext: 'pln',
    hijacked: 'hij',
    broken: 'brk',
    'not-applicable': 'n/a',
  };
  return short[verdict];
}

/** As many items a line as fit, three blanks between them. */
function packed(items: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && [...last].length + 3 + [...item].length <= width) {
      lines[lines.length - 1] = `${last}   ${item}`;
    } else lines.push(` ${item}`);
  }
  return lines;
}

function either(values: readonly (boolean | null)[]): boolean | null {
  if (values.includes(true)) return true;
  return values.includes(false) ? false : null;
}
