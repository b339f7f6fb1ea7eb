import { describe, expect, test } from '@jest/globals';
import { runProgram } from './program';

async function session(args: readonly string[], input = '') {
  let stdout = '';
  let stderr = '';
  const code = await runProgram(['check', ...args], {
    write: (text) => {
      stdout += text;
    },
    warn: (text) => {
      stderr += text;
    },
    readInput: async () => input,
    signal: new AbortController().signal,
    colour: false,
    width: null,
    progress: false,
  });
  return { code, stdout, stderr };
}

const quick = ['--path', 'pod-proxy-http', '--technique', 'tap'];

describe('midplane check', () => {
  test('reads the standard input, and tells what stands open without failing for it', async () => {
    const { code, stdout, stderr } = await session([...quick, '-f', '-'], 'kubelet --config=/c --madeup=1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/pod-proxy-http .*plaintext/);
    expect(stdout).toMatch(/--madeup kubelet 1\.33 knows no such flag .*the standard\s+input:1:21/s);
  });

  test.each<[string[], number]>([
    [['--fail-on', 'open'], 1],
    [['--fail-on', 'unknown'], 0],
    [['--fail-on', 'open', '--soft-fail'], 0],
  ])('%j exits with %i', async (more, expected) => {
    const { code } = await session([...quick, ...more, '-o', 'json', '--', 'kube-apiserver', '--v=1']);
    expect(code).toBe(expected);
  });

  test.each<[string[], string]>([
    [[], 'error: no settings were given\nhint: midplane check -f'],
    [['-f', '/nowhere/x.yaml'], 'error: open /nowhere/x.yaml: no such file'],
    [['--', 'etcd'], 'error: the command line:1:1: the text names neither'],
    [
      ['--fail-on', 'opn', '--', 'kubelet'],
      'error: unknown reason to fail "opn"\nhint: did you mean "open"?',
    ],
    [['--path', 'log', '--', 'kubelet'], 'error: unknown path "log"'],
  ])('refuses %j before a lab is started', async (args, words) => {
    const { code, stdout, stderr } = await session(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});
