import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeGrpcMessage, encodeGrpcMessage, GrpcFrames, grpcFrame } from './grpc-frames';

describe('messages of gRPC', () => {
  test('have five octets before them', () => {
    expect(grpcFrame(Buffer.from('0806', 'hex')).toString('hex')).toBe('00000000020806');
  });

  test('come out whole, however they were cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
        (messages, cuts) => {
          const octets = Buffer.concat(messages.map((message) => grpcFrame(Buffer.from(message))));
          const frames = new GrpcFrames();
          const got: Buffer[] = [];
          for (let at = 0, cut = 0; at < octets.length; cut++) {
            const length = cuts[cut % cuts.length] ?? 1;
            got.push(...frames.push(octets.subarray(at, at + length)));
            at += length;
          }
          expect(got.map((it) => it.toString('hex'))).toEqual(
            messages.map((it) => Buffer.from(it).toString('hex')),
          );
          expect(frames.fault).toBeNull();
        },
      ),
    );
  });

  test.each([
    ['01000000020806', 13, 'grpc: compressed flag set with identity or empty encoding'],
    ['07000000020806', 13, 'grpc: received unexpected payload format 7'],
    ['0000400001', 8, 'grpc: received message larger than max (4194305 vs. 4194304)'],
  ])('that nobody may send end the stream: %s', (hex, status, text) => {
    const frames = new GrpcFrames();
    expect(frames.push(Buffer.from(hex, 'hex'))).toEqual([]);
    expect(frames.fault).toEqual({ status, text });
    expect(frames.push(grpcFrame(Buffer.from('x')))).toEqual([]);
  });

  test.each([
    ['lookup failed: not valid', 'lookup failed: not valid'],
    ['100 %\n', '100 %25%0A'],
    ['für', 'f%C3%BCr'],
  ])('of a status are written so: %j', (text, written) => {
    expect(encodeGrpcMessage(text)).toBe(written);
    expect(decodeGrpcMessage(written)).toBe(text);
  });

  test('of a status keep what is no escape', () => {
    expect(decodeGrpcMessage('100 % of %zz')).toBe('100 % of %zz');
  });
});
