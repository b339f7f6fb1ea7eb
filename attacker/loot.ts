import { StringDecoder } from 'node:string_decoder';
import { ByteQueue } from '../wire/byte-queue';
import { formatRequestHead, type HeaderList } from '../wire/http-head';
import { commandOf } from './kubelet-request';
import {
  MAX_ALL_TEXT_BYTES,
  MAX_ANSWER_TEXT_BYTES,
  MAX_ENTRIES,
  MAX_KEPT_BYTES,
  MAX_LANES,
  MAX_TEXT_BYTES,
} from './limits';
import type { Replay, Resent } from './replay';
import { type Transcript, TranscriptBook } from './transcript';

/**
 * What the attacker holds in the end. Only what really passed through its hands gets in here: the judge looks for the
 * canaries in these bytes and nowhere else. Bounded, so that a hostile victim cannot fill the attacker's memory; what
 * did not fit is counted.
 */

/** `up` is what the client sent, `down` what the genuine endpoint answered; never what the attacker wrote itself. */
export type Direction = 'up' | 'down';

export interface LootHandshake {
  readonly connection: string;
  readonly completed: boolean;
  readonly version: string | null;
  /** By its RFC 8446 name. */
  readonly alert: string | null;
  readonly serverName: string | null;
  /** Whether the attacker asked for one (a passive tap cannot). */
  readonly clientCertificateAsked: boolean;
  readonly clientCertificate: ShownCertificate | null;
}

export interface ShownCertificate {
  readonly subject: string;
  readonly organizations: readonly string[];
}

export interface LootRequest {
  readonly connection: string;
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderList;
  /** Bodies and stdin as text, each cut at 64 KiB; all bytes are in `up()`. */
  readonly body: string;
  readonly command: readonly string[];
  readonly stdin: string;
  /** What went through a port-forward towards the pod. */
  readonly forwarded: string;
}

export interface LootCredential {
  readonly kind: 'bearer';
  readonly value: string;
}

/** What clients made of being sent to a place of the attacker's, as it was seen there. */
export interface LootRedirect {
  readonly status: number;
  /** Of the first answer that led there. */
  readonly location: string;
  /** The User-Agent of whoever came; null: nobody did. */
  readonly followedBy: string | null;
  /** What it brought. */
  readonly credential: 'bearer token' | 'basic' | 'client certificate' | null;
  /** The alert of a client that came and did not believe the place. */
  readonly alert: string | null;
}

export interface LootHostKey {
  readonly connection: string;
  /** Whether the client of SSH took the host key that it was shown. */
  readonly believed: boolean;
  /** As whom it then came in. */
  readonly user: string | null;
}

/** Bytes in each direction, bytes of texts, and entries; connections are those that were hung up on. */
export type Dropped = Readonly<Record<DroppedKind, number>>;

const DROPPED_BYTES = ['up', 'down', 'wireUp', 'wireDown', 'text'] as const;
const DROPPED_ENTRIES = ['connections', 'handshakes', 'requests', 'genuineAnswers', 'credentials'] as const;
export const DROPPED_KINDS = [...DROPPED_BYTES, ...DROPPED_ENTRIES] as const;
export type DroppedKind = (typeof DROPPED_KINDS)[number];

/** What the judge and the story read. */
export interface Loot {
  up(): Buffer;
  down(): Buffer;
  /** As it passed on the wire, encrypted or not; only a tap keeps these. */
  wireUp(): Buffer;
  wireDown(): Buffer;
  readonly handshakes: readonly LootHandshake[];
  readonly requests: readonly LootRequest[];
  readonly genuineAnswers: readonly { readonly status: number; readonly text: string }[];
  readonly credentials: readonly LootCredential[];
  /** What came of using the credentials; empty when that was not tried. */
  readonly replays: readonly Replay[];
  /** Requests that were sent again as they were. */
  readonly resent: readonly Resent[];
  /** One for each place that somebody was sent to. */
  readonly redirects: readonly LootRedirect[];
  /** What clients of SSH made of the attacker. */
  readonly hostKeys: readonly LootHostKey[];
  /** Where those who believed it wanted to be connected to, each once: `10.0.0.11:10250`. */
  readonly tunnelTargets: readonly string[];
  readonly connections: number;
  /** What passed a relay, as each side saw it. */
  transcript(): Transcript;
  /** What passed and was not kept. */
  readonly dropped: Dropped;
  /** One or two lines for people: what hurts most. */
  quote(): readonly string[];
}

const MAX_QUOTED_CHARACTERS = 120;

type Part = 'body' | 'stdin' | 'forwarded';
type RequestHeadFacts = Pick<LootRequest, 'connection' | 'method' | 'path' | 'headers'>;

/** The writing side: only attacker/ has it. */
export class LootBag implements Loot {
  readonly handshakes: LootHandshake[] = [];
  readonly requests: LootRequest[] = [];
  readonly genuineAnswers: { readonly status: number; readonly text: string }[] = [];
  readonly credentials: LootCredential[] = [];
  readonly replays: Replay[] = [];
  readonly resent: Resent[] = [];
  readonly redirects: LootRedirect[] = [];
  readonly hostKeys: LootHostKey[] = [];
  readonly tunnelTargets: string[] = [];
  /** What the clients and the endpoints of a relay saw, in order. */
  readonly book: TranscriptBook = new TranscriptBook();
  readonly #dropped: Record<DroppedKind, number> = {
    up: 0,
    down: 0,
    wireUp: 0,
    wireDown: 0,
    text: 0,
    connections: 0,
    handshakes: 0,
    requests: 0,
    genuineAnswers: 0,
    credentials: 0,
  };
  readonly #kept: Readonly<Record<'up' | 'down' | 'wireUp' | 'wireDown', Lanes>>;
  #connections = 0;
  #textBytes = 0;

  constructor(limitBytes = MAX_KEPT_BYTES) {
    this.#kept = {
      up: new Lanes(limitBytes),
      down: new Lanes(limitBytes),
      wireUp: new Lanes(limitBytes),
      wireDown: new Lanes(limitBytes),
    };
  }

  get connections(): number {
    return this.#connections;
  }

  get dropped(): Dropped {
    const { up, down, wireUp, wireDown } = this.#kept;
    return {
      ...this.#dropped,
      up: up.dropped,
      down: down.dropped,
      wireUp: wireUp.dropped,
      wireDown: wireDown.dropped,
    };
  }

  up(): Buffer {
    return this.#kept.up.bytes();
  }

  down(): Buffer {
    return this.#kept.down.bytes();
  }

  wireUp(): Buffer {
    return this.#kept.wireUp.bytes();
  }

  wireDown(): Buffer {
    return this.#kept.wireDown.bytes();
  }

  transcript(): Transcript {
    return this.book.read();
  }

  quote(): readonly string[] {
    return quoteLoot(this);
  }

  /** Once for each connection. */
  countConnection(): void {
    this.#connections += 1;
  }

  countRefusedConnection(): void {
    this.#dropped.connections += 1;
  }

  /** Clear text. A lane keeps together what belongs together (one stream of one connection), whatever arrives between. */
  keep(direction: Direction, lane: string, bytes: Buffer): void {
    this.#kept[direction].add(lane, bytes);
  }

  keepWire(direction: Direction, connection: string, bytes: Buffer): void {
    this.#kept[direction === 'up' ? 'wireUp' : 'wireDown'].add(connection, bytes);
  }

  keepHandshake(handshake: LootHandshake): void {
    if (this.handshakes.length < MAX_ENTRIES) this.handshakes.push(handshake);
    else this.#dropped.handshakes += 1;
  }

  /** The handshake on this connection was with the end of a tunnel: of the endpoint it says nothing. */
  leadsElsewhere(connection: string): void {
    const at = this.handshakes.findIndex((handshake) => handshake.connection === connection);
    if (at >= 0) this.handshakes.splice(at, 1);
  }

  keepHostKey(shown: LootHostKey): void {
    if (this.hostKeys.length < MAX_ENTRIES) this.hostKeys.push(shown);
    else this.#dropped.handshakes += 1;
  }

  keepTunnelTarget(target: string): void {
    const kept = cut(target);
    if (this.tunnelTargets.includes(kept) || this.tunnelTargets.length >= MAX_ENTRIES) return;
    this.tunnelTargets.push(kept);
  }

  /** An answer of the genuine endpoint and the beginning of its body; the bytes themselves are kept with `keep`. */
  noteAnswer(status: number): { readonly text: string; addText(bytes: Buffer): void } {
    const text = this.#text(MAX_ANSWER_TEXT_BYTES);
    const answer = {
      status,
      get text() {
        return `${text}`;
      },
    };
    if (this.genuineAnswers.length < MAX_ENTRIES) this.genuineAnswers.push(answer);
    else this.#dropped.genuineAnswers += 1;
    return {
      get text() {
        return answer.text;
      },
      // What did not fit is no loss: all of it is in `down()`.
      addText: (bytes) => text.add(bytes),
    };
  }

  /** A decoded request and what it carries in text; the bytes themselves are kept with `keep`. */
  noteRequest(head: RequestHeadFacts): { addText(part: Part, bytes: Buffer): void } {
    for (const value of bearerTokens(head.headers)) this.#keepCredential({ kind: 'bearer', value });
    const texts: Record<Part, BoundedText> = {
      body: this.#text(MAX_TEXT_BYTES),
      stdin: this.#text(MAX_TEXT_BYTES),
      forwarded: this.#text(MAX_TEXT_BYTES),
    };
    if (this.requests.length >= MAX_ENTRIES || !this.#takeRoom(sizeOf(head))) {
      this.#dropped.requests += 1;
      return { addText: () => undefined };
    }
    this.requests.push({
      ...head,
      command: commandOf(head.path),
      get body() {
        return `${texts.body}`;
      },
      get stdin() {
        return `${texts.stdin}`;
      },
      get forwarded() {
        return `${texts.forwarded}`;
      },
    });
    return { addText: (part, bytes) => texts[part].add(bytes) };
  }

  /** Both at once, for what was decoded from a stream: keeps the head, and what follows by what this returns. */
  keepRequest(head: RequestHeadFacts, lane: string): KeptRequest {
    const { method, path, headers } = head;
    this.keep('up', lane, formatRequestHead({ method, target: path, headers }));
    const noted = this.noteRequest(head);
    return {
      add: (part, ofLane, bytes) => {
        this.keep('up', ofLane, bytes);
        noted.addText(part, bytes);
      },
    };
  }

  #keepCredential(credential: LootCredential): void {
    if (this.credentials.some((it) => it.value === credential.value)) return;
    const fits = this.credentials.length < MAX_ENTRIES && this.#takeRoom(credential.value.length);
    if (fits) this.credentials.push(credential);
    else this.#dropped.credentials += 1;
  }

  #text(limit: number): BoundedText {
    return new BoundedText(limit, (bytes) => this.#takeRoom(bytes));
  }

  /** All texts of all entries together are bounded: a thousand entries could each be as long as one may be. */
  #takeRoom(bytes: number): boolean {
    if (this.#textBytes + bytes > MAX_ALL_TEXT_BYTES) {
      this.#dropped.text += bytes;
      return false;
    }
    this.#textBytes += bytes;
    return true;
  }
}

export interface KeptRequest {
  add(part: Part, lane: string, bytes: Buffer): void;
}

/** The beginning of a text that arrives in pieces, which need not end between two characters. */
class BoundedText {
  readonly #limit: number;
  readonly #takeRoom: (bytes: number) => boolean;
  readonly #bytes = new ByteQueue();

  constructor(limit: number, takeRoom: (bytes: number) => boolean) {
    this.#limit = limit;
    this.#takeRoom = takeRoom;
  }

  add(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#limit - this.#bytes.length);
    // A copy: a slice would keep the whole 64 KiB read buffer behind it alive.
    if (kept.length > 0 && this.#takeRoom(kept.length)) this.#bytes.add(Buffer.from(kept));
  }

  /** Half a character at the end is left out. */
  toString(): string {
    return new StringDecoder('utf8').write(this.#bytes.view());
  }
}

/** Bytes of many streams, each stream's in order, all together at most `limit`. The first bytes are kept. */
class Lanes {
  readonly #limit: number;
  readonly #lanes = new Map<string, ByteQueue>();
  #size = 0;
  dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(lane: string, bytes: Buffer): void {
    const known = this.#lanes.get(lane);
    const room = known === undefined && this.#lanes.size >= MAX_LANES ? 0 : this.#limit - this.#size;
    const kept = bytes.subarray(0, room);
    this.dropped += bytes.length - kept.length;
    if (kept.length === 0) return;
    this.#size += kept.length;
    const queue = known ?? new ByteQueue();
    if (known === undefined) this.#lanes.set(lane, queue);
    queue.add(Buffer.from(kept));
  }

  bytes(): Buffer {
    return Buffer.concat([...this.#lanes.values()].map((queue) => queue.view()));
  }
}

function sizeOf({ method, path, headers }: RequestHeadFacts): number {
  return headers.reduce(
    (size, [name, value]) => size + name.length + value.length,
    method.length + path.length,
  );
}

const WEBSOCKET_BEARER = 'base64url.bearer.authorization.k8s.io.';

/** In the Authorization header, or hidden among the subprotocols (k8s.io/apiserver pkg/authentication/request/websocket). */
function bearerTokens(headers: HeaderList): string[] {
  return headers.flatMap(([key, value]) => {
    switch (key.toLowerCase()) {
      case 'authorization':
        return /^bearer +\S/i.test(value) ? [value.replace(/^bearer +/i, '')] : [];
      case 'sec-websocket-protocol':
        return value
          .split(',')
          .map((protocol) => protocol.trim())
          .filter((protocol) => protocol.startsWith(WEBSOCKET_BEARER))
          .map((protocol) => Buffer.from(protocol.slice(WEBSOCKET_BEARER.length), 'base64url').toString());
      default:
        return [];
    }
  });
}

/** What an operator should see first: secrets, then what was typed or sent, then what was asked, then what came back. */
function quoteLoot(loot: Loot): string[] {
  const request = loot.requests[0];
  const shown = loot.handshakes.find((it) => it.clientCertificate !== null)?.clientCertificate;
  const refused = loot.handshakes.find((it) => it.alert !== null);
  const credential = loot.credentials[0];
  const answer = loot.genuineAnswers[0];
  const lines: (string | false | null)[] = [
    credential !== undefined && `bearer token ${quoted(credential.value)}`,
    request !== undefined && `${request.method} ${cut(request.path)}`,
    ...loot.requests.flatMap((it) => [
      it.stdin !== '' && `stdin ${quoted(it.stdin)}`,
      it.body !== '' && `body ${quoted(it.body)}`,
      it.forwarded !== '' && `forwarded ${quoted(it.forwarded)}`,
    ]),
    answer !== undefined && answer.status >= 400
      ? `genuine answer ${answer.status} ${quoted(answer.text)}`
      : lastLine(loot.down()),
    shown != null && `client certificate of ${shown.subject}`,
    loot.requests.length === 0 && firstLine(loot.up()),
    refused !== undefined && `alert ${refused.alert}`,
    loot.tunnelTargets.length > 0 && `connections asked for: ${cut(loot.tunnelTargets.join(', '))}`,
  ];
  return lines.filter((line): line is string => typeof line === 'string').slice(0, 2);
}

function firstLine(bytes: Buffer): string | null {
  const line = bytes.toString('utf8', 0, 4096).split(/\r?\n/)[0];
  return line === undefined || line === '' ? null : quoted(line);
}

function lastLine(bytes: Buffer): string | null {
  const line = bytes.subarray(-4096).toString('utf8').trimEnd().split(/\r?\n/).at(-1);
  return line === undefined || line === '' ? null : `answer ${quoted(line)}`;
}

function quoted(text: string): string {
  return JSON.stringify(cut(text.trimEnd()));
}

function cut(text: string): string {
  return text.length <= MAX_QUOTED_CHARACTERS ? text : `${text.slice(0, MAX_QUOTED_CHARACTERS)}…`;
}
