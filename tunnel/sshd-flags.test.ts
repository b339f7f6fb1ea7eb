import { describe, expect, test } from '@jest/globals';
import { parseSshdFlags, renderSshdHelp } from './sshd-flags';

const needed = ['--user=core', '--host-key-file=host', '--authorized-keys-file=keys'];

describe('the flags of the node’s sshd', () => {
  test('say who may come in, and listen on the loopback unless told otherwise', () => {
    expect(parseSshdFlags(needed)).toEqual({
      at: { address: '127.0.0.1', port: 22 },
      user: 'core',
      hostKeyFile: 'host',
      authorizedKeysFile: 'keys',
    });
    expect(parseSshdFlags([...needed, '--address=0.0.0.0', '--port', '2222']).at).toEqual({
      address: '0.0.0.0',
      port: 2222,
    });
  });

  test.each([
    [needed.slice(1), 'sshd needs --user'],
    [needed.slice(0, 2), 'sshd needs --authorized-keys-file'],
    [[...needed, '--port=0'], '--port 0 must be between 1 and 65535, inclusive'],
    [[...needed, '--address=node-1'], 'invalid argument "node-1" for "--address" flag'],
    [[...needed, '--usr=x'], 'unknown flag: --usr'],
  ])('refuse %j', (argv, words) => {
    expect(() => parseSshdFlags(argv)).toThrow(words);
  });

  test('are all in the help', () => {
    for (const name of ['address', 'authorized-keys-file', 'host-key-file', 'port', 'user'])
      expect(renderSshdHelp()).toContain(`--${name}`);
  });
});
