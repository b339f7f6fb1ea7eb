import type { Duplex } from 'node:stream';
import { dataHead, type MalformedSpdy, RST_STATUS, SpdyDecoder, SpdyEncoder, type SpdyFrame } from './spdy';
import type { SpdyHeaders } from './spdy-headers';
import { SpdyStream } from './spdy-stream';
import { TurnCork } from './turn-cork';

export type SessionEnd =
  /** We closed it. */
  | { readonly kind: 'closed' }
  /** The peer said GOAWAY and its streams are done, or it ended the transport. */
  | { readonly kind: 'peer-left' }
  | { readonly kind: 'transport-failed'; readonly text: string }
  | { readonly kind: 'malformed'; readonly text: string };

export interface SpdySessionOptions {
  readonly role: 'client' | 'server';
  /** Takes a stream the peer opened. Without it such streams are refused. */
  readonly onStream?: (stream: SpdyStream) => void;
}

/** io.Copy's buffer, and so the largest data frame a Go peer sends. */
const LARGEST_DATA_BYTES = 32 * 1024;
/** apimachinery/pkg/util/httpstream/spdy: how long CreateStream waits for the SYN_REPLY. */
const REPLY_DEADLINE_MS = 30_000;
/** A forwarding client may have a thousand connections; the bound only keeps memory finite. */
const MOST_STREAMS = 10_000;
/** Of the headers of all open streams together: a few bytes on the wire can inflate to a quarter of a megabyte. */
const MOST_HEADER_CHARACTERS = 1024 * 1024;
/** Answers (pings, resets) that a peer provokes and does not read. Data waits for the transport, answers cannot. */
const MOST_UNREAD_ANSWERS_BYTES = 8 * 1024 * 1024;
/** What may wait in the transport. Its own mark is one TLS record, and would stop and start all streams for each. */
const MOST_WAITING_BYTES = 256 * 1024;
/** After GOAWAY: how long the peer may take to end the transport before we cut it. */
const LINGER_MS = 2_000;

/**
 * A SPDY/3.1 session over any byte stream, as client or as server. There is no flow control on the wire: while one
 * stream's reader is full the whole transport is paused, as in spdystream. Nothing here throws out of a callback:
 * what a peer does wrong ends the session, and `ended` says how.
 */
export class SpdySession {
  /** Resolves once, when the session is over; never rejects. */
  readonly ended: Promise<SessionEnd>;

  readonly #transport: Duplex;
  readonly #cork: TurnCork;
  readonly #role: 'client' | 'server';
  readonly #onStream: ((stream: SpdyStream) => void) | undefined;
  readonly #encoder = new SpdyEncoder();
  readonly #decoder = new SpdyDecoder();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #opening = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #pings = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #stalled = new Set<SpdyStream>();
  readonly #waitingForDrain: (() => void)[] = [];
  #nextStreamId: number;
  #nextPingId: number;
  #lastPeerStreamId = 0;
  #headerCharacters = 0;
  /**
   * What is answered to the frames of one read, to be written as one: a flood of pings would else wait as so many buffers,
   * each many times as large as what is in it. Null outside of a read.
   */
  #answers: Buffer[] | null = null;
  #peerLeaves = false;
  #end: SessionEnd | null = null;
  #announceEnd: (end: SessionEnd) => void = () => {};
  #linger: NodeJS.Timeout | null = null;

  constructor(transport: Duplex, options: SpdySessionOptions) {
    this.#transport = transport;
    this.#cork = new TurnCork(transport);
    this.#role = options.role;
    this.#onStream = options.onStream;
    this.#nextStreamId = options.role === 'client' ? 1 : 2;
    this.#nextPingId = this.#nextStreamId;
    this.ended = new Promise((resolve) => {
      this.#announceEnd = resolve;
    });
    transport.on('data', (chunk: Buffer) => this.#receive(chunk));
    transport.on('drain', () => this.#drain());
    transport.on('end', () => this.#finish({ kind: 'peer-left' }));
    transport.on('error', (error) => this.#finish({ kind: 'transport-failed', text: error.message }));
    transport.on('close', () => {
      this.#finish({ kind: 'peer-left' });
      if (this.#linger !== null) clearTimeout(this.#linger);
    });
    if (transport.destroyed) this.#finish({ kind: 'transport-failed', text: 'transport is already closed' });
  }

  /** Opens a stream and resolves on its SYN_REPLY. Rejects when the peer refuses it or the session ends first. */
  async open(headers: SpdyHeaders): Promise<SpdyStream> {
    if (this.#end !== null) throw new Error(`session is over: ${describeEnd(this.#end)}`);
    if (this.#peerLeaves) throw new Error('peer takes no more streams');
    const id = this.#nextStreamId;
    this.#nextStreamId += 2;
    const stream = new SpdyStream(this.#owner, id, lowerCase(headers), 'us');
    this.#streams.set(id, stream);
    this.#send({ kind: 'syn-stream', streamId: id, fin: false, headers });
    await this.#answer(
      this.#opening,
      id,
      `no reply to stream ${id} within ${REPLY_DEADLINE_MS / 1000} s`,
    ).catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    return stream;
  }

  /** Resolves when the peer has echoed a ping. */
  async ping(): Promise<void> {
    if (this.#end !== null) throw new Error(`session is over: ${describeEnd(this.#end)}`);
    const id = this.#nextPingId;
    this.#nextPingId += 2;
    this.#send({ kind: 'ping', id });
    await this.#answer(this.#pings, id, `no answer to ping ${id} within ${REPLY_DEADLINE_MS / 1000} s`);
  }

  /** Says GOAWAY, cuts what is open and ends the transport once everything written has left. Idempotent. */
  close(): void {
    if (this.#end !== null) return;
    this.#send({ kind: 'goaway', lastStreamId: this.#lastPeerStreamId, status: 0 });
    this.#finish({ kind: 'closed' });
  }

  /** Cuts the transport without a word. Idempotent. */
  destroy(): void {
    this.#finish({ kind: 'closed' });
    this.#transport.destroy();
  }

  readonly #owner = {
    sendReply: (stream: SpdyStream, headers: SpdyHeaders): void =>
      this.#send({ kind: 'syn-reply', streamId: stream.id, fin: false, headers }),
    sendData: (stream: SpdyStream, bytes: Buffer, fin: boolean, taken: () => void): void =>
      this.#sendData(stream, bytes, fin, taken),
    sendReset: (stream: SpdyStream, status: number): void => {
      if (this.#streams.has(stream.id)) this.#send({ kind: 'rst-stream', streamId: stream.id, status });
    },
    readerReady: (stream: SpdyStream): void => this.#unstall(stream),
    forget: (stream: SpdyStream): void => this.#forget(stream),
  };

  #receive(chunk: Buffer): void {
    if (this.#end !== null) return;
    this.#answers = [];
    for (const frame of this.#decoder.push(chunk)) {
      this.#handle(frame);
      if (this.#end !== null) return;
    }
    this.#sendAnswers();
    this.#answers = null;
    if (this.#transport.writableLength > MOST_UNREAD_ANSWERS_BYTES) {
      this.#finish({ kind: 'malformed', text: 'peer provokes answers and does not read them' });
    }
  }

  #handle(frame: SpdyFrame | MalformedSpdy): void {
    switch (frame.kind) {
      case 'data':
        this.#handleData(frame.streamId, frame.bytes, frame.fin);
        break;
      case 'syn-stream':
        this.#handleOpen(frame.streamId, frame.headers, frame.fin);
        break;
      case 'syn-reply':
        this.#opening.get(frame.streamId)?.resolve();
        if (frame.fin) this.#streams.get(frame.streamId)?.receiveFin();
        break;
      case 'rst-stream': {
        const reason = `stream reset by the peer with status ${frame.status}`;
        const stream = this.#streams.get(frame.streamId);
        this.#streams.delete(frame.streamId);
        if (stream !== undefined) {
          stream.cut(reason);
          this.#unstall(stream);
        }
        this.#opening.get(frame.streamId)?.reject(new Error(reason));
        this.#leaveWhenIdle();
        break;
      }
      case 'ping':
        // An id of our own parity is an answer; the other parity is the peer's question.
        if (frame.id % 2 === this.#nextPingId % 2) this.#pings.get(frame.id)?.resolve();
        else this.#send({ kind: 'ping', id: frame.id });
        break;
      case 'goaway':
        this.#peerLeaves = true;
        this.#leaveWhenIdle();
        break;
      case 'headers':
      case 'settings':
      case 'window-update':
        break;
      case 'malformed':
        this.#finish({ kind: 'malformed', text: frame.text });
        break;
    }
  }

  #handleData(streamId: number, bytes: Buffer, fin: boolean): void {
    // Data for a stream that is gone may still be on its way; spdystream drops it too.
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    if (bytes.length > 0 && !stream.receive(bytes)) {
      this.#stalled.add(stream);
      this.#transport.pause();
    }
    if (!fin) return;
    stream.receiveFin();
    // A stream that has ended never asks for more, and no more comes for it.
    this.#unstall(stream);
  }

  #handleOpen(streamId: number, headers: SpdyHeaders, fin: boolean): void {
    const ours = streamId % 2 === (this.#role === 'client' ? 1 : 0);
    if (ours || streamId <= this.#lastPeerStreamId) {
      this.#send({ kind: 'rst-stream', streamId, status: RST_STATUS.protocolError });
      return;
    }
    this.#lastPeerStreamId = streamId;
    const characters = this.#headerCharacters + charactersOf(headers);
    const isFull = this.#streams.size >= MOST_STREAMS || characters > MOST_HEADER_CHARACTERS;
    if (this.#onStream === undefined || isFull) {
      this.#send({ kind: 'rst-stream', streamId, status: RST_STATUS.refusedStream });
      return;
    }
    const stream = new SpdyStream(this.#owner, streamId, headers, 'peer');
    this.#streams.set(streamId, stream);
    this.#headerCharacters = characters;
    stream.once('close', () => {
      this.#headerCharacters -= charactersOf(headers);
    });
    if (fin) stream.receiveFin();
    this.#onStream(stream);
  }

  #send(frame: SpdyFrame): void {
    if (this.#end !== null || !this.#transport.writable) return;
    const bytes = this.#encoder.encode(frame);
    if (this.#answers === null) this.#transport.write(bytes);
    else this.#answers.push(bytes);
  }

  #sendAnswers(): void {
    const answers = this.#answers?.splice(0) ?? [];
    if (answers.length > 0 && this.#transport.writable) this.#transport.write(Buffer.concat(answers));
  }

  /**
   * One frame at a time, and only while the transport wants more: neither a large write nor many streams can fill memory.
   * The queue is served in order, so streams take turns.
   */
  #sendData(stream: SpdyStream, bytes: Buffer, fin: boolean, taken: () => void): void {
    if (this.#end !== null || stream.destroyed || !this.#transport.writable) return;
    if (this.#isFull()) {
      this.#waitingForDrain.push(() => this.#sendData(stream, bytes, fin, taken));
      return;
    }
    // The reply to a stream comes before its first data.
    this.#sendAnswers();
    const piece = bytes.subarray(0, LARGEST_DATA_BYTES);
    const rest = bytes.subarray(piece.length);
    this.#cork.hold();
    this.#transport.write(dataHead(stream.id, piece.length, fin && rest.length === 0));
    if (piece.length > 0) this.#transport.write(piece);
    if (rest.length === 0) taken();
    else this.#sendData(stream, rest, fin, taken);
  }

  #isFull(): boolean {
    return this.#transport.writableNeedDrain && this.#transport.writableLength > MOST_WAITING_BYTES;
  }

  #drain(): void {
    while (!this.#isFull()) {
      const next = this.#waitingForDrain.shift();
      if (next === undefined) return;
      next();
    }
  }

  #unstall(stream: SpdyStream): void {
    if (this.#stalled.delete(stream) && this.#stalled.size === 0) this.#transport.resume();
  }

  #forget(stream: SpdyStream): void {
    if (this.#streams.get(stream.id) === stream) this.#streams.delete(stream.id);
    if (stream.destroyed) this.#unstall(stream);
    this.#leaveWhenIdle();
  }

  #leaveWhenIdle(): void {
    if (this.#peerLeaves && this.#streams.size === 0) this.#finish({ kind: 'peer-left' });
  }

  /** Waits for what `resolve` or `reject` of this entry says, or for the deadline. */
  async #answer(
    waiting: Map<number, { resolve: () => void; reject: (error: Error) => void }>,
    id: number,
    overdue: string,
  ): Promise<void> {
    let deadline: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        deadline = setTimeout(() => reject(new Error(overdue)), REPLY_DEADLINE_MS);
      });
    } finally {
      clearTimeout(deadline);
      waiting.delete(id);
    }
  }

  #finish(end: SessionEnd): void {
    if (this.#end !== null) return;
    this.#sendAnswers();
    this.#answers = null;
    this.#cork.release();
    this.#end = end;
    const text = `session is over: ${describeEnd(end)}`;
    for (const each of [...this.#opening.values(), ...this.#pings.values()]) each.reject(new Error(text));
    for (const stream of [...this.#streams.values()]) stream.cut(text);
    this.#streams.clear();
    this.#stalled.clear();
    this.#waitingForDrain.length = 0;
    this.#letGo(end);
    this.#announceEnd(end);
  }

  /**
   * An orderly end flushes what was written and waits for the peer to end too: destroying a socket with unread bytes in
   * it makes the kernel send RST, and the peer may then lose our last frames.
   */
  #letGo(end: SessionEnd): void {
    if (this.#transport.destroyed) return;
    if (end.kind === 'malformed' || end.kind === 'transport-failed') {
      this.#transport.destroy();
      return;
    }
    this.#transport.on('end', () => this.#transport.destroy());
    this.#transport.end();
    this.#transport.resume();
    if (this.#transport.readableEnded) this.#transport.once('finish', () => this.#transport.destroy());
    this.#linger = setTimeout(() => this.#transport.destroy(), LINGER_MS);
    this.#linger.unref();
  }
}

function describeEnd(end: SessionEnd): string {
  switch (end.kind) {
    case 'closed':
      return 'closed by this side';
    case 'peer-left':
      return 'closed by the peer';
    case 'transport-failed':
    case 'malformed':
      return end.text;
  }
}

function charactersOf(headers: SpdyHeaders): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

function lowerCase(headers: SpdyHeaders): SpdyHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
