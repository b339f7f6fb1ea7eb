import { describe, expect, test } from '@jest/globals';
import { nodeNameOf } from './node-name';

describe('the name of a node', () => {
  test.each([
    ['', 'machine', 'machine'],
    ['node-1', 'machine', 'node-1'],
    [' Node-1.Example.com ', 'machine', 'node-1.example.com'],
    ['', 'Machine', 'machine'],
  ])('of --hostname-override=%j on %j is %j', (override, hostname, name) => {
    expect(nodeNameOf(override, hostname)).toBe(name);
  });

  test.each([
    ['BAD NAME', '--hostname-override "BAD NAME"'],
    [' ', '--hostname-override " "'],
    ['-node', '--hostname-override "-node"'],
    ['a..b', '--hostname-override "a..b"'],
    ['', 'hostname "my_host" of this machine'],
  ])('is not %j', (override, what) => {
    expect(() => nodeNameOf(override, 'my_host')).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(
          `${what} cannot be the name of a node: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
        ),
      }),
    );
  });

  test('has no more than 253 characters', () => {
    expect(nodeNameOf('a'.repeat(253), 'm')).toHaveLength(253);
    expect(() => nodeNameOf('a'.repeat(254), 'm')).toThrow('must be no more than 253 characters');
  });
});
