import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Backend, type Keys, kubeletAt, mintKeys, TestCluster } from './cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const log = '/api/v1/namespaces/default/pods/web/log';
const target = 'https://10.0.0.11:10250/containerLogs/default/web/app';
const withCa = ['--kubelet-certificate-authority=ca.crt'];

async function clusterWith(argv: string[] = []): Promise<TestCluster> {
  const cluster = await TestCluster.start(keys, argv);
  await cluster.addWorkload();
  return cluster;
}

describe('pods/log', () => {
  test('sends a request of its own and returns what the kubelet says', async () => {
    await using cluster = await clusterWith(withCa);
    const kubelet = await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      request: (_request, response) => response.end('line\n'),
    });
    const query =
      '?timestamps=true&tailLines=5&container=app&previous=false&follow=true&sinceSeconds=9&limitBytes=100';
    const answer = await cluster.ask('GET', log + query, {
      headers: [
        ['Cookie', 'a=b'],
        ['Authorization', 'Basic x'],
      ],
    });
    expect([answer.status, answer.text]).toEqual([200, 'line\n']);
    expect(answer.headers).toContainEqual(['content-type', 'text/plain']);
    expect(kubelet.seen).toEqual([
      {
        method: 'GET',
        url: '/containerLogs/default/web/app?follow=true&limitBytes=100&sinceSeconds=9&tailLines=5&timestamps=true',
        headers: [
          ['Host', '10.0.0.11:10250'],
          ['User-Agent', 'Go-http-client/1.1'],
          ['Accept-Encoding', 'gzip'],
        ],
        alpn: null,
        showedCertificate: true,
        body: '',
      },
    ]);
    expect(cluster.told('request-received').at(-1)).toEqual({
      user: 'admin',
      method: 'GET',
      path: log + query,
    });
    expect(cluster.told('backend-dialled')).toEqual([
      { path: 'logs', target: 'https://10.0.0.11:10250', transport: 'kubelet', trust: 'verify' },
    ]);
    expect(cluster.told('backend-answered')).toEqual([{ path: 'logs', status: 200 }]);
  });

  test('follows a log as it grows', async () => {
    await using cluster = await clusterWith();
    let more: (line: string) => void = () => undefined;
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      request: (_request, response) => {
        response.write('one\n');
        more = (line) => response.end(line);
      },
    });
    const client = cluster.client();
    const answer = await client.roundTrip(
      { host: '10.0.0.10', port: 6443, scheme: 'https' },
      { method: 'GET', path: `${log}?follow=true`, headers: [['Host', 'x']] },
    );
    if (answer.kind !== 'response') throw new Error(answer.text);
    const chunks: string[] = [];
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk.toString());
      more('two\n');
    }
    expect(chunks).toEqual(['one\n', 'two\n']);
  });

  test('undoes the gzip that it asked for', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      request: (_request, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('zipped')),
    });
    expect((await cluster.ask('GET', log)).text).toBe('zipped');
  });

  test('goes nowhere for a pod without a node, a pod that is not there, or a node that is not there', async () => {
    await using cluster = await clusterWith();
    await cluster.addPod('waiting', [{ name: 'app', image: 'i' }]);
    await cluster.addPod('lost', [{ name: 'app', image: 'i' }], 'gone');
    const pods = '/api/v1/namespaces/default/pods';
    expect((await cluster.ask('GET', `${pods}/waiting/log`)).status).toBe(204);
    expect((await cluster.ask('GET', `${pods}/none/log`)).json.message).toBe('pods "none" not found');
    expect((await cluster.ask('GET', `${pods}/lost/log`)).json.message).toBe('nodes "gone" not found');
    expect((await cluster.ask('GET', `${log}?container=x`)).json).toMatchObject({
      code: 400,
      message: 'container x is not valid for pod web',
    });
    expect(cluster.told('backend-dialled')).toEqual([]);
  });

  test('needs an address of a preferred type', async () => {
    await using cluster = await TestCluster.start(keys, ['--kubelet-preferred-address-types=ExternalDNS']);
    // The fixture's own InternalIP comes first in the list, so the node must not have one.
    await cluster.create('/api/v1/nodes', {
      metadata: { name: 'node-1' },
      status: { addresses: [{ type: 'Hostname', address: 'n' }] },
    });
    await cluster.addPod('web', [{ name: 'app', image: 'i' }], 'node-1');
    const { json } = await cluster.ask('GET', log);
    expect(json).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'no preferred addresses found; known addresses: [{Hostname n}]',
      code: 500,
    });
  });
});

describe('what a kubelet answers becomes', () => {
  test.each([
    [
      401,
      'Unauthorized',
      401,
      'Unauthorized',
      'the server has asked for the client to provide credentials ( pods/log web)',
    ],
    [
      403,
      'Forbidden (user=x, verb=get, resource=nodes, subresource=proxy)',
      403,
      'Forbidden',
      'Forbidden (user=x, verb=get, resource=nodes, subresource=proxy) ( pods/log web)',
    ],
    [404, 'gone', 404, 'NotFound', 'the server could not find the requested resource ( pods/log web)'],
    [400, 'bad thing', 400, 'BadRequest', 'bad thing'],
    [500, 'boom', 500, 'InternalError', 'Internal error occurred: boom'],
    [
      502,
      'b',
      502,
      'InternalError',
      'an error on the server ("b") has prevented the request from succeeding ( pods/log web)',
    ],
    [
      503,
      'b',
      503,
      'ServiceUnavailable',
      'the server is currently unable to handle the request ( pods/log web)',
    ],
  ])('%i %s', async (status, body, code, reason, message) => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      request: (_request, response) => response.writeHead(status).end(body),
    });
    const { json } = await cluster.ask('GET', log);
    expect([json.code, json.reason, json.message]).toEqual([code, reason, message]);
  });

  test('a redirect is refused by the name of its target', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      request: (_request, response) => response.writeHead(302, { location: 'https://evil.example/x' }).end(),
    });
    const { json } = await cluster.ask('GET', log);
    expect([json.code, json.reason, json.message]).toEqual([
      500,
      undefined,
      'Get "https://evil.example/x": redirects forbidden',
    ]);
  });
});

describe('a kubelet nobody can vouch for', () => {
  async function outcome(argv: string[], query = '') {
    await using cluster = await clusterWith(argv);
    const impostor = await keys.otherCa.issue({
      commonName: 'x',
      ipAddresses: ['10.0.0.11'],
      usages: ['serverAuth'],
    });
    const kubelet = await Backend.at(cluster.node, kubeletAt, impostor, {
      request: (_request, response) => response.end('forged'),
    });
    const answer = await cluster.ask('GET', log + query);
    return { answer, kubelet, cluster };
  }

  test('is believed without --kubelet-certificate-authority, and shown our certificate', async () => {
    const { answer, kubelet, cluster } = await outcome([]);
    expect(answer.text).toBe('forged');
    expect(kubelet.seen[0]?.showedCertificate).toBe(true);
    expect(cluster.told('backend-dialled')).toMatchObject([{ transport: 'kubelet', trust: 'verify-nobody' }]);
  });

  test('is refused with it, before it has seen a byte', async () => {
    const { answer, kubelet, cluster } = await outcome(withCa);
    const text = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    expect(answer.json).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `Get "${target}": ${text}`,
      code: 500,
    });
    expect(kubelet.seen).toEqual([]);
    expect(kubelet.handshakeAlerts).toEqual(['bad_certificate']);
    expect(cluster.told('backend-refused')).toEqual([{ path: 'logs', text }]);
  });

  test('is believed with it for one request that says so, and shown our certificate', async () => {
    const { answer, kubelet, cluster } = await outcome(withCa, '?insecureSkipTLSVerifyBackend=true');
    expect(answer.text).toBe('forged');
    expect(kubelet.seen[0]).toMatchObject({ showedCertificate: true, url: '/containerLogs/default/web/app' });
    expect(cluster.told('backend-dialled')).toMatchObject([
      { path: 'logs-skip-verify', transport: 'kubelet-insecure', trust: 'verify-nobody' },
    ]);
  });
});

describe('a kubelet that is no kubelet', () => {
  test('but a closed port', async () => {
    await using cluster = await clusterWith();
    expect((await cluster.ask('GET', log)).json).toMatchObject({
      code: 500,
      message: `Get "${target}": dial tcp 10.0.0.11:10250: connect: connection refused`,
    });
  });

  test('but speaks plain HTTP', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, null, {});
    expect((await cluster.ask('GET', log)).json.message).toBe(
      `Get "${target}": http: server gave HTTP response to HTTPS client`,
    );
  });

  test('and has no certificate yet', async () => {
    await using cluster = await clusterWith();
    const { TlsAcceptor } = await import('../network/secure-server');
    const waiting = new TlsAcceptor({ keyPair: null, requestClientCertificate: true });
    await cluster.node.listen(kubeletAt, (connection) => void waiting.accept(connection));
    expect((await cluster.ask('GET', log)).json.message).toBe(
      `Get "${target}": remote error: tls: internal error`,
    );
  });

  test('and hangs up', async () => {
    await using cluster = await clusterWith();
    await cluster.node.listen(kubeletAt, ({ socket }) => void socket.once('data', () => socket.end()));
    expect((await cluster.ask('GET', log)).json.message).toBe(`Get "${target}": EOF`);
  });
});
