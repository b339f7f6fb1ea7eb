import { describe, expect, test } from '@jest/globals';
import { FileSystem } from './file-system';
import { Heard } from './heard';
import { LogBuffer } from './log-buffer';
import { Pipe } from './pipe';

const MEBIBYTE = 1024 * 1024;

describe('LogBuffer', () => {
  const lines = (log: LogBuffer): string[] => log.select().map((it) => it.bytes.toString());

  test('logs a line when its newline arrives, and the rest at the end', () => {
    const log = new LogBuffer();
    log.write('stdout', Buffer.from('a\nb'));
    expect(lines(log)).toEqual(['a\n']);
    log.write('stdout', Buffer.from('c\nd'));
    expect(lines(log)).toEqual(['a\n', 'bc\n']);
    log.end();
    expect(lines(log)).toEqual(['a\n', 'bc\n', 'd']);
  });

  test('cuts a long line into pieces that count as one line', () => {
    const log = new LogBuffer();
    log.write('stdout', Buffer.from(`first\n${'x'.repeat(40_000)}\n`));
    expect(log.select({ tailLines: 1 }).map((it) => it.bytes.length)).toEqual([16_384, 16_384, 7_233]);
  });

  test.each([
    [0, []],
    [2, ['b\n', 'c\n']],
    [9, ['a\n', 'b\n', 'c\n']],
  ])('gives the last %d lines', (tailLines, expected) => {
    const log = new LogBuffer();
    log.write('stdout', Buffer.from('a\nb\nc\n'));
    expect(log.select({ tailLines }).map((it) => it.bytes.toString())).toEqual(expected);
  });

  test.each(['x\n', `${'y'.repeat(999)}\n`, '\n'])('keeps at most 1 MiB of lines like %j', (line) => {
    const log = new LogBuffer();
    for (let count = 0; count < 3 * MEBIBYTE; count += line.length + 64)
      log.write('stdout', Buffer.from(line));
    expect(log.sizeBytes).toBeLessThanOrEqual(MEBIBYTE);
    expect(log.after(0).entries[0]?.bytes.toString()).toBe(line);
  });
});

describe('FileSystem', () => {
  test('holds so many bytes and files, in one file or in many', () => {
    const files = new FileSystem({ capacity: { bytes: 8 * MEBIBYTE, files: 1000 } });
    const megabyte = Buffer.alloc(MEBIBYTE);
    for (let at = 0; at < 7; at += 1) expect(files.write('/tmp/big', megabyte, 'append')).toBeNull();
    expect(files.write('/tmp/more', megabyte)?.text).toBe('No space left on device');
    expect(files.write('/tmp/big', Buffer.from('small'))).toBeNull();
    for (let at = 0; at < 2000; at += 1) files.write(`/tmp/${at}`, Buffer.alloc(0));
    expect(files.makeDirectory('/tmp/d')?.text).toBe('No space left on device');
    expect(files.makeSymlink('/tmp/l', '/tmp')?.text).toBe('No space left on device');
    expect(files.quota.files).toBe(1000);
    expect(files.sizeBytes).toBeLessThanOrEqual(8 * MEBIBYTE);
    expect(files.read('/tmp/big')).toEqual(Buffer.from('small'));
  });

  test('gives back the space of what is removed or emptied', () => {
    const files = new FileSystem();
    const empty = files.sizeBytes;
    files.write('/tmp/a', Buffer.from('abc'));
    files.write('/tmp/a', Buffer.from('de'), 'append');
    expect(files.read('/tmp/a')).toEqual(Buffer.from('abcde'));
    files.write('/tmp/a', Buffer.from('f'));
    expect(files.sizeBytes).toBe(empty + 257);
    files.remove('/tmp/a');
    expect(files.sizeBytes).toBe(empty);
  });
});

describe('Heard', () => {
  test('keeps the last 1 MiB', () => {
    const heard = new Heard();
    const take = heard.origin();
    take(Buffer.alloc(2 * MEBIBYTE, 'x'));
    take('end');
    expect(heard.bytes().length).toBeLessThanOrEqual(MEBIBYTE);
    expect(heard.bytes().toString().endsWith('end')).toBe(true);
  });
});

describe('Pipe', () => {
  test('makes its writer wait for its reader', async () => {
    const pipe = new Pipe();
    let written = false;
    const writing = pipe.write(Buffer.alloc(65_536)).then(() => {
      written = true;
    });
    await new Promise(setImmediate);
    expect(written).toBe(false);
    await pipe.read();
    await writing;
    expect(written).toBe(true);
  });

  test('a writer learns that its reader has left', async () => {
    const pipe = new Pipe();
    const writing = pipe.write(Buffer.alloc(100_000));
    pipe.close();
    expect(await writing).toBe(false);
  });

  test('a read that is given up takes nothing', async () => {
    const pipe = new Pipe();
    const reader = new AbortController();
    const reading = pipe.read(reader.signal);
    reader.abort();
    expect(await reading).toBeNull();
    await pipe.write(Buffer.from('kept'));
    expect(await pipe.read()).toEqual(Buffer.from('kept'));
  });
});
