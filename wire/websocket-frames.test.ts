import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeFrame, frameHead, OPCODE, WebSocketDecoder, type WebSocketPart } from './websocket-frames';

/** Pieces of one message together, so that it does not matter where they were cut. */
function decode(chunks: readonly Buffer[]): string[] {
  const decoder = new WebSocketDecoder();
  const out: string[] = [];
  let message: Buffer[] = [];
  for (const part of chunks.flatMap((chunk) => decoder.push(chunk))) {
    switch (part.kind) {
      case 'data':
        if (part.start) message = [];
        message.push(part.bytes);
        if (part.end) out.push(`${part.opcode} ${Buffer.concat(message).toString('hex')}`);
        break;
      case 'malformed':
        out.push(part.text);
        break;
      default:
        out.push(`${part.kind} ${part.bytes.toString('hex')}`);
    }
  }
  return out;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('WebSocket frames', () => {
  // RFC 6455 §5.7 has most of these.
  test.each([
    ['81 05 48 65 6c 6c 6f', ['text 48656c6c6f']],
    ['81 85 37 fa 21 3d 7f 9f 4d 51 58', ['text 48656c6c6f']],
    ['01 03 48 65 6c 80 02 6c 6f', ['text 48656c6c6f']],
    ['89 05 48 65 6c 6c 6f 8a 00', ['ping 48656c6c6f', 'pong ']],
    ['02 01 41 89 00 80 01 42', ['ping ', 'binary 4142']],
    ['82 00', ['binary ']],
    ['88 02 03 e8', ['close 03e8']],
    ['83 00', ['reserved opcode 3']],
    ['8b 00', ['reserved opcode 11']],
    ['c1 00', ['reserved bits are set']],
    ['80 00', ['continuation of nothing']],
    ['01 00 81 00', ['message inside a message']],
    ['09 00', ['control frame in pieces, or too long']],
    ['88 7e 00 7e', ['control frame in pieces, or too long']],
    ['82 7f ff ff ff ff ff ff ff ff', ['frame of 18446744073709551615 bytes']],
  ])('%s is %j', (bytes, expected) => {
    expect(decode([hex(bytes)])).toEqual(expected);
    expect(decode([...hex(bytes)].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  test.each([0, 1, 125, 126, 65535, 65536])('of %i bytes are read as they were written', (length) => {
    const payload = Buffer.alloc(length, 7);
    const mask = hex('01020304');
    for (const frame of [
      encodeFrame(OPCODE.binary, payload),
      encodeFrame(OPCODE.binary, payload, { mask }),
      Buffer.concat([frameHead(OPCODE.binary, length), payload]),
    ]) {
      expect(decode([frame])).toEqual([`binary ${payload.toString('hex')}`]);
    }
  });

  test('are the same wherever they are cut', () => {
    const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const mask = fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)));
    const frame = fc
      .tuple(payload, mask)
      .map(([bytes, key]) => encodeFrame(2, bytes, key === null ? {} : { mask: key }));
    const cuts = fc.array(fc.nat(1000), { maxLength: 10 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), cuts, (frames, at) => {
        const whole = Buffer.concat(frames);
        const bounds = [0, ...at.map((it) => it % (whole.length + 1)), whole.length].sort((a, b) => a - b);
        const pieces = bounds.slice(1).map((to, index) => whole.subarray(bounds[index], to));
        expect(decode(pieces)).toEqual(decode([whole]));
      }),
    );
  });

  test('give a large message out as it comes, with two bytes at its beginning', () => {
    const decoder = new WebSocketDecoder();
    const head = hex('82 7f 00 00 00 01 00 00 00 00');
    expect(decoder.push(Buffer.concat([head, hex('01')]))).toEqual([]);
    const expected: WebSocketPart = {
      kind: 'data',
      opcode: 'binary',
      start: true,
      end: false,
      bytes: hex('01 41'),
    };
    expect(decoder.push(hex('41'))).toEqual([expected]);
    expect(decoder.push(hex('42'))).toEqual([{ ...expected, start: false, bytes: hex('42') }]);
  });

  test('that are no WebSocket end it once', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), (chunks) => {
        const decoder = new WebSocketDecoder();
        const parts = chunks.flatMap((chunk) => decoder.push(Buffer.from(chunk)));
        const at = parts.findIndex((part) => part.kind === 'malformed');
        expect(at < 0 || at === parts.length - 1).toBe(true);
      }),
    );
  });
});
