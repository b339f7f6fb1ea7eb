import { headEnd } from '../wire/http-head';
import { SpdyDecoder } from '../wire/spdy';
import { WebSocketDecoder } from '../wire/websocket-frames';
import { type Comparing, comparableText, NO_TEXT } from './comparable';
import { flatLines } from './flat-lines';
import type { RecordedStream } from './recording';

/** What passed in one direction of a connection, in lines that can be compared: in how many pieces it came does not count. */
export function streamLines(pieces: readonly RecordedStream[], comparing?: Comparing): string[] {
  const said = pieces.filter(({ text, base64 }) => text !== undefined || base64 !== undefined);
  const bytes = Buffer.concat(
    said.map(({ text, base64 = '' }) =>
      text === undefined ? Buffer.from(base64, 'base64') : Buffer.from(text),
    ),
  );
  const isCutOff = pieces.some(({ dropped }) => dropped !== undefined);
  const text = opened(bytes);
  return [
    ...textLines(isCutOff ? wholeLines(text) : text, comparing),
    ...(pieces.some(({ sealed }) => sealed !== undefined) ? ['(sealed: nobody’s keys open it)'] : []),
    ...(isCutOff ? ['(more was not recorded)'] : []),
  ];
}

function textLines(text: string, comparing?: Comparing): string[] {
  const lines = comparableText(text.replace(NEXT_MESSAGE, '\n'), comparing).split(/\r?\n/);
  return lines.filter((line) => line !== '').flatMap((line) => bodyLines(line) ?? [line]);
}

/** Behind a body without a line end the next request or answer begins. */
const NEXT_MESSAGE =
  /(?<=\S)(?=(?:(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT) \S+ HTTP\/1\.1|HTTP\/1\.1 \d{3} .*)\r?\n)/g;

/** Of a body of JSON its values; null when it is none. */
function bodyLines(line: string): string[] | null {
  const [, before = '', json] = /^(channel \d+: )?([[{].*[\]}])$/.exec(line) ?? [];
  if (json === undefined) return null;
  try {
    return flatLines(JSON.parse(json, repeatable)).map((each) => before + each);
  } catch {
    return null;
  }
}

/** Which manager of fields comes first is a matter of the second. */
function repeatable(key: string, value: unknown): unknown {
  return key === 'managedFields' ? undefined : value;
}

function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

/** As text, behind an upgrade without what frames it: a mask is random, and where a frame ends goes by chance. */
function opened(bytes: Buffer): string {
  const end = headEnd(bytes);
  const head = end < 0 ? '' : bytes.toString('latin1', 0, end);
  const protocol = /^Upgrade: *(websocket|spdy\/3\.1)\s*$/im.exec(head)?.[1]?.toLowerCase();
  if (protocol === undefined) return readable(bytes);
  const framed = bytes.subarray(end);
  const inside = protocol === 'websocket' ? insideWebSocket(framed) : insideSpdy(framed);
  return inside === null ? readable(bytes) : `${head}${inside}`;
}

/** Null: those are no such frames. */
function insideWebSocket(bytes: Buffer): string | null {
  const told: Told[] = [];
  for (const part of new WebSocketDecoder().push(bytes)) {
    if (part.kind === 'malformed') return null;
    if (part.kind !== 'data') told.push({ of: part.kind, bytes: part.bytes });
    else {
      const channel = part.start ? part.bytes[0] : undefined;
      const of = channel === undefined ? (told.at(-1)?.of ?? 'channel') : `channel ${channel}`;
      told.push({ of, bytes: part.start ? part.bytes.subarray(1) : part.bytes });
    }
  }
  return inWords(told);
}

function insideSpdy(bytes: Buffer): string | null {
  const told: Told[] = [];
  for (const frame of new SpdyDecoder().push(bytes)) {
    if (frame.kind === 'malformed') return null;
    if (frame.kind === 'data') told.push({ of: `stream ${frame.streamId}`, bytes: frame.bytes });
    else told.push({ of: frame.kind, bytes: Buffer.from(flatLines(frame).slice(1).join(', ')) });
  }
  return inWords(told);
}

interface Told {
  readonly of: string;
  readonly bytes: Buffer;
}

/** What follows on one channel is one. */
function inWords(told: readonly Told[]): string {
  const joined: { of: string; pieces: Buffer[] }[] = [];
  for (const { of, bytes } of told) {
    const last = joined.at(-1);
    if (last?.of === of) last.pieces.push(bytes);
    else joined.push({ of, pieces: [bytes] });
  }
  return joined.map(({ of, pieces }) => `${of}: ${readable(Buffer.concat(pieces))}\n`).join('');
}

/** The whole lines before the first byte that is no text: what is behind it may be sealed, and then it is random. */
function readable(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const end = text.search(NO_TEXT);
  if (end < 0) return text;
  return `${wholeLines(text.slice(0, end))}(bytes that are no text)\n`;
}
