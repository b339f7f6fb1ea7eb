import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { looksLikeTls, RECORD_HEADER_LENGTH } from '../wire/tls-records';
import { type Direction, TlsSession } from '../wire/tls-session';
import type { RecordedConnectionLine, RecordedStream } from './recording';
import type { RecordedConnection, WireRecording } from './wire-recording';

/** What went over one cluster's network, as lines of a recording: TLS is opened with the keys that somebody in the lab had. */
export interface RecordedWire {
  readonly lines: readonly WireLine[];
  /** Every certificate that was shown, as DER. */
  readonly certificates: readonly Buffer[];
}

/** Not yet said: of which run and cluster. */
export type WireLine =
  | Omit<RecordedConnectionLine, 'twin' | 'cluster'>
  | Omit<RecordedStream, 'twin' | 'cluster'>;

/** Of one direction of a connection, and of all together: a recording is to be read, an evidence bundle has every byte. */
const MOST_OF_A_DIRECTION = 64 * 1024;
const MOST_OF_ALL = 4 * 1024 * 1024;

export function recordedWire({ connections, keys }: WireRecording): RecordedWire {
  const budget = { left: MOST_OF_ALL };
  const read = connections.map((connection) => {
    const its = keys.filter((key) => key.connection === connection.wire.id);
    return new ConnectionReader(connection, its, budget).read();
  });
  const lines = read.flatMap((each) => each.lines);
  // Keeps the order of what happened at once.
  lines.sort((a, b) => a.at - b.at);
  return { lines, certificates: read.flatMap((each) => each.certificates) };
}

/** A piece of what passed: readable, or only so many bytes. */
type Piece = { readonly kind: 'said'; readonly bytes: Buffer } | Counted;
type Counted = { readonly kind: 'sealed' | 'dropped'; readonly length: number };

class ConnectionReader {
  readonly #connection: RecordedConnection;
  readonly #keys: WireRecording['keys'];
  readonly #budget: { left: number };
  readonly #kept: Record<Direction, number> = { up: 0, down: 0 };
  readonly #certificates: Record<Direction, Buffer[]> = { up: [], down: [] };
  readonly #lines: Omit<RecordedStream, 'twin' | 'cluster'>[] = [];

  constructor(connection: RecordedConnection, keys: WireRecording['keys'], budget: { left: number }) {
    this.#connection = connection;
    this.#keys = keys;
    this.#budget = budget;
  }

  read(): RecordedWire {
    const { wire, during, steps } = this.#connection;
    const protocol = protocolOf(this.#connection);
    const open = openerOf(protocol, [...new Set(this.#keys.map(({ line }) => line))]);
    let openedAt = 0;
    for (const step of steps) {
      if (step.kind === 'opened') openedAt = step.at;
      if (step.kind === 'dropped') {
        open.lose(step.direction);
        this.#add(step.at, step.direction, { kind: 'dropped', length: step.length });
      }
      if (step.kind !== 'bytes') continue;
      const opened = open.push(step.direction, step.bytes);
      this.#certificates[step.direction].push(...opened.certificates);
      for (const piece of joined(opened.pieces)) this.#keep(step.at, step.direction, piece);
    }
    const { address, port } = wire.dialler;
    const line: WireLine = {
      type: 'connection',
      at: openedAt,
      connection: wire.id,
      from: wire.from,
      through: wire.through,
      deliveredTo: wire.deliveredTo,
      dialler: { address, port },
      listener: { address: wire.listener.address, port: wire.listener.port },
      during,
      protocol,
      readableBy: { up: this.#readers('up', protocol), down: this.#readers('down', protocol) },
      shown: { up: this.#certificates.up.map(fingerprint), down: this.#certificates.down.map(fingerprint) },
    };
    const { up, down } = this.#certificates;
    return { lines: [line, ...this.#lines], certificates: [...down, ...up] };
  }

  #readers(direction: Direction, protocol: RecordedConnectionLine['protocol']): string[] {
    const { from, through, deliveredTo } = this.#connection.wire;
    if (protocol === 'clear') return [...new Set([from, ...through, deliveredTo])];
    const label = direction === 'up' ? 'CLIENT_TRAFFIC_SECRET_0 ' : 'SERVER_TRAFFIC_SECRET_0 ';
    const opens = this.#keys.filter(
      ({ line }) => line.startsWith(label) || line.startsWith('CLIENT_RANDOM '),
    );
    return [...new Set(opens.map(({ host }) => host))].sort();
  }

  #keep(at: number, direction: Direction, piece: Piece): void {
    if (piece.kind !== 'said') {
      this.#add(at, direction, piece);
      return;
    }
    const room = Math.max(0, Math.min(MOST_OF_A_DIRECTION - this.#kept[direction], this.#budget.left));
    const bytes = piece.bytes.subarray(0, room);
    this.#kept[direction] += bytes.length;
    this.#budget.left -= bytes.length;
    if (bytes.length > 0) this.#lines.push(this.#line(at, direction, textOrBase64(bytes)));
    const rest = piece.bytes.length - bytes.length;
    if (rest > 0) this.#add(at, direction, { kind: 'dropped', length: rest });
  }

  /** Counted in one line, however much follows. */
  #add(at: number, direction: Direction, { kind, length }: Counted): void {
    const index = this.#lines.findLastIndex((line) => line.direction === direction);
    const before = this.#lines[index]?.[kind];
    if (before === undefined) this.#lines.push(this.#line(at, direction, { [kind]: length }));
    else
      this.#lines[index] = this.#line(this.#lines[index]?.at ?? at, direction, { [kind]: before + length });
  }

  #line(
    at: number,
    direction: Direction,
    what: Pick<RecordedStream, 'text' | 'base64' | 'sealed' | 'dropped'>,
  ) {
    return { type: 'stream', at, connection: this.#connection.wire.id, direction, ...what } as const;
  }
}

/** What a certificate is called by: the SHA-256 of its DER, in hex. */
export function fingerprint(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex');
}

interface Opener {
  push(direction: Direction, bytes: Buffer): { pieces: Piece[]; certificates: readonly Buffer[] };
  lose(direction: Direction): void;
}

function openerOf(protocol: RecordedConnectionLine['protocol'], keyLog: readonly string[]): Opener {
  if (protocol === 'tls') {
    const session = new TlsSession(keyLog);
    return {
      push: (direction, bytes) => {
        const read = session.push(direction, bytes);
        return {
          pieces: read.flatMap((piece): Piece[] => (piece.kind === 'certificates' ? [] : [piece])),
          certificates: read.flatMap((piece) => (piece.kind === 'certificates' ? piece.chain : [])),
        };
      },
      lose: (direction) => session.lose(direction),
    };
  }
  return {
    push: (_, bytes) => ({
      pieces: [protocol === 'ssh' ? { kind: 'sealed', length: bytes.length } : { kind: 'said', bytes }],
      certificates: [],
    }),
    lose: () => undefined,
  };
}

/** By what is said first; who only listens to begin with leaves it to the other side. */
function protocolOf({ steps }: RecordedConnection): RecordedConnectionLine['protocol'] {
  const first = steps.find((step) => step.kind === 'bytes');
  if (first === undefined) return 'nothing';
  if (first.bytes.subarray(0, 4).toString('latin1') === 'SSH-') return 'ssh';
  const header = first.bytes.subarray(0, RECORD_HEADER_LENGTH);
  return header.length === RECORD_HEADER_LENGTH && looksLikeTls(header) ? 'tls' : 'clear';
}

/** Records that came together are one piece. */
function joined(pieces: readonly Piece[]): Piece[] {
  const made: Piece[] = [];
  for (const piece of pieces) {
    const last = made.at(-1);
    if (last?.kind === 'said' && piece.kind === 'said')
      made[made.length - 1] = { kind: 'said', bytes: Buffer.concat([last.bytes, piece.bytes]) };
    else made.push(piece);
  }
  return made;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what no text has: controls but tab and line ends
const binary = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]/;

function textOrBase64(bytes: Buffer): { text: string } | { base64: string } {
  if (isUtf8(bytes)) {
    const text = bytes.toString('utf8');
    if (!binary.test(text)) return { text };
  }
  return { base64: bytes.toString('base64') };
}
