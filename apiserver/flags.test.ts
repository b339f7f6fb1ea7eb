import { describe, expect, test } from '@jest/globals';
import { MidplaneError } from '../error';
import { apiserverFlagTable } from './flag-table';
import { parseApiserverFlags, renderApiserverHelp } from './flags';

function refusal(...argv: string[]): { code: string; message: string; hint: string | undefined } {
  try {
    parseApiserverFlags(argv);
  } catch (error) {
    if (error instanceof MidplaneError) return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
}

describe('flags', () => {
  test('have upstream defaults', () => {
    expect(parseApiserverFlags([])).toEqual({
      advertiseAddress: '',
      anonymousAuth: true,
      apiAudiences: ['https://kubernetes.default.svc.cluster.local'],
      auditLogFormat: 'json',
      auditLogPath: '',
      auditPolicyFile: '',
      authorizationMode: ['AlwaysAllow'],
      bindAddress: '0.0.0.0',
      clientCaFile: '',
      dataDir: '',
      disableAdmissionPlugins: [],
      egressSelectorConfigFile: '',
      enableAdmissionPlugins: [],
      enableBootstrapTokenAuth: false,
      enableKubeletCertCnValidation: false,
      featureGates: { KubeletCertCNValidation: false },
      kubeletCertificateAuthority: '',
      kubeletClientCertificate: '',
      kubeletClientKey: '',
      kubeletPort: 10250,
      kubeletPreferredAddressTypes: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
      kubeletTimeout: '5s',
      midplaneEmulateCve: [],
      midplaneSshKnownHosts: '',
      requestheaderAllowedNames: [],
      requestheaderClientCaFile: '',
      requestheaderExtraHeadersPrefix: [],
      requestheaderGroupHeaders: [],
      requestheaderUidHeaders: [],
      requestheaderUsernameHeaders: [],
      securePort: 6443,
      serviceAccountExtendTokenExpiration: true,
      serviceAccountIssuer: ['https://kubernetes.default.svc.cluster.local'],
      serviceAccountJwksUri: '',
      serviceAccountKeyFile: [],
      serviceAccountMaxTokenExpirationSeconds: 0,
      serviceAccountSigningKeyFile: '',
      serviceClusterIpRange: '10.96.0.0/12',
      sshKeyfile: '',
      sshUser: '',
      tlsCertFile: '',
      tlsPrivateKeyFile: '',
      tokenAuthFile: '',
      v: 0,
    });
  });

  test.each<[string[], object]>([
    [['--kubelet-certificate-authority=/ca.crt'], { kubeletCertificateAuthority: '/ca.crt' }],
    [['--kubelet-certificate-authority', '/ca.crt'], { kubeletCertificateAuthority: '/ca.crt' }],
    [['--kubelet-certificate-authority='], { kubeletCertificateAuthority: '' }],
    [['--client-ca-file=a=b'], { clientCaFile: 'a=b' }],
    [['--anonymous-auth=false'], { anonymousAuth: false }],
    [['--anonymous-auth=F'], { anonymousAuth: false }],
    [['--anonymous-auth'], { anonymousAuth: true }],
    [['--authorization-mode=Node,RBAC'], { authorizationMode: ['Node', 'RBAC'] }],
    [['--authorization-mode=Node', '--authorization-mode', 'RBAC'], { authorizationMode: ['Node', 'RBAC'] }],
    [
      ['--kubelet-preferred-address-types=InternalIP,Hostname'],
      { kubeletPreferredAddressTypes: ['InternalIP', 'Hostname'] },
    ],
    [
      ['--disable-admission-plugins=Priority', '--disable-admission-plugins='],
      { disableAdmissionPlugins: ['Priority'] },
    ],
    [['--secure-port=6444'], { securePort: 6444 }],
    [['--v=2'], { v: 2 }],
    [['-v=2'], { v: 2 }],
    [['-v', '2'], { v: 2 }],
    [['--kubelet-timeout=1m30s'], { kubeletTimeout: '1m30s' }],
    [['--bind-address=::'], { bindAddress: '::' }],
  ])('%j', (argv, expected) => {
    expect(parseApiserverFlags(argv)).toMatchObject(expected);
  });

  test.each([
    [['--kubelet-certificate-autority=x'], 'unknown flag: --kubelet-certificate-autority'],
    [['--secure-port'], 'flag needs an argument: --secure-port'],
    [
      ['--secure-port=abc'],
      'invalid argument "abc" for "--secure-port" flag: strconv.ParseInt: parsing "abc": invalid syntax',
    ],
    [
      ['--secure-port=0'],
      '--secure-port 0 must be between 1 and 65535, inclusive. It cannot be turned off with 0',
    ],
    [['--kubelet-port=70000'], '--kubelet-port 70000 must be between 1 and 65535, inclusive'],
    [
      ['--anonymous-auth=maybe'],
      'invalid argument "maybe" for "--anonymous-auth" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [['--anonymous-auth', 'false'], 'kube-apiserver does not take any arguments, got "false"'],
    [
      ['--bind-address=localhost'],
      'invalid argument "localhost" for "--bind-address" flag: failed to parse IP: "localhost"',
    ],
    [
      ['--kubelet-timeout=5'],
      'invalid argument "5" for "--kubelet-timeout" flag: time: invalid duration "5"',
    ],
    [['--authorization-mode=RABC'], 'authorization-mode "RABC" is not a valid mode'],
    [['--authorization-mode=RBAC,RBAC'], 'authorization-mode "RBAC" has mode specified more than once'],
    [['--authorization-mode='], 'at least one authorization-mode must be passed'],
    [
      ['--kubelet-preferred-address-types=InternalIp'],
      'invalid argument "InternalIp" for "--kubelet-preferred-address-types" flag: no address type is called "InternalIp"',
    ],
    [
      ['--service-cluster-ip-range=10.0.0.0'],
      '--service-cluster-ip-range "10.0.0.0" is not an IPv4 range of /8 to /30',
    ],
    [['serve'], 'kube-apiserver does not take any arguments, got "serve"'],
  ])('%j is a usage error: %s', (argv, message) => {
    expect(refusal(...argv)).toEqual({ code: 'USAGE', message, hint: expect.any(String) });
  });

  test('a misspelt flag or word gets the nearest known one as a hint', () => {
    expect(refusal('--kubelet-certificate-autority=x').hint).toContain(
      'did you mean --kubelet-certificate-authority?',
    );
    expect(refusal('--authorization-mode=rbac').hint).toContain('did you mean RBAC?');
    expect(refusal('--kubelet-preferred-address-types=InternalIp').hint).toContain(
      'did you mean InternalIP?',
    );
  });

  test.each([
    ['--kubelet-client-certificate=c', '--kubelet-client-certificate is set without --kubelet-client-key'],
    ['--kubelet-client-key=k', '--kubelet-client-key is set without --kubelet-client-certificate'],
    ['--tls-cert-file=c', '--tls-cert-file is set without --tls-private-key-file'],
    ['--tls-private-key-file=k', '--tls-private-key-file is set without --tls-cert-file'],
  ])('half a pair is a contradiction: %s', (flag, message) => {
    expect(refusal(flag)).toMatchObject({ code: 'CONFIG_INVALID', message });
  });

  test('a default may be another than upstream, and help says both', () => {
    const defaults = { bindAddress: '127.0.0.1' };
    expect(parseApiserverFlags([], defaults).bindAddress).toBe('127.0.0.1');
    expect(parseApiserverFlags(['--bind-address=0.0.0.0'], defaults).bindAddress).toBe('0.0.0.0');
    expect(parseApiserverFlags([]).bindAddress).toBe('0.0.0.0');
    expect(renderApiserverHelp(defaults)).toContain("(default 127.0.0.1; kube-apiserver's own is 0.0.0.0)");
  });

  test('help has every flag with its default, its meaning and its upstream home', () => {
    const help = renderApiserverHelp();
    for (const { name, help: meaning, source } of apiserverFlagTable) {
      expect(help).toContain(`--${name}`);
      expect(help).toContain(meaning);
      expect(help).toContain(source);
    }
    expect(help).toContain('(default Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP)');
  });
});

describe('--enable-kubelet-cert-cn-validation', () => {
  const [flag, gate, authority] = [
    '--enable-kubelet-cert-cn-validation',
    '--feature-gates=KubeletCertCNValidation=true',
    '--kubelet-certificate-authority=ca.crt',
  ] as const;

  test.each([
    [[flag], gate],
    [[flag, authority], gate],
    [[flag, gate], '--kubelet-certificate-authority'],
  ])('%j is refused: %s is missing', (argv, missing) => {
    expect(refusal(...argv)).toMatchObject({
      code: 'CONFIG_INVALID',
      message: `--enable-kubelet-cert-cn-validation is set without ${missing}`,
    });
  });

  test('is taken with the gate and an authority, and the gate is taken alone', () => {
    expect(parseApiserverFlags([flag, gate, authority]).enableKubeletCertCnValidation).toBe(true);
    expect(parseApiserverFlags([gate])).toMatchObject({
      enableKubeletCertCnValidation: false,
      featureGates: { KubeletCertCNValidation: true },
    });
  });

  test('says in --help that no release of Kubernetes has it', () => {
    const help = renderApiserverHelp().replaceAll('\n', ' ');
    for (const name of ['enable-kubelet-cert-cn-validation', 'feature-gates'])
      expect(help).toMatch(new RegExp(`--${name}[^]{0,400}IN NO RELEASE`));
  });
});
