import type { ClientHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Host } from '../network/network';
import type { KonnectivityPacket } from '../wire/konnectivity-packet';
import { KonnectivityPackets } from './konnectivity-packets';

/** Source: kubernetes-sigs/apiserver-network-proxy, pkg/agent/client.go (dialTimeout). */
const DIAL_TIMEOUT_MS = 5_000;

/**
 * What an agent does for its server: dials in plain TCP, carries bytes, hangs up.
 * Source: kubernetes-sigs/apiserver-network-proxy, pkg/agent/client.go (Serve).
 */
export class AgentDials {
  readonly #host: Host;
  readonly #log: Logger;
  readonly #packets: KonnectivityPackets;
  readonly #connections = new Map<number, Duplex>();
  readonly #stop = new AbortController();
  #lastId = 0;

  constructor(host: Host, stream: ClientHttp2Stream, log: Logger) {
    this.#host = host;
    this.#log = log;
    this.#packets = new KonnectivityPackets(
      stream,
      (packet) => this.#take(packet),
      ({ text }) => {
        log.error({ err: text }, 'could not read stream');
        stream.close();
      },
    );
    stream.once('close', () => this.close());
  }

  /** Hangs up on everybody. Idempotent. */
  close(): void {
    this.#stop.abort();
    for (const socket of this.#connections.values()) socket.destroy();
    this.#connections.clear();
  }

  #take(packet: KonnectivityPacket): void {
    switch (packet.type) {
      case 'DIAL_REQ':
        void this.#dial(packet);
        break;
      case 'DATA': {
        const socket = this.#connections.get(packet.connectId);
        if (socket !== undefined) this.#packets.deliver(packet.data, socket);
        else if (packet.connectId !== 0) this.#closed(packet.connectId, 'unrecognized connectID');
        break;
      }
      case 'CLOSE_REQ': {
        const socket = this.#connections.get(packet.connectId);
        if (socket === undefined) this.#closed(packet.connectId, 'Unknown connectID');
        // What was sent before still goes out.
        else socket.end(() => socket.destroy());
        break;
      }
      case 'DIAL_RSP':
      case 'CLOSE_RSP':
      case 'DIAL_CLS':
      case 'DRAIN':
        break;
    }
  }

  async #dial({ address, protocol, random }: KonnectivityPacket & { type: 'DIAL_REQ' }): Promise<void> {
    const answer = (error: string, connectId: number): boolean =>
      this.#packets.send({ type: 'DIAL_RSP', error, connectId, random });
    const to = endpointOf(address);
    if (protocol !== 'tcp' || to === null) {
      const why =
        protocol === 'tcp' ? `address ${address}: missing port in address` : `unknown network ${protocol}`;
      answer(`dial ${protocol}: ${why}`, 0);
      return;
    }
    const dialled = await this.#host.dial(to, { timeoutMs: DIAL_TIMEOUT_MS, signal: this.#stop.signal });
    if (dialled.kind === 'refusal') {
      this.#log.info({ err: dialled.text, dialAddress: address }, 'error dialing backend');
      answer(dialled.text, 0);
      return;
    }
    const { socket } = dialled;
    if (this.#stop.signal.aborted) {
      socket.destroy();
      return;
    }
    this.#lastId += 1;
    const connectId = this.#lastId;
    this.#connections.set(connectId, socket);
    this.#log.info({ dialAddress: address, connectionID: connectId }, 'Endpoint connection established');
    this.#host.timeline.record(this.#host.name, dialled.id, 'tunnel-end-dialled', { to: address });
    socket.on('error', () => undefined);
    answer('', connectId);
    this.#packets.sendData(connectId, socket);
    socket.once('end', () => socket.destroy());
    socket.once('close', () => {
      if (this.#connections.delete(connectId)) this.#closed(connectId, '');
    });
  }

  #closed(connectId: number, error: string): void {
    this.#packets.send({ type: 'CLOSE_RSP', error, connectId });
  }
}

function endpointOf(address: string): { host: string; port: number } | null {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  if (match === null) return null;
  const port = Number(match[3]);
  return port > 65535 ? null : { host: match[1] ?? match[2] ?? '', port };
}
