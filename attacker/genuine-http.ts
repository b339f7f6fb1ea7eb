import { type Duplex, pipeline, type Readable } from 'node:stream';
import type { Connection, Refusal } from '../network/network';
import type { SecureConnection } from '../network/secure';
import { goTextOf } from '../network/secure-client';
import { CHUNK_END, chunkHead, LAST_CHUNK, responseFraming } from '../wire/http-body';
import type { ResponseHead } from '../wire/http-head';
import {
  formatRequestHead,
  type HeaderList,
  headerValue,
  headerValues,
  parseResponseHead,
} from '../wire/http-head';
import type { GenuineEndpoint, Speech } from './genuine';
import { type HttpBody, HttpInput } from './http-input';
import { MAX_INTERIM_ANSWERS } from './limits';
import { OutgoingBytes } from './outgoing-bytes';

export interface GenuineRequest {
  readonly method: string;
  readonly path: string;
  /** Sent as they are; with a body they say how it is framed. */
  readonly headers: HeaderList;
  readonly body: Readable | null;
}

export type GenuineAnswer = Pick<ResponseHead, 'status' | 'statusText' | 'headers'> &
  (
    | { readonly kind: 'response'; readonly body: HttpBody }
    /** The stream behind the head; what came right behind it is the first to be read. */
    | { readonly kind: 'upgraded'; readonly socket: Duplex }
  );

/**
 * The genuine endpoint as a server of HTTP/1.1, for one connection of the victim: the connection to it is used again while
 * both sides keep it open, as the victim itself would.
 */
export class GenuineHttp {
  readonly #genuine: GenuineEndpoint;
  readonly #speech: Speech;
  #idle: GenuineHttpConnection | null = null;

  constructor(genuine: GenuineEndpoint, speech: Speech) {
    this.#genuine = genuine;
    this.#speech = speech;
  }

  async reach(): Promise<GenuineHttpConnection | Refusal> {
    const idle = this.#idle;
    this.#idle = null;
    if (idle !== null && !idle.socket.destroyed) return idle;
    const peer = await this.#genuine.reach(this.#speech);
    if (peer.kind === 'refusal') return peer;
    return new GenuineHttpConnection(peer, (connection) => {
      this.#idle = connection;
    });
  }
}

export class GenuineHttpConnection {
  readonly kind = 'genuine-http';
  readonly socket: Duplex;
  readonly #connection: Connection;
  readonly #input: HttpInput;
  readonly #out: OutgoingBytes;
  readonly #giveBack: (connection: GenuineHttpConnection) => void;
  #asking = false;

  constructor(peer: SecureConnection | Connection, giveBack: (connection: GenuineHttpConnection) => void) {
    this.#connection = peer.kind === 'secure-connection' ? peer.connection : peer;
    this.socket = peer.socket;
    this.socket.on('error', () => undefined);
    this.#input = new HttpInput(peer.socket);
    this.#out = new OutgoingBytes(peer.socket);
    this.#giveBack = giveBack;
    // Nothing may come before it is asked for: it would be taken for the answer to what is asked next.
    const leave = (): void => {
      if (!this.#asking) this.socket.destroy();
    };
    this.#input.onIdleBytes(leave);
    this.#input.onLeft(leave);
  }

  /** Carries one exchange. What cannot be read as HTTP/1.1, or answers what was not asked, is a refusal. */
  async ask(request: GenuineRequest): Promise<GenuineAnswer | Refusal> {
    const { method, path, headers, body } = request;
    this.#asking = true;
    const asked = formatRequestHead({ method, target: path, headers });
    if (body === null) this.#out.write(asked);
    else this.#send(asked, body, headerValue(headers, 'content-length') === null);
    for (let interim = 0; interim <= MAX_INTERIM_ANSWERS; interim++) {
      const read = await this.#input.readHead();
      if (read.kind === 'too-long')
        return this.#refuse(`an answer whose head is longer than ${read.limit} bytes`);
      if (read.kind === 'ended') return this.#refuse(this.#endText(read.bytes, read.error));
      const head = parseResponseHead(read.head);
      if (head.kind === 'malformed-head') return this.#refuse(head.text);
      if (head.status < 100) return this.#refuse(`malformed HTTP status code "${head.status}"`);
      if (head.status === 101) return this.#upgraded(head, headers);
      if (head.status >= 200) return this.#answered(request, head);
    }
    return this.#refuse(`more than ${MAX_INTERIM_ANSWERS} interim answers`);
  }

  /** The head goes with the first of the body: what breaks off before that was never asked. */
  #send(head: Buffer, body: Readable, chunked: boolean): void {
    const out = this.#out;
    let begun = false;
    const begin = (): void => {
      if (!begun) out.write(head);
      begun = true;
    };
    const send = async function* (pieces: AsyncIterable<Buffer>): AsyncGenerator<never> {
      for await (const piece of pieces) {
        if (piece.length === 0) continue;
        begin();
        if (chunked) out.write(chunkHead(piece.length));
        await new Promise<void>((taken) => {
          if (chunked) {
            out.write(piece);
            out.write(CHUNK_END, taken);
          } else out.write(piece, taken);
        });
      }
      begin();
      if (chunked) out.write(LAST_CHUNK);
    };
    // One that breaks off breaks off for the genuine endpoint too: it must not take half of it for all.
    pipeline(body, send, (error) => {
      if (error) this.socket.destroy();
    });
    this.socket.once('close', () => body.destroy());
  }

  #upgraded(head: ResponseHead, asked: HeaderList): GenuineAnswer | Refusal {
    if (headerValue(asked, 'upgrade') === null) return this.#refuse('an upgrade that nobody asked for');
    this.#input.release();
    const { status, statusText, headers } = head;
    return { kind: 'upgraded', status, statusText, headers, socket: this.socket };
  }

  #answered({ method, body: sent }: GenuineRequest, head: ResponseHead): GenuineAnswer | Refusal {
    const framing = responseFraming(method, head);
    if (framing.kind === 'malformed-head') return this.#refuse(framing.text);
    const body = this.#input.readBody(framing);
    body.on('error', () => undefined);
    body.once('close', () => {
      // An answer may come before the request is whole; what follows then belongs to nobody.
      const whole = body.complete && (sent === null || sent.readableEnded);
      if (whole && framing.kind !== 'until-close' && !isLast(head)) {
        this.#asking = false;
        this.#giveBack(this);
      } else this.socket.destroy();
    });
    const { status, statusText, headers } = head;
    return { kind: 'response', status, statusText, headers, body };
  }

  #endText(bytes: Buffer, error: Error | null): string {
    if (error !== null) return goTextOf(error, this.#connection);
    return bytes.length > 0 ? 'unexpected EOF' : 'EOF';
  }

  #refuse(text: string): Refusal {
    this.socket.destroy();
    return { kind: 'refusal', code: 'CONNECTION_CLOSED', text, peer: this.#connection.remote };
  }
}

function isLast({ version, headers }: ResponseHead): boolean {
  return (
    version !== 'HTTP/1.1' || headerValues(headers, 'connection').join(',').toLowerCase().includes('close')
  );
}
