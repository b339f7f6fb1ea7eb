import type { Host } from '../network/network';
import { ByteQueue } from '../wire/byte-queue';
import { headEnd, parseRequestHead, parseResponseHead } from '../wire/http-head';
import { MAX_OBSERVED_CONNECTIONS } from './limits';
import type { Direction, LootBag } from './loot';
import { TlsObserver } from './tls-observer';

/** A head that is longer than this is kept as bytes only. */
const MAX_HEAD_BYTES = 64 * 1024;

/**
 * Reads along without touching anything: keeps the wire, what is in clear on it, and what a TLS handshake tells to
 * everybody who looks. Knows a connection by its first byte.
 */
export class WireTap {
  readonly #host: Host;
  readonly #loot: LootBag;
  readonly #connections = new Map<string, ObservedConnection>();

  constructor(host: Host, loot: LootBag) {
    this.#host = host;
    this.#loot = loot;
  }

  see(connection: string, direction: Direction, bytes: Buffer): void {
    const { timeline, name } = this.#host;
    const observed = this.#connections.get(connection) ?? this.#begin(connection);
    this.#loot.keepWire(direction, connection, bytes);
    timeline.record(name, connection, 'bytes-captured', { direction, length: bytes.length });
    observed.see(direction, bytes);
  }

  #begin(connection: string): ObservedConnection {
    const observed = new ObservedConnection(connection, this.#loot, (kind, data) =>
      this.#host.timeline.record(this.#host.name, connection, kind, data),
    );
    this.#connections.set(connection, observed);
    // Nobody tells when one is over.
    const [oldest] = this.#connections.keys();
    if (this.#connections.size > MAX_OBSERVED_CONNECTIONS && oldest !== undefined)
      this.#connections.delete(oldest);
    this.#loot.countConnection();
    this.#host.timeline.record(this.#host.name, connection, 'connection-intercepted', {});
    return observed;
  }
}

type Note = (kind: string, data: Record<string, unknown>) => void;

class ObservedConnection {
  readonly #id: string;
  readonly #loot: LootBag;
  readonly #note: Note;
  #tls: TlsObserver | 'undecided' | 'plaintext' | 'ssh' = 'undecided';
  readonly #request: HeadCollector;
  readonly #answer: HeadCollector;

  constructor(id: string, loot: LootBag, note: Note) {
    this.#id = id;
    this.#loot = loot;
    this.#note = note;
    this.#request = new HeadCollector((head) => this.#tookRequest(head));
    this.#answer = new HeadCollector((head) => this.#tookAnswer(head));
  }

  see(direction: Direction, bytes: Buffer): void {
    if (this.#tls === 'undecided') this.#tls = this.#decide(direction, bytes);
    // Its first words are in clear and say nothing; the wire is kept all the same.
    if (this.#tls === 'ssh') return;
    if (this.#tls !== 'plaintext') {
      this.#tls.see(direction, bytes);
      return;
    }
    this.#loot.keep(direction, this.#id, bytes);
    (direction === 'up' ? this.#request : this.#answer).see(bytes);
  }

  #decide(direction: Direction, bytes: Buffer): TlsObserver | 'plaintext' | 'ssh' {
    if (bytes.toString('latin1', 0, 4) === 'SSH-') return 'ssh';
    // A server that speaks first does not speak TLS.
    if (direction === 'down' || bytes[0] !== 0x16) return 'plaintext';
    const observer = new TlsObserver(this.#id);
    this.#loot.keepHandshake(observer.handshake);
    return observer;
  }

  #tookRequest(head: Buffer): ((rest: Buffer) => void) | null {
    const parsed = parseRequestHead(head);
    if (parsed.kind !== 'request-head') return null;
    const { method, target: path, headers } = parsed;
    const noted = this.#loot.noteRequest({ connection: this.#id, method, path, headers });
    this.#note('request-captured', { method, path });
    return (rest) => noted.addText('body', rest);
  }

  #tookAnswer(head: Buffer): ((rest: Buffer) => void) | null {
    const parsed = parseResponseHead(head);
    if (parsed.kind !== 'response-head') return null;
    const noted = this.#loot.noteAnswer(parsed.status);
    return (rest) => noted.addText(rest);
  }
}

/** Collects the first head of one direction; what follows goes where `took` says. */
class HeadCollector {
  readonly #took: (head: Buffer) => ((rest: Buffer) => void) | null;
  #pending: ByteQueue | null = new ByteQueue();
  #rest: ((bytes: Buffer) => void) | null = null;

  constructor(took: (head: Buffer) => ((rest: Buffer) => void) | null) {
    this.#took = took;
  }

  see(bytes: Buffer): void {
    if (this.#pending === null) {
      this.#rest?.(bytes);
      return;
    }
    const searched = this.#pending.length;
    this.#pending.add(bytes);
    const pending = this.#pending.view();
    const end = headEnd(pending, searched);
    if (end < 0) {
      if (pending.length > MAX_HEAD_BYTES) this.#pending = null;
      return;
    }
    this.#pending = null;
    this.#rest = this.#took(pending.subarray(0, end));
    if (end < pending.length) this.#rest?.(pending.subarray(end));
  }
}
