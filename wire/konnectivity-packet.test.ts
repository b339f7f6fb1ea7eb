import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeKonnectivityPacket,
  encodeKonnectivityPacket,
  type KonnectivityPacket,
} from './konnectivity-packet';

/** Each field's tag and value by hand, from the numbers in client.proto. */
const packets: [hex: string, packet: KonnectivityPacket][] = [
  [
    // 12: field 2, length 0x18; 0a: "tcp"; 12: "10.0.0.11:10250"; 18: random 5
    '1218' + '0a03746370' + '120f31302e302e302e31313a3130323530' + '1805',
    { type: 'DIAL_REQ', protocol: 'tcp', address: '10.0.0.11:10250', random: { low: 5, high: 0 } },
  ],
  [
    // The largest that Go's rand.Int63 gives: nine octets.
    '0801' + '1a0c' + '1001' + '18ffffffffffffffff7f',
    { type: 'DIAL_RSP', error: '', connectId: 1, random: { low: 0xffffffff, high: 0x7fffffff } },
  ],
  [
    '0801' + '1a06' + '0a026e6f' + '1805',
    { type: 'DIAL_RSP', error: 'no', connectId: 0, random: { low: 5, high: 0 } },
  ],
  ['0802' + '2a02' + '0807', { type: 'CLOSE_REQ', connectId: 7 }],
  ['0803' + '3202' + '1007', { type: 'CLOSE_RSP', error: '', connectId: 7 }],
  [
    '0804' + '2207' + '0807' + '1a03160301',
    { type: 'DATA', connectId: 7, error: '', data: Buffer.from('160301', 'hex') },
  ],
  ['0805' + '3a02' + '0805', { type: 'DIAL_CLS', random: { low: 5, high: 0 } }],
  ['0806' + '4200', { type: 'DRAIN' }],
];

describe('packets of Konnectivity', () => {
  test.each(packets)('are these octets: %s', (hex, packet) => {
    expect(encodeKonnectivityPacket(packet).toString('hex')).toBe(hex);
    expect(decodeKonnectivityPacket(Buffer.from(hex, 'hex'))).toEqual(packet);
  });

  test('of a type that is not known are passed over', () => {
    expect(decodeKonnectivityPacket(Buffer.from('0809', 'hex'))).toBeNull();
  });

  test('say nothing with the payload of another type', () => {
    expect(decodeKonnectivityPacket(Buffer.from('0802' + '32021007', 'hex'))).toEqual({
      type: 'CLOSE_REQ',
      connectId: 0,
    });
  });

  test.each([
    ['cut off in the middle', '1218' + '0a03', 'unexpected EOF'],
    ['with a payload that is cut off', '0804' + '2202' + '1a05', 'unexpected EOF'],
    ['with no field number', '00', 'proto: Packet: illegal tag 0 (wire type 0)'],
  ])('%s are no packets', (_, hex, error) => {
    expect(decodeKonnectivityPacket(Buffer.from(hex, 'hex'))).toEqual({ error });
  });

  test('never throw, whatever octets come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        decodeKonnectivityPacket(Buffer.from(octets));
      }),
      { numRuns: 3000 },
    );
  });

  test('survive a bit that was turned in any of them', () => {
    for (const [hex] of packets) {
      const octets = Buffer.from(hex, 'hex');
      for (let bit = 0; bit < octets.length * 8; bit++) {
        const turned = Buffer.from(octets);
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const packet = decodeKonnectivityPacket(turned);
        if (packet !== null && !('error' in packet && !('type' in packet))) {
          encodeKonnectivityPacket(packet as KonnectivityPacket);
        }
      }
    }
  });
});
