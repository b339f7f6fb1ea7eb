/**
 * A TCP connection as frames on an Ethernet, for bytes that never were on one: handshake, segments, ends, with numbers
 * and checksums as they have to be. IPv4 only, as the lab's network.
 */
export interface Station {
  /** `02:42:0a:00:00:0a` */
  readonly hardwareAddress: string;
  readonly address: string;
  readonly port: number;
}

/** `up` is what the one who dialled sent. */
export type FrameDirection = 'up' | 'down';

/** Of an Ethernet: 1500 octets less the two headers. */
const MOST_SEGMENT = 1460;
const WINDOW = 65_535;
const TTL = 64;
const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
const ACK = 0x10;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_TCP = 6;
const DONT_FRAGMENT = 0x4000;

export class TcpFrames {
  readonly #ends: Readonly<Record<FrameDirection, Station>>;
  /** What each end sends next. Any number may be the first; zero reads best. */
  readonly #next = { up: 0, down: 0 };
  readonly #finished = new Set<FrameDirection>();
  #identification = 0;

  constructor(dialler: Station, listener: Station) {
    this.#ends = { up: dialler, down: listener };
  }

  open(): Buffer[] {
    // Maximum segment size, RFC 9293 §3.2.
    const most = Buffer.from([2, 4, MOST_SEGMENT >> 8, MOST_SEGMENT & 0xff]);
    const frames = [this.#frame('up', SYN, Buffer.alloc(0), most)];
    this.#next.up += 1;
    frames.push(this.#frame('down', SYN | ACK, Buffer.alloc(0), most));
    this.#next.down += 1;
    frames.push(this.#frame('up', ACK));
    return frames;
  }

  send(direction: FrameDirection, bytes: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += MOST_SEGMENT) {
      const segment = bytes.subarray(at, at + MOST_SEGMENT);
      frames.push(this.#frame(direction, PSH | ACK, segment));
      this.#next[direction] += segment.length;
    }
    return frames;
  }

  /** The bytes in between were not kept: the numbers go on as if they had been, and readers see that some are missing. */
  skip(direction: FrameDirection, length: number): void {
    this.#next[direction] += length;
  }

  finish(direction: FrameDirection): Buffer[] {
    if (this.#finished.has(direction)) return [];
    this.#finished.add(direction);
    const fin = this.#frame(direction, FIN | ACK);
    this.#next[direction] += 1;
    return [fin, this.#frame(direction === 'up' ? 'down' : 'up', ACK)];
  }

  reset(direction: FrameDirection): Buffer[] {
    return [this.#frame(direction, RST | ACK)];
  }

  #frame(
    direction: FrameDirection,
    flags: number,
    payload: Buffer = Buffer.alloc(0),
    tcpOptions: Buffer = Buffer.alloc(0),
  ): Buffer {
    const other = direction === 'up' ? 'down' : 'up';
    const from = this.#ends[direction];
    const to = this.#ends[other];
    const tcpLength = 20 + tcpOptions.length + payload.length;
    const frame = Buffer.alloc(14 + 20 + tcpLength);
    hardware(to).copy(frame, 0);
    hardware(from).copy(frame, 6);
    frame.writeUInt16BE(ETHERTYPE_IPV4, 12);

    const ip = frame.subarray(14, 34);
    ip[0] = 0x45;
    ip.writeUInt16BE(20 + tcpLength, 2);
    ip.writeUInt16BE(this.#identification & 0xffff, 4);
    this.#identification += 1;
    ip.writeUInt16BE(DONT_FRAGMENT, 6);
    ip[8] = TTL;
    ip[9] = PROTOCOL_TCP;
    ipv4(from).copy(ip, 12);
    ipv4(to).copy(ip, 16);
    ip.writeUInt16BE(checksum(ip), 10);

    const tcp = frame.subarray(34);
    tcp.writeUInt16BE(from.port, 0);
    tcp.writeUInt16BE(to.port, 2);
    tcp.writeUInt32BE(this.#next[direction] >>> 0, 4);
    tcp.writeUInt32BE((flags & ACK) === 0 ? 0 : this.#next[other] >>> 0, 8);
    tcp[12] = ((20 + tcpOptions.length) / 4) << 4;
    tcp[13] = flags;
    tcp.writeUInt16BE(WINDOW, 14);
    tcpOptions.copy(tcp, 20);
    payload.copy(tcp, 20 + tcpOptions.length);
    const pseudoHeader = Buffer.concat([ip.subarray(12, 20), Buffer.from([0, PROTOCOL_TCP, 0, 0])]);
    pseudoHeader.writeUInt16BE(tcpLength, 10);
    tcp.writeUInt16BE(checksum(pseudoHeader, tcp), 16);
    return frame;
  }
}

function hardware({ hardwareAddress }: Station): Buffer {
  return Buffer.from(hardwareAddress.replaceAll(':', ''), 'hex');
}

function ipv4({ address }: Station): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** RFC 1071. All parts but the last have an even length. */
function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
