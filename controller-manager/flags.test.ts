import { describe, expect, test } from '@jest/globals';
import { parseControllerManagerFlags, renderControllerManagerHelp } from './flags';

const parse = (...argv: string[]) => parseControllerManagerFlags(['--kubeconfig=a.conf', ...argv]);

describe('the command line of the controller-manager', () => {
  test('has the defaults of upstream, but listens on the loopback', () => {
    expect(parse()).toEqual({
      approveKubeletServing: 'none',
      bindAddress: '127.0.0.1',
      controllers: ['*'],
      kubeconfig: 'a.conf',
      leaderElect: true,
      nodeEvictionRates: { normal: 0.1, secondary: 0.01, largeFrom: 50, unhealthyFrom: 0.55 },
      nodeGrace: { runningMs: 50_000, startingMs: 60_000 },
      nodeMonitorPeriodMs: 5_000,
      rootCaFile: '',
      serviceAccountPrivateKeyFile: '',
      securePort: 10257,
      signingDurationMs: 365 * 24 * 60 * 60 * 1000,
      signingFiles: {},
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
    [['--node-eviction-rate=fast'], /flag: strconv\.ParseFloat: parsing "fast": invalid syntax$/, ''],
    [['--node-monitor-period=0s'], '--node-monitor-period must be greater than 0', ''],
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

  test('gives all signers one authority, or some of them one of their own', () => {
    const files = (certFile: string, keyFile: string) => ({ certFile, keyFile });
    expect(parse('--cluster-signing-cert-file=a', '--cluster-signing-key-file=b').signingFiles).toEqual({
      'kubernetes.io/kube-apiserver-client': files('a', 'b'),
      'kubernetes.io/kube-apiserver-client-kubelet': files('a', 'b'),
      'kubernetes.io/kubelet-serving': files('a', 'b'),
      'kubernetes.io/legacy-unknown': files('a', 'b'),
    });
    expect(
      parse('--cluster-signing-kubelet-serving-cert-file=c', '--cluster-signing-kubelet-serving-key-file=d')
        .signingFiles,
    ).toEqual({ 'kubernetes.io/kubelet-serving': files('c', 'd') });
    // Half of a pair for all is nothing, as in upstream.
    expect(parse('--cluster-signing-cert-file=a').signingFiles).toEqual({});
    expect(parse('--cluster-signing-duration=36h30m').signingDurationMs).toBe(36.5 * 60 * 60 * 1000);
  });

  test.each([
    [
      ['--cluster-signing-legacy-unknown-cert-file=a'],
      '"cluster-signing-legacy-unknown": cannot specify cert without key',
    ],
    [
      ['--cluster-signing-kubelet-client-key-file=a'],
      '"cluster-signing-kubelet-client": cannot specify key without cert',
    ],
    [
      [
        '--cluster-signing-cert-file=a',
        '--cluster-signing-legacy-unknown-cert-file=a',
        '--cluster-signing-legacy-unknown-key-file=a',
      ],
      'cannot specify --cluster-signing-{cert,key}-file and other --cluster-signing-*-file flags at the same time',
    ],
    [
      ['--midplane-approve-kubelet-serving=all'],
      'invalid argument "all" for "--midplane-approve-kubelet-serving" flag',
    ],
  ])('refuses %j: %s', (argv, message) => {
    expect(() => parse(...argv)).toThrow(expect.objectContaining({ code: 'USAGE', message }));
  });

  test('cannot do without a kubeconfig', () => {
    expect(() => parseControllerManagerFlags([])).toThrow('kube-controller-manager needs --kubeconfig');
  });

  test('its help names every flag and where upstream has it', () => {
    expect(renderControllerManagerHelp()).toMatch(/--controllers strings\n.*\n {8}upstream: /);
  });
});
