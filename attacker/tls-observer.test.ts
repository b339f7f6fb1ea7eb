import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TlsObserver } from './tls-observer';

/** Records of types and lengths that are true, nearly true, or neither. */
const record = fc
  .tuple(fc.constantFrom(20, 21, 22, 23, 99), fc.uint8Array({ maxLength: 60 }), fc.nat(3))
  .map(([type, fragment, more]) => {
    const length = fragment.length + (more === 3 ? 40 : 0);
    return Buffer.concat([Buffer.from([type, 3, 3, length >> 8, length & 0xff]), fragment]);
  });
/** Handshake messages of the types that are looked into: hellos and certificates. */
const message = fc
  .tuple(fc.constantFrom(1, 2, 11, 13), fc.uint8Array({ maxLength: 80 }))
  .map(([type, body]) =>
    Buffer.concat([Buffer.from([22, 3, 3, 0, body.length + 4, type, 0, 0, body.length]), body]),
  );
const streams = fc.array(fc.oneof(record, message), { maxLength: 8 }).map((it) => Buffer.concat(it));

function observe(up: Buffer, down: Buffer, size: number) {
  const observer = new TlsObserver('c1');
  for (let at = 0; at < Math.max(up.length, down.length); at += size) {
    for (const [direction, bytes] of [
      ['up', up],
      ['down', down],
    ] as const) {
      const piece = bytes.subarray(at, at + size);
      if (piece.length > 0) observer.see(direction, piece);
    }
  }
  return observer.handshake;
}

describe('an observer of TLS', () => {
  test('throws at no bytes', () => {
    fc.assert(
      fc.property(streams, streams, fc.integer({ min: 1, max: 50 }), (up, down, size) => {
        expect(observe(up, down, size).connection).toBe('c1');
      }),
    );
  });

  test('sees the same in one direction, however it is cut', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 50 }), (up, size) => {
        const nothing = Buffer.alloc(0);
        expect(observe(up, nothing, size)).toEqual(observe(up, nothing, up.length + 1));
      }),
    );
  });
});
