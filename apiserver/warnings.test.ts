import { describe, expect, test } from '@jest/globals';
import { warningHeaders } from './warnings';

describe('warnings', () => {
  test('are quoted, and told once', () => {
    const text = 'unknown field "spec.foo\\"';
    expect(warningHeaders([text, text])).toEqual(['299 - "unknown field \\"spec.foo\\\\\\""']);
  });

  test('are octets of UTF-8, and no line breaks', () => {
    expect(warningHeaders(['é', 'a\nb', ''])).toEqual(['299 - "Ã©"']);
  });

  test('are cut when they are too much, and end there', () => {
    const long = Array.from({ length: 40 }, (_, at) => `${at} ${'x'.repeat(500)}`);
    const headers = warningHeaders(long);
    expect(headers).toHaveLength(16);
    expect(headers.every((header) => header.length === '299 - ""'.length + 256)).toBe(true);
  });
});
