import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { TurnCork } from './turn-cork';

function recorder() {
  const writes: string[] = [];
  const stream = new Writable({
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => `${chunk}`).join(''));
      done();
    },
  });
  return { stream, writes };
}

test('what is written in one turn is one write, ticks between or not', async () => {
  const { stream, writes } = recorder();
  const cork = new TurnCork(stream);
  cork.hold();
  stream.write('head ');
  await Promise.resolve();
  cork.hold();
  stream.write('body');
  expect(writes).toEqual([]);
  await nextTurn();
  expect(writes).toEqual(['head body']);
  cork.hold();
  stream.write('next');
  await nextTurn();
  expect(writes).toEqual(['head body', 'next']);
});

test('what is held is written before the stream is destroyed, when it is released', () => {
  const { stream, writes } = recorder();
  const cork = new TurnCork(stream);
  cork.hold();
  stream.write('last words');
  cork.release();
  stream.destroy();
  expect(writes).toEqual(['last words']);
});
