import { Duplex } from 'node:stream';
import type { Channel } from 'ssh2';

/**
 * A channel of an SSH connection as a stream that ends like a socket: `destroy` closes it and says so, half of it can be
 * ended, and what is written after the peer has closed fails. (A channel of ssh2 waits for the peer to agree, and a
 * write to one that is closed is never answered.)
 */
export class SshChannel extends Duplex {
  readonly #channel: Channel;
  #peerClosed = false;

  constructor(channel: Channel) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    channel.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) channel.pause();
    });
    channel.on('end', () => this.push(null));
    channel.on('error', (error: Error) => this.destroy(error));
    channel.once('close', () => this.#closedByPeer());
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#peerClosed) done(broken());
    else this.#channel.write(bytes, done);
  }

  override _final(done: () => void): void {
    this.#channel.eof();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#channel.close();
    done(error);
  }

  /** What has come is still to be read; what is still to be written has nowhere to go. */
  #closedByPeer(): void {
    this.#peerClosed = true;
    if (this.destroyed) return;
    if (this.writableLength > 0) this.destroy(broken());
    else if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }
}

function broken(): Error {
  return Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
}
