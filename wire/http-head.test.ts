import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  asksForUpgrade,
  formatRequestHead,
  formatResponseHead,
  headEnd,
  headerValue,
  headerValues,
  parseRequestHead,
  parseResponseHead,
  readHttpHead,
} from './http-head';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('parsing', () => {
  test('reads a request head, order, case and repetition kept', () => {
    expect(
      parseRequestHead(bytes('POST /exec/a?b=c HTTP/1.1\r\nHost: x:1\r\nX-V:  a b \r\nx-v:\r\n\r\n')),
    ).toEqual({
      kind: 'request-head',
      method: 'POST',
      target: '/exec/a?b=c',
      version: 'HTTP/1.1',
      headers: [
        ['Host', 'x:1'],
        ['X-V', 'a b'],
        ['x-v', ''],
      ],
    });
  });

  test.each([
    ['HTTP/1.1 101 Switching Protocols', 101, 'Switching Protocols'],
    ['HTTP/1.0 204 ', 204, ''],
    ['HTTP/1.1 200', 200, ''],
  ])('reads %j', (line, status, statusText) => {
    expect(parseResponseHead(bytes(`${line}\nA: b\n\n`))).toMatchObject({
      status,
      statusText,
      headers: [['A', 'b']],
    });
  });

  test.each([
    ['GET  / HTTP/1.1\r\n\r\n'],
    ['GET / HTTP/1.1 x\r\n\r\n'],
    ['G(T / HTTP/1.1\r\n\r\n'],
    ['GET / HTTP/11\r\n\r\n'],
    ['GET / HTTP/1.1\r\nA : b\r\n\r\n'],
    ['GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n'],
    ['GET / HTTP/1.1\r\nA: b\0\r\n\r\n'],
    ['GET / HTTP/1.1\r\nnothing\r\n\r\n'],
    ['GET / HTTP/1.1\r\nA: b\r\n'],
    [''],
  ])('refuses the request head %j', (head) => {
    expect(parseRequestHead(bytes(head)).kind).toBe('malformed-head');
  });

  test.each([['HTTP/1.1 20 OK\r\n\r\n'], ['\x16\x03\x01\r\n\r\n'], ['HTTP/1.1 200OK\r\n\r\n']])(
    'refuses the response head %j',
    (head) => {
      expect(parseResponseHead(bytes(head)).kind).toBe('malformed-head');
    },
  );

  test('finds fields without regard to case', () => {
    const headers = [
      ['Connection', 'keep-alive, Upgrade'],
      ['connection', 'x'],
    ] as const;
    expect(headerValues(headers, 'CONNECTION')).toEqual(['keep-alive, Upgrade', 'x']);
    expect(headerValue(headers, 'upgrade')).toBeNull();
    expect(asksForUpgrade(headers)).toBe(true);
    expect(asksForUpgrade([['Upgrade', 'websocket']])).toBe(false);
  });

  test('any bytes are judged without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        parseRequestHead(Buffer.from(garbage));
        parseResponseHead(Buffer.from(garbage));
      }),
    );
  });
});

describe('formatting', () => {
  test('is what parsing reads', () => {
    const headers: [string, string][] = [
      ['Host', 'a'],
      ['X', 'ü'],
      ['X', ''],
    ];
    expect(parseRequestHead(formatRequestHead({ method: 'GET', target: '/a', headers }))).toMatchObject({
      headers,
    });
    const response = { status: 101, statusText: 'Switching Protocols', headers };
    expect(parseResponseHead(formatResponseHead(response))).toMatchObject(response);
  });

  test.each(['a\r\nb', 'a\nb', 'a\0b'])('refuses the value %j', (value) => {
    expect(() => formatRequestHead({ method: 'GET', target: '/', headers: [['A', value]] })).toThrow(
      'line break',
    );
  });
});

describe('reading from a stream', () => {
  const HEAD = 'GET / HTTP/1.1\r\nA: b\r\n\r\n';

  test('splits head and rest, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.string({ maxLength: 20 }), async (step, rest) => {
        const stream = new PassThrough();
        const wire = bytes(HEAD + rest);
        const reading = readHttpHead(stream, 1024);
        for (let at = 0; at < wire.length; at += step) stream.write(wire.subarray(at, at + step));
        stream.end();
        const read = await reading;
        expect(read).toMatchObject({ kind: 'head', head: bytes(HEAD) });
        const behind = read.kind === 'head' ? [read.rest] : [];
        for await (const chunk of stream) behind.push(chunk as Buffer);
        expect(Buffer.concat(behind)).toEqual(bytes(rest));
      }),
      { numRuns: 60 },
    );
  });

  test('stops at the limit', async () => {
    const stream = new PassThrough();
    stream.write(`GET /${'a'.repeat(100)} HTTP/1.1\r\n\r\n`);
    expect(await readHttpHead(stream, 50)).toEqual({ kind: 'too-long', limit: 50 });
  });

  test('tells an early end from an error', async () => {
    const ended = new PassThrough();
    ended.end('GET');
    expect(await readHttpHead(ended, 50)).toEqual({ kind: 'ended', bytes: bytes('GET'), error: null });
    const failed = new PassThrough();
    const reading = readHttpHead(failed, 50);
    const error = new Error('reset');
    failed.destroy(error);
    expect(await reading).toEqual({ kind: 'ended', bytes: bytes(''), error });
    expect(await readHttpHead(failed, 50)).toEqual({ kind: 'ended', bytes: bytes(''), error });
  });
});

test.each([
  ['a\r\n\r\nb', 5],
  ['a\n\nb', 3],
  ['a\r\n\nb', 4],
  ['a\r\nb', -1],
  ['a\r\n\r', -1],
])('the head in %j ends at %d', (text, end) => {
  expect(headEnd(bytes(text))).toBe(end);
});
