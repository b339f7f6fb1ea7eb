import { type Duplex, pipeline } from 'node:stream';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import { Injector } from './inject';

export interface SpdyRelayListener {
  opened(stream: number, headers: Readonly<Record<string, string>>): void;
  up(stream: number, headers: Readonly<Record<string, string>>, bytes: Buffer): void;
  down(stream: number, bytes: Buffer): void;
}

/**
 * SPDY/3.1 ended on both sides: every stream that the victim opens is opened again towards the genuine endpoint, and
 * joined with it once the play has said what goes into it.
 */
export class SpdyRelay {
  readonly #genuine: SpdySession;
  readonly #listener: SpdyRelayListener;
  readonly #streams = new Map<number, SpdyStream>();

  constructor(victimSocket: Duplex, genuineSocket: Duplex, listener: SpdyRelayListener) {
    this.#listener = listener;
    this.#genuine = new SpdySession(genuineSocket, { role: 'client' });
    const victim = new SpdySession(victimSocket, {
      role: 'server',
      onStream: (stream) => {
        this.#streams.set(stream.id, stream);
        listener.opened(stream.id, stream.headers);
      },
    });
    void victim.ended.then(() => this.#genuine.close());
    void this.#genuine.ended.then(() => this.#closeWhenWritten(victim));
  }

  forward(action: {
    readonly stream: number;
    readonly injectUp: string | null;
    readonly injectDown: string | null;
  }): void {
    const stream = this.#streams.get(action.stream);
    if (stream === undefined) return;
    stream.on('error', () => undefined);
    this.#genuine
      .open(stream.headers)
      .then((genuine) => {
        genuine.on('error', () => undefined);
        stream.reply();
        const { up, down } = this.#listener;
        const { id, headers } = stream;
        const upward = new Injector(action.injectUp, (bytes) => up(id, headers, bytes));
        const downward = new Injector(action.injectDown, (bytes) => down(id, bytes));
        pipeline(stream, upward, genuine, () => undefined);
        pipeline(genuine, downward, stream, () => this.#passReset(genuine, stream));
      })
      .catch(() => stream.reset());
  }

  #passReset(genuine: SpdyStream, stream: SpdyStream): void {
    if (genuine.cutShort?.includes('reset by the peer') === true) stream.reset();
  }

  /** The genuine side has left: what it said last must still reach the victim. */
  #closeWhenWritten(victim: SpdySession): void {
    const writing = [...this.#streams.values()].filter(
      (stream) => !stream.writableFinished && !stream.destroyed,
    );
    const written = writing.map(
      (stream) =>
        new Promise<void>((resolve) => {
          stream.once('finish', resolve);
          stream.once('close', resolve);
        }),
    );
    void Promise.all(written).then(() => victim.close());
  }
}
