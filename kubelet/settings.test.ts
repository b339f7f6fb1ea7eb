import { describe, expect, test } from '@jest/globals';
import { MidplaneError } from '../error';
import { configz } from './configz';
import { parseKubeletConfiguration } from './kubelet-configuration';
import { applyKubeletFlags, configFileOf, renderKubeletHelp } from './kubelet-flags';
import { defaultSettings } from './settings';

const HEAD = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

function mistake(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    return `${error.code} ${error.message} | ${error.hint ?? ''}`;
  }
  return 'no mistake';
}

describe('a KubeletConfiguration file', () => {
  test('starts from the defaults of a file: nobody anonymous, the apiserver decides, no read-only port', () => {
    expect(parseKubeletConfiguration(HEAD, 'f')).toEqual(defaultSettings('config-file'));
    expect(defaultSettings('config-file')).toMatchObject({
      readOnlyPort: 0,
      authentication: { anonymous: { enabled: false }, webhook: { enabled: true } },
      authorization: { mode: 'Webhook' },
    });
  });

  test('changes what it names and keeps the rest, whatever else a real file holds', () => {
    const settings = parseKubeletConfiguration(
      `${HEAD}
address: 10.0.0.11
port: 10260
readOnlyPort: 10255
authentication:
  anonymous: { enabled: true }
  webhook: { cacheTTL: 1m30s }
  x509: { clientCAFile: /etc/kubernetes/pki/ca.crt }
authorization:
  mode: AlwaysAllow
  webhook: { cacheUnauthorizedTTL: 0s }
serverTLSBootstrap: true
tlsMinVersion: VersionTLS13
featureGates: { KubeletFineGrainedAuthz: false }
clusterDNS: [10.96.0.10]
cgroupDriver: systemd
logging: { format: json, flushFrequency: 0 }
memorySwap: {}
syncFrequency: 0s
`,
      'f',
    );
    expect(settings).toMatchObject({
      address: '10.0.0.11',
      port: 10260,
      readOnlyPort: 10255,
      authentication: {
        anonymous: { enabled: true },
        webhook: { enabled: true, cacheTtlMs: 90_000 },
        x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
      },
      authorization: {
        mode: 'AlwaysAllow',
        webhook: { cacheAuthorizedTtlMs: 300_000, cacheUnauthorizedTtlMs: 0 },
      },
      serverTLSBootstrap: true,
      tlsMinVersion: 'TLSv1.3',
      fineGrainedAuthorization: false,
      other: { clusterDNS: ['10.96.0.10'], cgroupDriver: 'systemd' },
    });
    expect(configz(settings)).toMatchObject({
      kubeletconfig: { port: 10260, authorization: { mode: 'AlwaysAllow' }, clusterDNS: ['10.96.0.10'] },
    });
  });

  test.each([
    ['prot: 1', 'f: unknown field "prot" | did you mean "port"?'],
    [
      'authentication: { annonymous: {} }',
      'f: unknown field "authentication.annonymous" | did you mean "authentication.anonymous"?',
    ],
    [
      'authentication: { x509: { toString: a } }',
      'f: unknown field "authentication.x509.toString" | known here: clientCAFile',
    ],
    ['port: "1"', 'f: field "port" is "1" | it must be a whole number'],
    ['authentication: true', 'f: field "authentication" is true | it must be an object'],
    ['syncFrequency: 5', 'f: field "syncFrequency" is 5 | it must be a duration such as "2m" or "30s"'],
    ['port: 1\nport: 2', 'f:4:1: not valid YAML: Map keys must be unique | the file holds one'],
    ['port: [', 'f:4:1: not valid YAML'],
    ['authorization: { mode: RBAC }', 'f: unknown authorization mode "RBAC" | use AlwaysAllow or Webhook'],
    [
      'tlsMinVersion: TLS1.1',
      'f: tlsMinVersion "TLS1.1" is not supported | use VersionTLS12 or VersionTLS13',
    ],
    [
      'port: 70000',
      'invalid kubelet configuration: port (--port) 70000 must be between 1 and 65535, inclusive',
    ],
    ['tlsCertFile: a', 'invalid kubelet configuration: tlsCertFile is set without tlsPrivateKeyFile'],
    ['address: node-1', 'invalid kubelet configuration: address (--address) "node-1" is not an IP address'],
    [
      'authentication: { webhook: { enabled: false } }',
      'invalid kubelet configuration: no authentication method configured',
    ],
    ['readOnlyPort: 10250', 'port (--port) and readOnlyPort (--read-only-port) are both 10250'],
  ])('%j is refused', (text, expected) => {
    const said = mistake(() => parseKubeletConfiguration(`${HEAD}${text}\n`, 'f'));
    expect(said).toContain(expected);
    expect(said.startsWith('CONFIG_INVALID ')).toBe(true);
  });

  test('may be JSON, where a name that stands twice is refused all the same', () => {
    const json = '{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","port":1}';
    expect(parseKubeletConfiguration(json, 'f').port).toBe(1);
    expect(mistake(() => parseKubeletConfiguration(json.replace('}', ',"port":2}'), 'f'))).toContain(
      'must be unique',
    );
  });

  test.each([
    ['', 'f: not an object'],
    ['kind: Pod\napiVersion: v1', 'f: no kind "Pod" is registered for version "v1"'],
  ])('%j is no such file', (text, expected) => {
    expect(mistake(() => parseKubeletConfiguration(text, 'f'))).toContain(expected);
  });
});

describe('flags', () => {
  test('without a file start from the open defaults', () => {
    expect(applyKubeletFlags([])).toMatchObject({
      readOnlyPort: 10255,
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
    });
  });

  test('win over a file', () => {
    const argv = [
      '--config=/k.yaml',
      '--anonymous-auth',
      '--authorization-mode',
      'AlwaysAllow',
      '--read-only-port=10255',
      '--authentication-token-webhook=false',
      '--client-ca-file=/ca.crt',
      '--rotate-server-certificates',
      '--hostname-override=node-1',
      '--node-ip=10.0.0.11',
      '-v=4',
    ];
    expect(configFileOf(argv)).toBe('/k.yaml');
    expect(applyKubeletFlags(argv, defaultSettings('config-file'))).toMatchObject({
      readOnlyPort: 10255,
      authentication: {
        anonymous: { enabled: true },
        webhook: { enabled: false },
        x509: { clientCAFile: '/ca.crt' },
      },
      authorization: { mode: 'AlwaysAllow' },
      serverTLSBootstrap: true,
      hostnameOverride: 'node-1',
      nodeIp: '10.0.0.11',
      verbosity: 4,
    });
  });

  test('listen where they are told to, else where the file says, else at the default', () => {
    const [own, named] = [
      parseKubeletConfiguration(HEAD, 'f', '127.0.0.1'),
      parseKubeletConfiguration(`${HEAD}address: 10.0.0.11\n`, 'f', '127.0.0.1'),
    ];
    expect(applyKubeletFlags([]).address).toBe('0.0.0.0');
    expect(applyKubeletFlags([], null, '127.0.0.1').address).toBe('127.0.0.1');
    expect(applyKubeletFlags([], own, '127.0.0.1').address).toBe('127.0.0.1');
    expect(applyKubeletFlags([], named, '127.0.0.1').address).toBe('10.0.0.11');
    expect(applyKubeletFlags(['--address=0.0.0.0'], named, '127.0.0.1').address).toBe('0.0.0.0');
  });

  test('each have a line of help and a type', () => {
    const help = renderKubeletHelp('127.0.0.1');
    expect(help).toMatch(/^ {2}--address string\n {8}.*\(default 127\.0\.0\.1, .* own is 0\.0\.0\.0\)$/m);
    expect(help).toMatch(/^ {2}--read-only-port int\n {8}port to serve/m);
    expect(help).toMatch(/^ {2}--anonymous-auth\n {8}let requests/m);
    expect(help).toMatch(/^ {2}-v int\n {8}\S/m);
    expect(renderKubeletHelp()).toContain('(default 0.0.0.0)');
  });

  test.each([
    [['--anonymus-auth'], 'USAGE unknown flag: --anonymus-auth | did you mean --anonymous-auth?'],
    [['--port'], 'USAGE flag needs an argument: --port'],
    [['--port=x'], 'USAGE invalid argument "x" for "--port" flag'],
    [['--anonymous-auth=yes'], 'USAGE invalid argument "yes" for "--anonymous-auth" flag'],
    [['run'], 'USAGE unknown command "run" for "kubelet"'],
    [['--authorization-mode=RBAC'], 'USAGE unknown authorization mode "RBAC"'],
    [
      ['--anonymous-auth=false'],
      'CONFIG_INVALID invalid kubelet configuration: no authentication method configured',
    ],
    [
      ['--node-ip=here'],
      'CONFIG_INVALID invalid kubelet configuration: --node-ip "here" is not an IP address',
    ],
  ])('%j is refused', (argv, expected) => {
    expect(mistake(() => applyKubeletFlags(argv))).toContain(expected);
  });
});
