import { type Look, type Style, styleOf } from './style';
import { hanging, padEnd, padStart, printable, wrap } from './text';

/** What passed a relay, as each side saw it. Plain data, as an attacker reports it. */
export interface TranscriptMaterial {
  readonly entries: readonly TranscriptLine[];
  readonly dropped: { readonly entries: number; readonly bytes: number };
}

export interface TranscriptLine {
  readonly atMs: number;
  readonly connection: string;
  readonly exchange: number;
  readonly stream: string;
  readonly side: 'client-sent' | 'endpoint-received' | 'endpoint-answered' | 'client-got' | 'attacker';
  readonly text: string;
  readonly encoding: 'utf8' | 'hex';
}

/** The client on the left, the endpoint on the right, each with what it sent and what it got. */
export function renderTranscript(
  transcript: TranscriptMaterial,
  options: Look & { readonly width: number },
): string {
  const lines = transcriptLines(transcript, styleOf(options), Math.max(60, options.width));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

export function transcriptLines(transcript: TranscriptMaterial, style: Style, width: number): string[] {
  const rows = pairUp(transcript.entries);
  const name = Math.max(6, ...rows.map(({ stream }) => stream.length));
  // A blank, the time, the stream, the way and the sign between the columns.
  const column = Math.floor((width - name - 21) / 2);
  const head = ` ${' '.repeat(12 + name)}    ${padEnd('the client', column)}    the endpoint`;
  const { entries, bytes } = transcript.dropped;
  return [
    ` ${style.bold('what each side saw')}`,
    style.dim(head),
    ...rows.flatMap((row) => rowLines(row, { name, column, width, style })),
    ...(rows.length === 0 ? [` ${style.dim('nothing passed the relay')}`] : []),
    ...(entries + bytes === 0
      ? []
      : [` ${style.dim(`and ${bytes} more bytes (${entries} more entries) that were not kept`)}`]),
  ];
}

interface Row {
  readonly atMs: number;
  readonly flow: string;
  readonly stream: string;
  readonly way: 'up' | 'down' | 'note';
  client: string;
  endpoint: string;
}

/** What was sent and what was received of it in one row; pieces of one stream that follow each other too. */
function pairUp(entries: readonly TranscriptLine[]): Row[] {
  const rows: Row[] = [];
  for (const { atMs, connection, exchange, stream, side, text, encoding } of entries) {
    const way = wayOf(side);
    const flow = `${connection}/${exchange}/${stream}/${way}`;
    const shown = encoding === 'hex' ? `0x${text}` : text;
    const last = rows.at(-1);
    const row = last?.flow === flow ? last : { atMs, flow, stream, way, client: '', endpoint: '' };
    if (row !== last) rows.push(row);
    if (side === 'client-sent' || side === 'client-got' || side === 'attacker') row.client += shown;
    else row.endpoint += shown;
  }
  return rows;
}

function wayOf(side: TranscriptLine['side']): Row['way'] {
  switch (side) {
    case 'client-sent':
    case 'endpoint-received':
      return 'up';
    case 'endpoint-answered':
    case 'client-got':
      return 'down';
    case 'attacker':
      return 'note';
  }
}

interface Layout {
  readonly name: number;
  readonly column: number;
  readonly width: number;
  readonly style: Style;
}

const MOST_LINES = 12;

function rowLines(row: Row, { name, column, width, style }: Layout): string[] {
  const first = ` ${style.dim(`${padStart(row.atMs.toFixed(0), 7)} ms`)}  ${style.cyan(padEnd(row.stream, name))}`;
  if (row.way === 'note') return hanging(`${first}  `, style.words(printable(row.client)), width);
  const { client, endpoint } = row;
  const way = style.words(row.way === 'up' ? '→' : '←');
  const same = client === endpoint;
  const [left, right] = [columnOf(client, column, style), columnOf(endpoint, column, style)];
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, at) => {
    const before = at === 0 ? `${first} ${way} ` : ' '.repeat(name + 16);
    const between = at > 0 ? '  ' : same ? style.dim('= ') : style.red('! ');
    return `${before}${padEnd(left[at] ?? '', column)}  ${between}${right[at] ?? ''}`;
  });
  return lines;
}

/** Line by line, with what is invisible spelled out. */
function columnOf(text: string, column: number, style: Style): string[] {
  if (text === '') return [style.dim('(nothing)')];
  const lines = text.split(/(?<=\n)/).flatMap((line) => wrap(style.words(printable(line)), column));
  if (lines.length <= MOST_LINES) return lines;
  return [
    ...lines.slice(0, MOST_LINES - 1),
    style.dim(`${style.sign.ellipsis} ${lines.length - MOST_LINES + 1} more lines`),
  ];
}
