import type { VerdictId } from '../scenarios/vocabulary';
import { toAscii } from './text';

/** How a report may look: whether colours may be used (NO_COLOR forbids them) and whether letters must be ASCII. */
export interface Look {
  readonly colour: boolean;
  readonly ascii?: boolean;
}

type Paint = (text: string) => string;

/** The colours and signs of one look. Every report takes its signs from here, so that they mean the same everywhere. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly underline: Paint;
  readonly cyan: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly verdict: (verdict: VerdictId, text: string) => string;
  readonly mark: (verdict: VerdictId) => string;
  /** Text as this look can show it. Before layout: ASCII spellings may be longer. */
  readonly words: Paint;
  readonly sign: Signs;
}

interface Signs {
  readonly up: string;
  readonly down: string;
  readonly none: string;
  readonly bullet: string;
  readonly dot: string;
  readonly right: string;
  readonly ellipsis: string;
  readonly horizontal: string;
  readonly vertical: string;
  readonly cross: string;
  readonly doubled: string;
  readonly broken: string;
  readonly openQuote: string;
  readonly closeQuote: string;
}

const unicode: Signs = {
  up: '↑',
  down: '↓',
  none: '·',
  bullet: '•',
  dot: '·',
  right: '→',
  ellipsis: '…',
  horizontal: '─',
  vertical: '│',
  cross: '┼',
  doubled: '═',
  broken: '╳',
  openQuote: '“',
  closeQuote: '”',
};

const ascii: Signs = {
  up: '^',
  down: 'v',
  none: '.',
  bullet: '*',
  dot: '-',
  right: '->',
  ellipsis: '...',
  horizontal: '-',
  vertical: '|',
  cross: '+',
  doubled: '=',
  broken: 'X',
  openQuote: '"',
  closeQuote: '"',
};

/** One sign a verdict: a table must be readable without colours. [unicode, ascii] */
const marks: Record<VerdictId, readonly [string, string]> = {
  sealed: ['✓', '+'],
  refused: ['✓', '+'],
  denied: ['!', '!'],
  impersonated: ['✗', 'x'],
  relayed: ['✗', 'x'],
  plaintext: ['✗', 'x'],
  hijacked: ['✗', 'X'],
  broken: ['?', '?'],
  'not-applicable': ['–', '-'],
};

/** SGR codes, ECMA-48 section 8.3.117: on, off. Bright colours are avoided: they vanish on light backgrounds. */
const sgr = {
  bold: [1, 22],
  dim: [2, 22],
  underline: [4, 24],
  inverse: [7, 27],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

const verdictColours: Record<VerdictId, keyof typeof sgr> = {
  sealed: 'green',
  refused: 'green',
  denied: 'yellow',
  impersonated: 'red',
  relayed: 'red',
  plaintext: 'red',
  hijacked: 'magenta',
  broken: 'inverse',
  'not-applicable': 'dim',
};

export function styleOf(look: Look): Style {
  const paint =
    (name: keyof typeof sgr): Paint =>
    (text) =>
      look.colour && text !== '' ? `\u001b[${sgr[name][0]}m${text}\u001b[${sgr[name][1]}m` : text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    underline: paint('underline'),
    cyan: paint('cyan'),
    red: paint('red'),
    green: paint('green'),
    verdict: (verdict, text) => paint(verdictColours[verdict])(text),
    mark: (verdict) => marks[verdict][look.ascii ? 1 : 0],
    words: (text) => (look.ascii ? toAscii(text) : text),
    sign: look.ascii ? ascii : unicode,
  };
}
