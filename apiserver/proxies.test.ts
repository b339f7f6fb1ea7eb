import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { exchange } from '../network/transport';
import { headerValue } from '../wire/http-head';
import {
  Backend,
  type Keys,
  kubeletAt,
  mintKeys,
  nextChunk,
  podAddress,
  TestCluster,
} from './cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const withCa = ['--kubelet-certificate-authority=ca.crt'];
const namespace = '/api/v1/namespaces/default';
const unknownAuthority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

async function clusterWith(argv: string[] = []): Promise<TestCluster> {
  const cluster = await TestCluster.start(keys, argv);
  await cluster.addWorkload();
  return cluster;
}

function impostor(address: string) {
  return keys.otherCa.issue({ commonName: 'x', ipAddresses: [address], usages: ['serverAuth'] });
}

async function addService(cluster: TestCluster, ports: object[], endpoints: object[] | null): Promise<void> {
  await cluster.create(`${namespace}/services`, {
    metadata: { name: 'svc' },
    spec: { ports, selector: { app: 'web' } },
  });
  if (endpoints === null) return;
  await cluster.create(`${namespace}/endpoints`, { metadata: { name: 'svc' }, subsets: endpoints });
}

const podTarget = { kind: 'Pod', name: 'web', namespace: 'default' };

describe('which transport carries a proxied request, with --kubelet-certificate-authority set', () => {
  // The rule that the whole matrix stands on: the flag covers the kubelet's own port and nothing else.
  test.each([
    ['nodes/node-1', 10250, 'node-proxy', 'kubelet', 'verify', true],
    ['nodes/node-1:10250', 10250, 'node-proxy', 'kubelet', 'verify', true],
    ['nodes/http:node-1:10250', 10250, 'node-proxy', 'kubelet', 'verify', true],
    ['nodes/https:node-1:', 10250, 'node-proxy', 'kubelet', 'verify', true],
    ['nodes/https:node-1:9443', 9443, 'node-proxy-https', 'proxy', 'verify-nobody', false],
    ['namespaces/default/pods/https:web:9443', 9443, 'pod-proxy-https', 'proxy', 'verify-nobody', false],
    [
      'namespaces/default/services/https:svc:443',
      9443,
      'service-proxy-https',
      'proxy',
      'verify-nobody',
      false,
    ],
  ])('%s: %i as %s by %s (%s)', async (id, port, path, transport, trust, showsCertificate) => {
    await using cluster = await clusterWith(withCa);
    await addService(
      cluster,
      [{ name: 'https', port: 443, targetPort: 9443 }],
      [{ addresses: [{ ip: podAddress, targetRef: podTarget }], ports: [{ name: 'https', port: 9443 }] }],
    );
    const onNode = id.startsWith('nodes/');
    const genuine = await Backend.at(
      onNode ? cluster.node : cluster.pod,
      { address: onNode ? '10.0.0.11' : podAddress, port },
      keys.kubelet,
      {},
    );
    const answer = await cluster.ask('GET', `/api/v1/${id}/proxy/x`);
    expect([answer.status, answer.text]).toEqual([200, 'hello']);
    expect(genuine.seen).toMatchObject([
      { showedCertificate: showsCertificate, alpn: transport === 'proxy' ? 'http/1.1' : null },
    ]);
    expect(cluster.told('backend-dialled')).toMatchObject([{ path, transport, trust }]);
  });

  test.each([
    ['nodes/node-1', 10250, 503],
    ['nodes/https:node-1:9443', 9443, 200],
    ['namespaces/default/pods/https:web:9443', 9443, 200],
  ])('%s believes an impostor: status %#', async (id, port, status) => {
    await using cluster = await clusterWith(withCa);
    const onNode = id.startsWith('nodes/');
    const address = onNode ? '10.0.0.11' : podAddress;
    const fake = await Backend.at(
      onNode ? cluster.node : cluster.pod,
      { address, port },
      await impostor(address),
      {},
    );
    const answer = await cluster.ask('GET', `/api/v1/${id}/proxy/x`);
    expect(answer.status).toBe(status);
    if (status === 200) {
      expect(answer.text).toBe('hello');
    } else {
      expect(answer.json).toMatchObject({
        reason: 'ServiceUnavailable',
        message: `error trying to reach service: ${unknownAuthority}`,
      });
      expect(fake.seen).toEqual([]);
    }
  });

  test.each([
    ['nodes/node-1:9080', 'node-proxy-http'],
    ['nodes/http:node-1:9080', 'node-proxy-http'],
    ['namespaces/default/pods/web:9080', 'pod-proxy-http'],
    ['namespaces/default/services/svc:80', 'service-proxy-http'],
    ['namespaces/default/services/http:svc:http', 'service-proxy-http'],
  ])('%s goes in clear as %s', async (id, path) => {
    await using cluster = await clusterWith(withCa);
    await addService(
      cluster,
      [{ name: 'http', port: 80, targetPort: 9080 }],
      [{ addresses: [{ ip: podAddress, targetRef: podTarget }], ports: [{ name: 'http', port: 9080 }] }],
    );
    const onNode = id.startsWith('nodes/');
    await Backend.at(
      onNode ? cluster.node : cluster.pod,
      { address: onNode ? '10.0.0.11' : podAddress, port: 9080 },
      null,
      {},
    );
    expect((await cluster.ask('GET', `/api/v1/${id}/proxy/x`)).text).toBe('hello');
    expect(cluster.told('backend-dialled')).toMatchObject([{ path, transport: 'proxy', trust: 'plaintext' }]);
  });
});

describe('a proxied request', () => {
  const pod = `${namespace}/pods/web:9080/proxy`;

  test('arrives with its own Host, cookies and query, and without what only the apiserver may know', async () => {
    await using cluster = await clusterWith();
    const backend = await Backend.at(cluster.pod, { address: podAddress, port: 9080 }, null, {});
    await cluster.ask('POST', `${pod}/a%20b/?q=1&q=%202`, {
      body: 'payload',
      headers: [
        ['Cookie', 'a=b'],
        ['Authorization', 'Basic secret'],
        ['X-Remote-User', 'root'],
        ['Connection', 'X-Hop'],
        ['X-Hop', '1'],
        ['TE', 'trailers'],
      ],
    });
    expect(backend.seen).toMatchObject([
      { method: 'POST', url: '/a%20b/?q=1&q=%202', body: 'payload', showedCertificate: false },
    ]);
    expect(backend.seen[0]?.headers).toEqual([
      ['Host', '10.0.0.10:6443'],
      ['Content-Length', '7'],
      ['Cookie', 'a=b'],
      ['X-Forwarded-For', '10.0.0.5'],
      ['X-Forwarded-Uri', '/api/v1/namespaces/default/pods/web:9080/proxy/a%20b/'],
      ['Accept-Encoding', 'gzip'],
    ]);
  });

  test('takes the first declared port of a pod when it names none', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.pod, { address: podAddress, port: 8080 }, null, {});
    expect((await cluster.ask('GET', `${namespace}/pods/web/proxy/`)).text).toBe('hello');
  });

  test('without a path is sent to the path with a slash, for GET and HEAD', async () => {
    await using cluster = await clusterWith();
    const backend = await Backend.at(cluster.pod, { address: podAddress, port: 9080 }, null, {});
    const answer = await cluster.ask('GET', `${pod}?a=b`);
    expect([answer.status, headerValue(answer.headers, 'location')]).toEqual([301, `${pod}/?a=b`]);
    expect((await cluster.ask('POST', pod, { body: 'x' })).text).toBe('hello');
    expect(backend.seen.map(({ method, url }) => [method, url])).toEqual([['POST', '/']]);
  });

  test('returns status, headers and body as they are, less what concerns one hop or other origins', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.pod, { address: podAddress, port: 9080 }, null, {
      request: (_request, response) =>
        response
          .writeHead(418, 'I am a teapot', {
            'X-Mine': 'yes',
            'Set-Cookie': ['a=1', 'b=2'],
            'Access-Control-Allow-Origin': '*',
            'Keep-Alive': 'x',
          })
          .end('short and stout'),
    });
    const answer = await cluster.ask('GET', `${pod}/`);
    expect([answer.status, answer.text]).toEqual([418, 'short and stout']);
    expect(
      answer.headers.filter(
        ([name]) => !/^(date|connection|keep-alive|transfer-encoding|audit-id)$/i.test(name),
      ),
    ).toEqual([
      ['X-Mine', 'yes'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ]);
  });

  test('has its redirects and pages rewritten, and foreign ones left alone', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.pod, { address: podAddress, port: 9080 }, null, {
      request: (request, response) => {
        const page = '<a href="/next">next</a>';
        if (request.url === '/away') response.writeHead(302, { location: 'https://evil.example/x' }).end();
        else if (request.url === '/here') response.writeHead(302, { location: '/there?a=b' }).end();
        else if (request.url === '/broken') response.writeHead(302, { location: '/%zz' }).end();
        else if (request.url === '/zipped')
          response
            .writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' })
            .end(gzipSync(page));
        else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
      },
    });
    const location = async (path: string) =>
      headerValue((await cluster.ask('GET', pod + path)).headers, 'location');
    expect(await location('/away')).toBe('https://evil.example/x');
    expect(await location('/here')).toBe(`${pod}/there?a=b`);
    expect((await cluster.ask('GET', `${pod}/broken`)).json).toMatchObject({
      code: 500,
      message:
        'Internal error occurred: error trying to parse Location header: parse "/%zz": invalid URL escape "%zz"',
    });
    const rewritten = `<a href="${pod}/next">next</a>`;
    expect((await cluster.ask('GET', `${pod}/page`)).text).toBe(rewritten);
    expect((await cluster.ask('GET', `${pod}/zipped`)).text).toBe(rewritten);
    const zipped = await exchange(await cluster.connect(), {
      method: 'GET',
      path: `${pod}/zipped`,
      headers: [
        ['Host', 'x'],
        ['Accept-Encoding', 'gzip'],
      ],
    });
    if (zipped.kind !== 'response') throw new Error('no response');
    const chunks: Buffer[] = [];
    for await (const chunk of zipped.body as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(rewritten);
  });

  test('can be an upgrade', async () => {
    await using cluster = await clusterWith(withCa);
    const kubelet = await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n');
        socket.pipe(socket);
      },
    });
    const headers = [
      ['Host', 'x'],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'odd'],
    ] as const;
    const path = '/api/v1/nodes/node-1/proxy/exec/default/web/app?command=ls';
    const answer = await exchange(await cluster.connect(), { method: 'GET', path, headers });
    if (answer.kind !== 'upgraded') throw new Error(JSON.stringify(answer));
    answer.socket.write('ping');
    expect(await nextChunk(answer.socket)).toBe('ping');
    answer.socket.destroy();
    expect(kubelet.seen).toMatchObject([
      { url: '/exec/default/web/app?command=ls', alpn: 'http/1.1', showedCertificate: true },
    ]);
  });
});

describe('a proxy that cannot be', () => {
  test.each([
    ['nodes/a:b:c:d/proxy/', 400, 'invalid node request "a:b:c:d"'],
    ['nodes/ftp:node-1:1/proxy/', 400, 'invalid node request "ftp:node-1:1"'],
    ['nodes/gone/proxy/', 404, 'nodes "gone" not found'],
    ['nodes/local/proxy/', 400, 'address not allowed'],
    ['nodes/local:9/proxy/', 400, 'address not allowed'],
    [
      'nodes/node-1:1/proxy/',
      503,
      'error trying to reach service: dial tcp 10.0.0.11:1: connect: connection refused',
    ],
    ['nodes/node-1:odd/proxy/', 503, 'error trying to reach service: dial tcp: lookup tcp/odd: unknown port'],
    ['namespaces/default/pods/a:b:c:d/proxy/', 400, 'invalid pod request "a:b:c:d"'],
    ['namespaces/default/pods/gone/proxy/', 404, 'pods "gone" not found'],
    ['namespaces/default/pods/waiting/proxy/', 400, 'address not allowed'],
    [
      'namespaces/default/pods/web:1/proxy/',
      503,
      `error trying to reach service: dial tcp ${podAddress}:1: connect: connection refused`,
    ],
    ['namespaces/default/services/a:b:c:d/proxy/', 400, 'invalid service request "a:b:c:d"'],
    ['namespaces/default/services/gone/proxy/', 404, 'endpoints "gone" not found'],
    ['namespaces/default/services/gone:80/proxy/', 404, 'services "gone" not found'],
    ['namespaces/default/services/svc:81/proxy/', 503, 'no service port 81 found for service "svc"'],
    ['namespaces/default/services/svc/proxy/', 503, 'no endpoints available for service "svc"'],
    ['namespaces/default/services/svc:http/proxy/', 503, 'no endpoints available for service "svc:http"'],
  ])('%s: %i %s', async (path, code, message) => {
    await using cluster = await clusterWith();
    await cluster.addPod('waiting', [{ name: 'app', image: 'i' }]);
    const local = { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] };
    await cluster.create('/api/v1/nodes', { metadata: { name: 'local' }, status: local });
    // An address that is no pod's: nobody may aim the proxy by writing Endpoints.
    await addService(
      cluster,
      [{ name: 'http', port: 80 }],
      [{ addresses: [{ ip: '10.0.0.66', targetRef: podTarget }], ports: [{ name: 'http', port: 80 }] }],
    );
    const { json } = await cluster.ask('GET', `/api/v1/${path}`);
    expect([json.code, json.message]).toEqual([code, message]);
  });

  test('a failed upgrade says that it was the dialling', async () => {
    await using cluster = await clusterWith();
    const headers = [
      ['Host', 'x'],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'odd'],
    ] as const;
    const answer = await exchange(await cluster.connect(), {
      method: 'GET',
      path: '/api/v1/nodes/node-1/proxy/x',
      headers,
    });
    expect(answer).toMatchObject({ kind: 'response', status: 500 });
  });

  test('methods that are none are refused', async () => {
    await using cluster = await clusterWith();
    expect((await cluster.ask('TRACE', `${namespace}/pods/web/proxy/`)).json).toMatchObject({ code: 405 });
  });
});
