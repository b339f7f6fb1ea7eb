import { describe, expect, test } from '@jest/globals';
import { parseControllerManagerFlags, renderControllerManagerHelp } from './flags';

const parse = (...argv: string[]) => parseControllerManagerFlags(['--kubeconfig=a.conf', ...argv]);

describe('the command line of the controller-manager', () => {
  test('has the defaults of upstream, but listens on the loopback', () => {
    expect(parse()).toEqual({
      bindAddress: '127.0.0.1',
      controllers: ['*'],
      kubeconfig: 'a.conf',
      leaderElect: true,
      rootCaFile: '',
      securePort: 10257,
    });
  });

  test('takes values behind = and as the next word, and lists that grow', () => {
    const flags = parse('--controllers', '*,-deployment', '--controllers=-namespace-controller', '-v4');
    expect(flags.controllers).toEqual(['*', '-deployment-controller', '-namespace-controller']);
    expect(parse('--leader-elect=false', '--secure-port', '0')).toMatchObject({
      leaderElect: false,
      securePort: 0,
    });
  });

  test.each([
    [
      ['--controllers=deploymnt'],
      '"deploymnt" is not in the list of known controllers',
      'did you mean deployment-controller? See --help for all',
    ],
    [['--root-ca-fil=x'], 'unknown flag: --root-ca-fil', 'did you mean --root-ca-file? See --help for all'],
    [['--leader-elect=maybe'], /^invalid argument "maybe" for "--leader-elect" flag: strconv\.ParseBool/, ''],
    [['--bind-address=nowhere'], /failed to parse IP: "nowhere"$/, ''],
    [['--secure-port=70000'], /must be between 0 and 65535, inclusive\. 0 for turning off secure port$/, ''],
    [['--root-ca-file'], 'flag needs an argument: --root-ca-file', ''],
    [['run'], 'kube-controller-manager does not take any arguments, got "run"', ''],
  ])('refuses %j', (argv, message, hint) => {
    expect(() => parse(...argv)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: typeof message === 'string' ? message : expect.stringMatching(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test('cannot do without a kubeconfig', () => {
    expect(() => parseControllerManagerFlags([])).toThrow('kube-controller-manager needs --kubeconfig');
  });

  test('its help names every flag and where upstream has it', () => {
    expect(renderControllerManagerHelp()).toMatch(/--controllers strings\n.*\n {8}upstream: /);
  });
});
