import type { Sequence, SequenceItem, Tone } from './sequence';
import { wrap } from './text';
import { escapeXml } from './xml';

/** The diagram as a picture that needs nothing else: no script, no style sheet, no font but the reader's own. */
export function renderSequenceSvg({ title, participants, items }: Sequence): string {
  const columns = new Map(participants.map((name, index) => [name, MARGIN + COLUMN * (index + 0.5)]));
  const at = (name: string): number => columns.get(name) ?? MARGIN;
  const width = MARGIN * 2 + COLUMN * Math.max(1, participants.length);
  const drawn: string[] = [];
  let y = TOP;
  for (const item of items) {
    const { parts, height } = draw(item, at, y, width);
    drawn.push(...parts);
    y += height + GAP;
  }
  const bottom = y + GAP;
  const heads = participants.flatMap((name) => [
    `<line x1="${at(name)}" y1="${TOP - 12}" x2="${at(name)}" y2="${bottom}" stroke="${SOFT}" stroke-dasharray="3 4"/>`,
    box(at(name) - COLUMN / 2 + 12, TOP - 40, COLUMN - 24, 28, '#eef1f5', SOFT),
    text(at(name), TOP - 22, name, name === 'attacker' ? TONES.bad : INK, 'middle', true),
  ]);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + GAP}" viewBox="0 0 ${width} ${bottom + GAP}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${bottom + GAP}" fill="#ffffff"/>`,
    text(MARGIN, 22, title, INK, 'start', true),
    ...heads,
    ...drawn,
    '</svg>',
  ].join('\n')}\n`;
}

const MARGIN = 20;
const COLUMN = 260;
const TOP = 84;
const GAP = 10;
const LINE = 15;
/** Letters of 12 pixels, with some room for broad ones. */
const LETTER = 7.2;
const INK = '#1c1c1c';
const SOFT = '#8a8f98';
/** As the pages colour what is safe and what is open. */
const TONES = { good: '#1a7f37', bad: '#c4201d' } as const;

interface Drawn {
  readonly parts: readonly string[];
  readonly height: number;
}

function draw(item: SequenceItem, at: (name: string) => number, y: number, width: number): Drawn {
  switch (item.kind) {
    case 'heading':
      return {
        parts: [
          box(MARGIN, y, width - MARGIN * 2, LINE + 8, '#e3e8ef', '#e3e8ef'),
          text(width / 2, y + LINE + 1, item.text, INK, 'middle', true),
        ],
        height: LINE + 8,
      };
    case 'note':
      return note(at(item.at), y, item.text, item.tone);
    case 'message':
      return item.from === item.to
        ? note(at(item.to), y, item.text, item.tone)
        : message(at(item.from), at(item.to), y, item.text, item.tone);
  }
}

function note(x: number, y: number, words: string, tone: Tone): Drawn {
  const lines = wrap(words, Math.floor((COLUMN - 32) / LETTER));
  const height = lines.length * LINE + 10;
  return {
    parts: [
      box(x - COLUMN / 2 + 8, y, COLUMN - 16, height, '#fff8e1', tone === null ? '#d9cfa8' : TONES[tone]),
      ...lines.map((line, nth) =>
        text(x - COLUMN / 2 + 16, y + 5 + LINE * nth + 11, line, inkOf(tone), 'start'),
      ),
    ],
    height,
  };
}

function message(from: number, to: number, y: number, words: string, tone: Tone): Drawn {
  const span = Math.abs(to - from);
  const lines = wrap(words, Math.floor((span - 24) / LETTER));
  const arrowY = y + lines.length * LINE + 6;
  const ink = inkOf(tone);
  const back = to > from ? -8 : 8;
  const middle = (from + to) / 2;
  return {
    parts: [
      ...lines.map((line, nth) => text(middle, y + LINE * nth + 12, line, ink, 'middle')),
      `<line x1="${from}" y1="${arrowY}" x2="${to}" y2="${arrowY}" stroke="${ink}" stroke-width="1.5"/>`,
      `<path d="M${to},${arrowY} l${back},-5 l0,10 z" fill="${ink}"/>`,
    ],
    height: arrowY - y + 6,
  };
}

function inkOf(tone: Tone): string {
  return tone === null ? INK : TONES[tone];
}

function box(x: number, y: number, width: number, height: number, fill: string, stroke: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4" fill="${fill}" stroke="${stroke}"/>`;
}

/** White behind the letters keeps them readable where they cross a lifeline. */
function text(
  x: number,
  y: number,
  words: string,
  fill: string,
  anchor: 'start' | 'middle',
  isBold = false,
): string {
  const weight = isBold ? ' font-weight="600"' : ' stroke="#ffffff" stroke-width="3" paint-order="stroke"';
  return `<text x="${x}" y="${y}" fill="${fill}" text-anchor="${anchor}"${weight}>${escapeXml(words)}</text>`;
}
