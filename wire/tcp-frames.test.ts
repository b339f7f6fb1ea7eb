import { describe, expect, test } from '@jest/globals';
import { TcpFrames } from './tcp-frames';

const dialler = { hardwareAddress: '02:42:0a:00:00:0a', address: '10.0.0.10', port: 40_000 };
const listener = { hardwareAddress: '02:42:0a:00:00:0b', address: '10.0.0.11', port: 10_250 };

describe('frames of a connection', () => {
  test('begin with the handshake, from one machine to the other', () => {
    const [syn, synAck, ack] = new TcpFrames(dialler, listener).open().map(read);
    expect(syn).toMatchObject({ flags: 'S', seq: 0, ack: 0, ports: [40_000, 10_250] });
    expect(syn).toHaveProperty('to', '02420a00000b');
    expect(synAck).toMatchObject({ flags: 'SA', seq: 0, ack: 1, ports: [10_250, 40_000] });
    expect(ack).toMatchObject({ flags: 'A', seq: 1, ack: 1 });
  });

  test('cut bytes at 1460 and count them', () => {
    const frames = new TcpFrames(dialler, listener);
    frames.open();
    const [first, second] = frames.send('up', Buffer.alloc(1461, 1)).map(read);
    expect(first).toMatchObject({ flags: 'PA', seq: 1, length: 1460 });
    expect(second).toMatchObject({ flags: 'PA', seq: 1461, length: 1 });
    expect(frames.send('down', Buffer.from('x')).map(read)).toMatchObject([{ seq: 1, ack: 1462 }]);
  });

  test('leave a gap where bytes were not kept', () => {
    const frames = new TcpFrames(dialler, listener);
    frames.open();
    frames.skip('up', 5000);
    expect(frames.send('up', Buffer.from('x')).map(read)).toMatchObject([{ seq: 5001 }]);
  });

  test('end each half once', () => {
    const frames = new TcpFrames(dialler, listener);
    frames.open();
    expect(frames.finish('up').map(read)).toMatchObject([
      { flags: 'FA', seq: 1, ack: 1 },
      { flags: 'A', seq: 1, ack: 2 },
    ]);
    expect(frames.finish('up')).toEqual([]);
    expect(frames.reset('down').map(read)).toMatchObject([{ flags: 'RA' }]);
  });

  test.each([0, 1, 2, 700])('bear checksums that add up, with %d bytes', (length) => {
    const frames = new TcpFrames(dialler, listener);
    for (const frame of [...frames.open(), ...frames.send('down', Buffer.alloc(length, 0xff))]) {
      const ip = frame.subarray(14, 34);
      const tcp = frame.subarray(34);
      const pseudo = Buffer.concat([
        ip.subarray(12),
        Buffer.from([0, 6, tcp.length >> 8, tcp.length & 0xff]),
      ]);
      expect(ones(ip)).toBe(0xffff);
      expect(ones(Buffer.concat([pseudo, tcp]))).toBe(0xffff);
      expect(ip.readUInt16BE(2)).toBe(frame.length - 14);
    }
  });
});

function read(frame: Buffer): Record<string, unknown> {
  const tcp = frame.subarray(34);
  const flags = tcp[13] ?? 0;
  return {
    to: frame.toString('hex', 0, 6),
    ports: [tcp.readUInt16BE(0), tcp.readUInt16BE(2)],
    seq: tcp.readUInt32BE(4),
    ack: tcp.readUInt32BE(8),
    flags: [...'FSRPA'].filter((_, bit) => (flags & (1 << bit)) !== 0).join(''),
    length: tcp.length - ((tcp[12] ?? 0) >> 4) * 4,
  };
}

/** The sum in ones' complement of all 16-bit words: all ones where a checksum among them is right. */
function ones(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum;
}
