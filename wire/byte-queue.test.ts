import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ByteQueue } from './byte-queue';

const operations = fc.array(
  fc.oneof(
    fc.record({ add: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ drop: fc.integer({ min: 0, max: 50 }) }),
  ),
  { maxLength: 60 },
);

describe('a queue of bytes', () => {
  test('holds what was added, in order, without what was taken off', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const queue = new ByteQueue();
        let expected: Buffer = Buffer.alloc(0);
        for (const step of steps) {
          if ('add' in step) {
            queue.add(Buffer.from(step.add));
            expected = Buffer.concat([expected, step.add]);
          } else {
            queue.drop(step.drop);
            expected = expected.subarray(step.drop);
          }
          expect(queue.length).toBe(expected.length);
          expect(queue.view().equals(expected)).toBe(true);
        }
      }),
    );
  });

  test('never writes into what it was given, or over what it handed out', () => {
    const pool = Buffer.from('abcdef');
    const queue = new ByteQueue();
    queue.add(pool.subarray(0, 3));
    const first = queue.view();
    queue.add(Buffer.from('XY'));
    const second = queue.view();
    queue.drop(4);
    for (let at = 0; at < 100; at++) queue.add(Buffer.from('z'));
    expect(`${pool} ${first} ${second}`).toBe('abcdef abc abcXY');
  });

  test('takes a megabyte byte by byte in a moment', () => {
    const queue = new ByteQueue();
    const byte = Buffer.from('x');
    for (let at = 0; at < 1024 * 1024; at++) queue.add(byte);
    expect(queue.length).toBe(1024 * 1024);
  });
});
