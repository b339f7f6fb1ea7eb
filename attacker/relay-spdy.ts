import type { Duplex } from 'node:stream';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import type { Direction } from './loot';

type StreamHeaders = Readonly<Record<string, string>>;

export interface SpdyRelayListener {
  opened(stream: number, headers: StreamHeaders): void;
  /** Joins a stream's two ends in one direction. Returns what ends it before its time. */
  join(stream: number, headers: StreamHeaders, direction: Direction, from: Duplex, to: Duplex): () => void;
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
        this.#join(id, stream, genuine);
      })
      .catch(() => stream.reset());
  }

  /** What still has to reach the victim is not broken off when the genuine side has gone. */
  #join(id: number, stream: SpdyStream, genuine: SpdyStream): void {
    const { headers } = stream;
    const endUp = this.#listener.join(id, headers, 'up', stream, genuine);
    const endDown = this.#listener.join(id, headers, 'down', genuine, stream);
    stream.once('close', () => {
      endUp();
      if (!genuine.writableFinished || !genuine.readableEnded) genuine.destroy();
    });
    genuine.once('close', () => {
      if (genuine.readableEnded) return;
      endDown();
      stream.destroy();
    });
    // What was said before the reset has gone ahead of it.
    stream.once('finish', () => {
      if (genuine.cutShort?.includes('reset by the peer') === true) stream.reset();
    });
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
