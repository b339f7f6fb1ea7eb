import { describe, expect, test } from '@jest/globals';
import { inject } from './inject';

describe('inject', () => {
  test.each([
    ['text', 'hello', 'X\nhello'],
    ['a JSON object', '{ "a": 1}', '{ "injected":"X","a": 1}'],
    ['an empty JSON object', '{}', 'X\n{}'],
    ['a JSON list', '[1]', 'X\n[1]'],
    [
      'an HTTP request',
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET / HTTP/1.1\r\nX-Injected: X\r\nHost: a\r\n\r\n',
    ],
    ['an HTTP response', 'HTTP/1.1 200 OK\r\n\r\nbody', 'HTTP/1.1 200 OK\r\nX-Injected: X\r\n\r\nbody'],
  ])('puts a text into %s', (_case, before, after) => {
    expect(inject(Buffer.from(before), 'X').toString()).toBe(after);
  });

  test('cannot end a header line early', () => {
    const injected = inject(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'a\r\n\r\nb').toString();
    expect(injected).toBe('GET / HTTP/1.1\r\nX-Injected: a b\r\n\r\n');
  });
});
