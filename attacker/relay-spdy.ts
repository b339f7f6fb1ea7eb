import { type Duplex, pipeline, type Transform } from 'node:stream';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import type { Direction } from './loot';

type StreamHeaders = Readonly<Record<string, string>>;

export interface SpdyRelayListener {
  opened(stream: number, headers: StreamHeaders): void;
  /** What a stream passes through in one direction. */
  through(stream: number, headers: StreamHeaders, direction: Direction): Transform;
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
        stream.once('close', () => this.#streams.delete(stream.id));
        listener.opened(stream.id, stream.headers);
      },
    });
    void victim.ended.then(() => this.#genuine.close());
    void this.#genuine.ended.then(() => this.#closeWhenWritten(victim));
  }

  forward(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.on('error', () => undefined);
    this.#genuine
      .open(stream.headers)
      .then((genuine) => {
        genuine.on('error', () => undefined);
        stream.reply();
        const { headers } = stream;
        this.#joinUp(stream, this.#listener.through(id, headers, 'up'), genuine);
        pipeline(genuine, this.#listener.through(id, headers, 'down'), stream, () =>
          this.#passReset(genuine, stream),
        );
      })
      .catch(() => stream.reset());
  }

  /** Not a pipeline, which would break off what still has to reach the victim when the genuine side has gone. */
  #joinUp(stream: SpdyStream, through: Transform, genuine: SpdyStream): void {
    stream.pipe(through).pipe(genuine);
    through.on('error', () => stream.reset());
    stream.once('close', () => {
      through.destroy();
      if (!genuine.writableFinished) genuine.destroy();
    });
    genuine.once('close', () => through.destroy());
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
