import { type Duplex, Readable } from 'node:stream';
import { ByteQueue } from '../wire/byte-queue';
import { type BodyFraming, BodyReader } from '../wire/http-body';
import { headEnd, type ReadHead } from '../wire/http-head';
import { MAX_HEAD_BYTES, MAX_PIPELINED_BYTES, MAX_WAITING_BYTES } from './limits';

/**
 * What comes in on one HTTP/1.1 connection, head by head and body by body. It reads on while nobody asks, up to a bound:
 * only so is it noticed that the other side has left.
 */
export class HttpInput {
  readonly #socket: Duplex;
  /** What has arrived and belongs to nothing that was asked for yet. */
  readonly #pending = new ByteQueue();
  #searched = 0;
  #askedForHead: ((read: ReadHead) => void) | null = null;
  #body: HttpBody | null = null;
  #error: Error | null = null;
  #over = false;
  #onIdleBytes: () => void = () => undefined;
  #onLeft: () => void = () => undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onEnd);
    socket.on('error', this.#onError);
    if (socket.destroyed || socket.readableEnded) this.#over = true;
    else socket.resume();
  }

  /** Told when the other side has ended, or the connection broke, while no head was asked for. */
  onLeft(listener: () => void): void {
    this.#onLeft = listener;
  }

  /** Told when something arrives that nobody asked for. */
  onIdleBytes(listener: () => void): void {
    this.#onIdleBytes = listener;
  }

  readHead(): Promise<ReadHead> {
    return new Promise((resolve) => {
      this.#askedForHead = resolve;
      this.#searched = 0;
      this.#lookForHead();
      if (this.#askedForHead !== null && this.#over) this.#endHead();
      else this.#socket.resume();
    });
  }

  /** The body behind the head that was read last. An unread body holds everything behind it back. */
  readBody(framing: BodyFraming): HttpBody {
    const body = new HttpBody(new BodyReader(framing), {
      more: () => this.#socket.resume(),
      done: () => {
        this.#body = null;
      },
    });
    if (body.complete) return body;
    this.#body = body;
    const pending = this.#pending.view();
    this.#pending.drop(pending.length);
    if (pending.length > 0) this.#feed(body, pending);
    if (this.#over && this.#body !== null) body.cutOff(this.#error);
    return body;
  }

  /** Lets the stream go for another protocol; what came behind the head is the first that is read from it. */
  release(): void {
    this.#detach();
    this.#socket.pause();
    if (this.#pending.length > 0) this.#socket.unshift(Buffer.from(this.#pending.view()));
    // As node:http does it: the next who listens to `data` sets it flowing.
    (this.#socket as { readableFlowing: boolean | null }).readableFlowing = null;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#body !== null) {
      this.#feed(this.#body, chunk);
      return;
    }
    this.#pending.add(chunk);
    if (this.#askedForHead !== null) this.#lookForHead();
    else {
      this.#onIdleBytes();
      if (this.#pending.length > MAX_PIPELINED_BYTES) this.#socket.pause();
    }
  };

  #feed(body: HttpBody, bytes: Buffer): void {
    const rest = body.receive(bytes);
    if (rest === null) {
      this.#socket.destroy();
      return;
    }
    if (rest.length > 0) this.#pending.add(rest);
    if (body.full) this.#socket.pause();
  }

  #lookForHead(): void {
    const bytes = this.#pending.view();
    const end = headEnd(bytes, this.#searched);
    this.#searched = bytes.length;
    if (end > MAX_HEAD_BYTES || (end < 0 && bytes.length > MAX_HEAD_BYTES)) {
      this.#answer({ kind: 'too-long', limit: MAX_HEAD_BYTES });
    } else if (end >= 0) {
      this.#pending.drop(end);
      this.#answer({ kind: 'head', head: bytes.subarray(0, end), rest: Buffer.alloc(0) });
    }
  }

  readonly #onError = (error: Error): void => {
    this.#error ??= error;
  };

  readonly #onEnd = (): void => {
    if (this.#over) return;
    this.#over = true;
    if (this.#askedForHead !== null) this.#endHead();
    else if (this.#body !== null) this.#body.cutOff(this.#error);
    this.#onLeft();
  };

  #endHead(): void {
    this.#answer({ kind: 'ended', bytes: this.#pending.view(), error: this.#error });
  }

  #answer(read: ReadHead): void {
    const tell = this.#askedForHead;
    this.#askedForHead = null;
    tell?.(read);
  }

  #detach(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onEnd);
    this.#socket.off('error', this.#onError);
  }
}

/** One body, at the pace of whoever reads it. One that breaks off fails: half of it must not be taken for all. */
export class HttpBody extends Readable {
  readonly #reader: BodyReader;
  readonly #input: { more(): void; done(): void };
  #full = false;
  #complete: boolean;

  constructor(reader: BodyReader, input: { more(): void; done(): void }) {
    super({ highWaterMark: MAX_WAITING_BYTES });
    this.#reader = reader;
    this.#input = input;
    this.#complete = reader.done;
    if (this.#complete) this.push(null);
  }

  /** All of it has arrived. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Its reader has enough for now. */
  get full(): boolean {
    return this.#full && !this.#complete;
  }

  /** What is behind the body; null when it is malformed, and the connection good for nothing more. */
  receive(bytes: Buffer): Buffer | null {
    const pieces: Buffer[] = [];
    const read = this.#reader.read(bytes, (piece) => pieces.push(piece));
    // As one, or a flood of tiny chunks would cost a turn of every stream behind this one for each of them.
    const [first] = pieces;
    const all = pieces.length > 1 ? Buffer.concat(pieces) : first;
    // A body that nobody wants is read to its end all the same, for the sake of what follows it.
    if (all !== undefined && !this.destroyed && !this.push(all)) this.#full = true;
    if (typeof read !== 'number') {
      this.#input.done();
      this.destroy(new Error(read.text));
      return null;
    }
    if (this.#reader.done) this.#finish();
    return bytes.subarray(read);
  }

  /** Nothing more comes. */
  cutOff(error: Error | null): void {
    if (this.#complete) return;
    if (error === null && this.#reader.end()) this.#finish();
    else {
      this.#input.done();
      this.destroy(error ?? new Error('unexpected EOF'));
    }
  }

  override _read(): void {
    this.#full = false;
    if (!this.#complete) this.#input.more();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#full = false;
    if (!this.#complete) this.#input.more();
    done(error);
  }

  #finish(): void {
    this.#complete = true;
    this.#input.done();
    if (!this.destroyed) this.push(null);
  }
}
