import { describe, expect, test } from '@jest/globals';
import { parseEgressSelectorConfiguration } from './egress-selector-configuration';

const head = 'apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\n';

function parse(text: string, there: readonly string[] = ['/ca', '/cert', '/key']) {
  return parseEgressSelectorConfiguration(text, 'egress.yaml', async (path) => there.includes(path));
}

function selection(connection: string, name = 'cluster'): string {
  return `${head}egressSelections:\n- {name: ${name}, connection: ${connection}}\n`;
}

const tcp = (transport: string): string => selection(`{proxyProtocol: HTTPConnect, transport: ${transport}}`);
const tls = '{caBundle: /ca, clientCert: /cert, clientKey: /key}';

describe('an EgressSelectorConfiguration', () => {
  test('says through what each kind of destination is dialled', async () => {
    const text = `${head.replace('v1beta1', 'v1alpha1')}egressSelections:
- name: Cluster
  connection: {proxyProtocol: HTTPConnect, transport: {tcp: {url: "https://10.0.0.30:8090", tlsConfig: ${tls}}}}
- name: controlplane
  connection: {proxyProtocol: Direct}
- name: etcd
  connection: {proxyProtocol: GRPC, transport: {uds: {udsName: /run/konnectivity.socket}}}
`;
    expect(await parse(text)).toEqual([
      {
        name: 'cluster',
        connection: {
          kind: 'http-connect-tcp',
          url: 'https://10.0.0.30:8090',
          tls: { caBundle: '/ca', clientCert: '/cert', clientKey: '/key' },
        },
      },
      { name: 'controlplane', connection: { kind: 'direct' } },
      { name: 'etcd', connection: { kind: 'grpc-uds', udsName: '/run/konnectivity.socket' } },
    ]);
  });

  test('may select nothing', async () => {
    expect(await parse(head)).toEqual([]);
  });

  const validation = 'failed to validate egress selector configuration: ';
  test.each([
    [
      'an unknown protocol',
      selection('{proxyProtocol: HTTP}'),
      'service.connection.protocol: Unsupported value: "HTTP": supported values: "Direct", "HTTPConnect", "GRPC"',
    ],
    [
      'a transport for Direct',
      selection('{proxyProtocol: Direct, transport: {}}'),
      'service.connection.transport: Invalid value: "direct": Transport config should be absent for direct connect',
    ],
    [
      'no transport for HTTPConnect',
      selection('{proxyProtocol: HTTPConnect}'),
      'service.connection.transport: Required value: transport must be set for HTTPConnect',
    ],
    [
      'no transport for GRPC',
      selection('{proxyProtocol: GRPC}'),
      'service.connection.transport: Required value: transport must be set for GRPC',
    ],
    [
      'GRPC over TCP',
      selection('{proxyProtocol: GRPC, transport: {tcp: {url: "https://x:1"}}}'),
      'service.connection.uds: Required value: UDS must be set with GRPC',
    ],
    [
      'a socket without a name',
      selection('{proxyProtocol: GRPC, transport: {uds: {}}}'),
      'service.connection.udsName: Invalid value: "nil": UDSName should be present for UDS connections',
    ],
    [
      'neither TCP nor UDS',
      tcp('{}'),
      'service.connection.tcp: Required value: One of TCP or UDS must be set',
    ],
    [
      'TCP and UDS',
      tcp('{tcp: {url: "https://x:1"}, uds: {udsName: /x}}'),
      'service.connection.tcp: Invalid value: apiserver.TCPTransport{URL:"https://x:1"}: TCP and UDS cannot both be set',
    ],
    [
      'another scheme',
      tcp('{tcp: {url: "10.0.0.30:8090"}}'),
      'service.connection.url: Invalid value: "10.0.0.30:8090": supported connection protocols are http:// and https://',
    ],
    [
      'https without tlsConfig',
      tcp('{tcp: {url: "https://x:1"}}'),
      'service.connection.tlsConfig: Required value: TLSConfig must be present when using HTTPS',
    ],
    [
      'http with tlsConfig',
      tcp(`{tcp: {url: "http://x:1", tlsConfig: ${tls}}}`),
      'service.connection.tlsConfig: Invalid value: "nil": TLSConfig config should not be present when using HTTP',
    ],
    [
      'an empty tlsConfig',
      tcp('{tcp: {url: "https://x:1", tlsConfig: {}}}'),
      '[service.connection.tlsConfig.clientCert: Invalid value: "nil": Using TLS requires clientCert, ' +
        'service.connection.tlsConfig.clientKey: Invalid value: "nil": Using TLS requires requires clientKey]',
    ],
    [
      'files that are not there',
      tcp('{tcp: {url: "https://x:1", tlsConfig: {caBundle: /a, clientCert: /b, clientKey: /c}}}'),
      '[service.connection.tlsConfig.caBundle: Invalid value: "/a": TLS config ca bundle does not exist, ' +
        'service.connection.tlsConfig.clientCert: Invalid value: "/b": TLS client cert does not exist, ' +
        'service.connection.tlsConfig.clientKey: Invalid value: "/c": TLS client key does not exist]',
    ],
    [
      'the name that was given up in 1.23',
      selection('{proxyProtocol: Direct}', 'master'),
      'service.connection: Unsupported value: "master": supported values: "cluster", "controlplane", "etcd"',
    ],
    [
      'a name twice',
      `${selection('{proxyProtocol: Direct}')}- {name: CLUSTER, connection: {proxyProtocol: Direct}}\n`,
      'service.connection[1]: Duplicate value: "cluster"',
    ],
  ])('is refused with %s', async (_, text, why) => {
    await expect(parse(text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${validation}${why}`,
      hint: 'mend "egress.yaml", the file given to --egress-selector-config-file',
    });
  });

  test.each([
    ['of another kind', 'kind: Policy\n', 'invalid service configuration object "Policy"'],
    [
      'of another version',
      head.replace('v1beta1', 'v1'),
      'no kind "EgressSelectorConfiguration" is registered for version "apiserver.k8s.io/v1"',
    ],
    ['that is no YAML', 'a: [', 'failed to read egress config: '],
  ])('is refused when it is one %s', async (_, text, why) => {
    await expect(parse(text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(why),
    });
  });
});
