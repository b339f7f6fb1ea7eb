import type { Duplex } from 'node:stream';
import { type GrpcFault, GrpcFrames, grpcFrame, grpcStatus } from '../wire/grpc-frames';
import {
  decodeKonnectivityPacket,
  encodeKonnectivityPacket,
  type KonnectivityPacket,
} from '../wire/konnectivity-packet';

/**
 * Packets over one stream of HTTP/2, in both directions. All connections share the stream: whoever does not take what
 * came for it holds the others up, as upstream does it.
 */
export class KonnectivityPackets {
  readonly #stream: Duplex;
  readonly #frames = new GrpcFrames();
  readonly #holding = new Set<object>();
  readonly #waiting = new Set<() => void>();

  /** `take` gets each packet; `broken` is told once that what comes is no packets, and nothing is taken from then on. */
  constructor(
    stream: Duplex,
    take: (packet: KonnectivityPacket) => void,
    broken: (fault: GrpcFault) => void,
  ) {
    this.#stream = stream;
    stream.on('data', (octets: Buffer) => {
      for (const message of this.#frames.push(octets)) {
        const packet = decodeKonnectivityPacket(message);
        if (packet === null) continue;
        if (!('type' in packet)) {
          const text = `grpc: failed to unmarshal the received message: ${packet.error}`;
          stream.pause();
          broken({ status: grpcStatus.internal, text });
          return;
        }
        take(packet);
      }
      if (this.#frames.fault !== null) broken(this.#frames.fault);
    });
    stream.on('drain', () => {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const goOn of waiting) goOn();
    });
  }

  send(packet: KonnectivityPacket): boolean {
    return !this.#stream.destroyed && this.#stream.writable
      ? this.#stream.write(grpcFrame(encodeKonnectivityPacket(packet)))
      : false;
  }

  /** Sends what comes from `from`, and lets it wait while the stream is full. */
  sendData(connectId: number, from: Duplex): void {
    from.on('data', (data: Buffer) => {
      if (this.send({ type: 'DATA', connectId, error: '', data }) || this.#stream.destroyed) return;
      from.pause();
      this.#waiting.add(() => from.resume());
    });
  }

  /** Gives data to `to`, and holds the stream up until it has taken it. */
  deliver(data: Buffer, to: Duplex): void {
    if (to.destroyed || to.writableEnded || to.write(data)) return;
    this.#holding.add(to);
    this.#stream.pause();
    const release = (): void => {
      to.off('drain', release);
      to.off('close', release);
      if (this.#holding.delete(to) && this.#holding.size === 0) this.#stream.resume();
    };
    to.on('drain', release);
    to.on('close', release);
  }
}
