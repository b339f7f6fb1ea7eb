import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { MAX_WAITING_BYTES } from './limits';
import { RelayedFlows } from './relayed-flows';
import type { Rule } from './rules';

function joined(rules: readonly Rule[] = []) {
  const from = new PassThrough({ highWaterMark: 1024 * 1024 });
  const got: Buffer[] = [];
  const untaken: (() => void)[] = [];
  const to = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      got.push(bytes);
      untaken.push(done);
    },
  });
  let cuts = 0;
  const flows = new RelayedFlows({
    rules,
    cut: () => {
      cuts += 1;
    },
    note: () => undefined,
  });
  const seen = { sent: () => undefined, received: () => undefined };
  const close = flows.join({ flow: 'one', stream: 'stdout', slip: null, ...seen }, from, to);
  const said = (): string => Buffer.concat(got).toString();
  return { from, to, untaken, said, close, cuts: () => cuts };
}

test('a joined flow passes what is said, and ends where it ends', async () => {
  const { from, to, untaken, said } = joined();
  from.end('hello');
  await nextTurn();
  untaken.shift()?.();
  await nextTurn();
  expect([said(), to.writableFinished]).toEqual(['hello', true]);
});

test('a joined flow is not read while more waits in the other stream than may', async () => {
  const { from, to, untaken } = joined();
  from.write(Buffer.alloc(MAX_WAITING_BYTES + 1));
  await nextTurn();
  expect(from.isPaused()).toBe(true);
  from.write('more');
  await nextTurn();
  expect(to.writableLength).toBe(MAX_WAITING_BYTES + 1);
  untaken.shift()?.();
  await nextTurn();
  expect([from.isPaused(), to.writableLength]).toEqual([false, 4]);
});

test('a joined flow that a rule cuts tells so once, and does not look whole', async () => {
  const { from, to, said, cuts } = joined([{ kind: 'cut', stream: 'stdout', afterBytes: 3 }]);
  from.end('hello');
  await nextTurn();
  expect([said(), cuts(), to.writableEnded]).toEqual(['hel', 1, false]);
});

test('a joined flow that was closed says nothing more', async () => {
  const { from, said, close } = joined();
  close();
  from.end('hello');
  await nextTurn();
  expect(said()).toBe('');
});
