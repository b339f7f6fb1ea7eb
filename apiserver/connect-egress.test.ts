import { beforeAll, describe, expect, test } from '@jest/globals';
import { Fabric, type FabricHost } from '../network/fabric';
import { TlsAcceptor } from '../network/secure-server';
import { type Authority, createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';
import { type ConnectProxy, dialThrough, egressOfFile } from './connect-egress';

let authority: Authority;
let serving: KeyPair;
let client: KeyPair;

beforeAll(async () => {
  authority = await createAuthority({ commonName: 'LAB proxy' });
  serving = await authority.issue({
    commonName: 'proxy',
    ipAddresses: ['10.0.0.30'],
    usages: ['serverAuth'],
  });
  client = await authority.issue({ commonName: 'kube-apiserver', usages: ['clientAuth'] });
});

function proxyOf(bundlePem = authority.certPem): ConnectProxy {
  return { host: '10.0.0.30', port: 8090, bundlePem, clientCertificate: client };
}

/** A proxy that says this to whoever comes, and what it was sent. */
async function proxyThatSays(
  fabric: Fabric,
  answer: string,
): Promise<{ readonly host: FabricHost; readonly heard: Promise<string> }> {
  const host = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const machine = fabric.addHost({ name: 'proxy', addresses: ['10.0.0.30/24'] });
  const acceptor = new TlsAcceptor({ keyPair: serving, requestClientCertificate: true });
  let hear: (text: string) => void = () => undefined;
  const heard = new Promise<string>((resolve) => {
    hear = resolve;
  });
  await machine.listen({ address: '10.0.0.30', port: 8090 }, (connection) => {
    void acceptor.accept(connection).then((secure) => {
      if (secure.kind === 'handshake-failure') return;
      const { socket } = secure;
      socket.on('error', () => undefined);
      let got = '';
      socket.on('data', (bytes: Buffer) => {
        got += bytes.toString('latin1');
        if (!got.includes('\r\n\r\n')) return;
        hear(got);
        if (answer.startsWith('HTTP/1.1 200') && answer.endsWith('\r\n\r\n')) {
          if (got.endsWith('\r\n\r\n')) socket.write(answer);
          else socket.end('pong');
        } else socket.end(answer);
      });
    });
  });
  return { host, heard };
}

describe('a dial through a proxy server', () => {
  test('says CONNECT to the byte, and is the connection from then on', async () => {
    await using fabric = new Fabric();
    const { host, heard } = await proxyThatSays(fabric, 'HTTP/1.1 200 Connection Established\r\n\r\n');
    const connection = await dialThrough(host, proxyOf(), { host: '10.0.0.11', port: 10250 });
    if (connection.kind === 'refusal') throw new Error(connection.text);
    expect(await heard).toBe('CONNECT 10.0.0.11:10250 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    const pong = new Promise((resolve) => connection.socket.once('data', resolve));
    connection.socket.write('ping');
    expect(String(await pong)).toBe('pong');
    connection.socket.destroy();
  });

  test('brackets an address of IPv6', async () => {
    await using fabric = new Fabric();
    const { host, heard } = await proxyThatSays(fabric, 'HTTP/1.1 502 Bad Gateway\r\n\r\n');
    await dialThrough(host, proxyOf(), { host: 'fd00::11', port: 10250 });
    expect(await heard).toContain('CONNECT [fd00::11]:10250 HTTP/1.1\r\n');
  });

  test.each([
    [
      'HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\ncurrently no tunnels available: No backend available',
      'proxy error from 10.0.0.30:8090 while dialing 10.0.0.11:10250, code 500: 500 Internal Server Error',
    ],
    [
      'HTTP/0.0 503 Service Unavailable\r\n\r\ndial tcp 10.0.0.11:10250: connect: connection refused',
      'proxy error from 10.0.0.30:8090 while dialing 10.0.0.11:10250, code 503: 503 Service Unavailable',
    ],
    [
      'HTTP/1.1 200 Connection Established\r\n\r\nx',
      'unexpected 1 bytes of buffered data from CONNECT proxy "10.0.0.30:8090"',
    ],
    [
      '',
      'reading HTTP response from CONNECT to 10.0.0.11:10250 via proxy 10.0.0.30:8090 failed: unexpected EOF',
    ],
  ])('fails in upstream’s words when the proxy says %j', async (answer, text) => {
    await using fabric = new Fabric();
    const { host } = await proxyThatSays(fabric, answer);
    const refusal = await dialThrough(host, proxyOf(), { host: '10.0.0.11', port: 10250 });
    expect(refusal).toMatchObject({ kind: 'refusal', text });
  });

  test('believes no proxy that its bundle does not vouch for', async () => {
    await using fabric = new Fabric();
    const { host } = await proxyThatSays(fabric, 'HTTP/1.1 200 Connection Established\r\n\r\n');
    const stranger = await createAuthority({ commonName: 'LAB stranger' });
    const refusal = await dialThrough(host, proxyOf(stranger.certPem), { host: '10.0.0.11', port: 10250 });
    expect(refusal).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      text: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    });
  });
});

describe('the file of the egress', () => {
  const files = (text: string) => async (path: string) => {
    const all: Record<string, string> = {
      'egress.yaml': text,
      '/ca': authority.certPem,
      '/cert': client.certPem,
      '/key': client.keyPem,
    };
    const content = all[path];
    if (content === undefined) throw new Error(`ENOENT: no such file "${path}"`);
    return content;
  };
  const file = (connection: string, name = 'cluster'): string =>
    `apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n- {name: ${name}, connection: ${connection}}\n`;
  const through = (url: string, tls = '{caBundle: /ca, clientCert: /cert, clientKey: /key}'): string =>
    file(`{proxyProtocol: HTTPConnect, transport: {tcp: {url: "${url}", tlsConfig: ${tls}}}}`);

  test.each([
    ['says Direct', file('{proxyProtocol: Direct}')],
    ['speaks of others only', file('{proxyProtocol: Direct}', 'etcd')],
  ])('that %s leaves the dialling to the machine', async (_, text) => {
    expect(await egressOfFile('egress.yaml', files(text), new Date())).toBeNull();
  });

  test('that names a proxy has everything dialled through it', async () => {
    expect(
      await egressOfFile('egress.yaml', files(through('https://10.0.0.30:8090')), new Date()),
    ).not.toBeNull();
  });

  test.each([
    ['that is not there', 'nowhere.yaml', '', 'failed to read egress config: unable to read egress selector'],
    [
      'without a port',
      'egress.yaml',
      through('https://10.0.0.30'),
      'invalid proxy server url "https://10.0.0.30"',
    ],
    [
      'without a bundle',
      'egress.yaml',
      through('https://x:1', '{clientCert: /cert, clientKey: /key}'),
      'without caBundle',
    ],
    [
      'with a Unix socket',
      'egress.yaml',
      file('{proxyProtocol: GRPC, transport: {uds: {udsName: /run/x}}}'),
      'midplane has no Unix sockets',
    ],
    [
      'with plain http',
      'egress.yaml',
      file('{proxyProtocol: HTTPConnect, transport: {tcp: {url: "http://x:1"}}}'),
      '"http://x:1" is plain http',
    ],
  ])('%s is refused, with the reason', async (_, path, text, why) => {
    await expect(egressOfFile(path, files(text), new Date())).rejects.toMatchObject({
      name: 'MidplaneError',
      message: expect.stringContaining(why),
      hint: expect.any(String),
    });
  });
});
