import { describe, expect, test } from '@jest/globals';
import { tamperObject } from './tamper-object';

const tampered = (json: string): string | undefined =>
  tamperObject(Buffer.from(json), 'TAMPERED')?.toString('utf8');

describe('an object on its way to the apiserver', () => {
  test.each([
    [
      '{"kind":"Node","metadata":{"name":"node-1","annotations":{"a":"b"}},"spec":{}}',
      '{"kind":"Node","metadata":{"name":"node-1","annotations":{"a":"b","injected":"TAMPERED"}},"spec":{}}',
    ],
    ['{"metadata":{"name":"x"}}', '{"metadata":{"name":"x","annotations":{"injected":"TAMPERED"}}}'],
    ['{}', '{"metadata":{"annotations":{"injected":"TAMPERED"}}}'],
    // What is not what it should be is replaced, not taken apart.
    ['{"metadata":"text"}', '{"metadata":{"annotations":{"injected":"TAMPERED"}}}'],
    ['{"metadata":{"annotations":["a"]}}', '{"metadata":{"annotations":{"injected":"TAMPERED"}}}'],
    ['{"metadata":null}', '{"metadata":{"annotations":{"injected":"TAMPERED"}}}'],
  ])('%s becomes %s', (json, changed) => {
    expect(tampered(json)).toBe(changed);
  });

  test('keeps a key __proto__ as the plain key that it is', () => {
    const json = '{"__proto__":{"metadata":{"name":"a"}},"metadata":{"__proto__":{"annotations":{"b":"c"}}}}';
    expect(tampered(json)).toBe(
      '{"__proto__":{"metadata":{"name":"a"}},"metadata":{"__proto__":{"annotations":{"b":"c"}},"annotations":{"injected":"TAMPERED"}}}',
    );
    expect(Object.hasOwn(Object.prototype, 'metadata')).toBe(false);
  });

  test.each([
    ['nothing', ''],
    ['half of an object', '{"metadata":{"name":'],
    ['a list', '[{"metadata":{}}]'],
    ['null', 'null'],
    ['protobuf', 'k8s\0\n\x0c\n\x02v1'],
    ['what is nested deeper than the stack goes', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ])('is left as it is when it is %s', (_what, body) => {
    expect(tampered(body)).toBeUndefined();
  });
});
