import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { beforeAll, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { exchange } from '../network/transport';
import { CHANNEL, encodeChannelClose } from '../wire/channel';
import { exitStatus, internalErrorStatus } from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import {
  Backend,
  controlPlane,
  type Keys,
  kubeletAt,
  mintKeys,
  nextChunk,
  readAnswer,
  TestCluster,
} from './cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const pod = '/api/v1/namespaces/default/pods/web';
const withCa = ['--kubelet-certificate-authority=ca.crt'];
const unknownAuthority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
const spdyUpgrade = [
  ['Host', 'api.example:6443'],
  ['Connection', 'Upgrade'],
  ['Upgrade', 'SPDY/3.1'],
  ['Content-Length', '0'],
] as const;

async function clusterWith(argv: string[] = []): Promise<TestCluster> {
  const cluster = await TestCluster.start(keys, argv);
  await cluster.addWorkload();
  return cluster;
}

function impostor() {
  return keys.otherCa.issue({ commonName: 'x', ipAddresses: ['10.0.0.11'], usages: ['serverAuth'] });
}

/** Answers an upgrade with SPDY and hands the streams to `run` once all of these have come. */
function spdyServer(wanted: readonly string[], run: (streams: ReadonlyMap<string, SpdyStream>) => void) {
  return (_request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n',
    );
    if (head.length > 0) socket.unshift(head);
    const streams = new Map<string, SpdyStream>();
    new SpdySession(socket, {
      role: 'server',
      onStream: (stream) => {
        stream.reply();
        streams.set(stream.headers['streamtype'] ?? '', stream);
        if (wanted.every((type) => streams.has(type))) run(streams);
      },
    });
  };
}

interface Session {
  readonly socket: WebSocket;
  /** What came on each channel, once the session is closed. */
  readonly closed: Promise<{ code: number; messages: [channel: number, text: string][] }>;
}

async function openWebSocket(cluster: TestCluster, path: string, protocol: string): Promise<Session> {
  const connection = await cluster.connect();
  const socket = new WebSocket(`ws://${controlPlane.address}:${controlPlane.port}${path}`, protocol, {
    createConnection: () => connection.socket,
    perMessageDeflate: false,
  });
  const messages: [number, string][] = [];
  socket.on('message', (message: Buffer) =>
    messages.push([message[0] ?? -1, message.subarray(1).toString('utf8')]),
  );
  const closed = once(socket, 'close').then(([code]) => ({ code: code as number, messages }));
  await once(socket, 'open');
  return { socket, closed };
}

describe('exec over WebSocket v5', () => {
  const exec = `${pod}/exec?command=sh&command=-c&command=echo+hi&container=app&stdin=true&stdout=true&stderr=true`;

  test('is translated to SPDY: streams, half-close and exit code', async () => {
    await using cluster = await clusterWith(withCa);
    const kubelet = await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: spdyServer(['error', 'stdin', 'stdout', 'stderr'], async (streams) => {
        const [stdin, stdout, stderr, error] = ['stdin', 'stdout', 'stderr', 'error'].map((type) =>
          streams.get(type),
        );
        let heard = '';
        for await (const chunk of stdin as AsyncIterable<Buffer>) heard += chunk.toString();
        stdout?.end(`heard ${heard}`);
        stderr?.end('oops');
        error?.end(exitStatus(3));
      }),
    });
    const session = await openWebSocket(cluster, exec, 'v5.channel.k8s.io');
    expect(session.socket.protocol).toBe('v5.channel.k8s.io');
    session.socket.send(Buffer.concat([Buffer.from([CHANNEL.stdin]), Buffer.from('typed')]));
    session.socket.send(encodeChannelClose(CHANNEL.stdin));
    const { code, messages } = await session.closed;
    expect(code).toBe(1000);
    // The greeting is first, the status is last.
    expect(messages[0]).toEqual([CHANNEL.stdout, '']);
    expect(messages.at(-1)).toEqual([CHANNEL.error, exitStatus(3)]);
    expect(messages.slice(1, -1)).toEqual(
      expect.arrayContaining([
        [CHANNEL.stdout, 'heard typed'],
        [CHANNEL.stderr, 'oops'],
      ]),
    );

    expect(kubelet.seen).toEqual([
      {
        method: 'POST',
        url: '/exec/default/web/app?command=sh&command=-c&command=echo+hi&error=1&input=1&output=1',
        headers: [
          ['Host', '10.0.0.11:10250'],
          ['User-Agent', 'Go-http-client/1.1'],
          ['Content-Length', '0'],
          ['Connection', 'Upgrade'],
          ['Upgrade', 'SPDY/3.1'],
          ...['v5.', 'v4.', 'v3.', 'v2.', ''].map((version) => [
            'X-Stream-Protocol-Version',
            `${version}channel.k8s.io`,
          ]),
        ],
        alpn: 'http/1.1',
        showedCertificate: true,
        body: '',
      },
    ]);
    expect(cluster.told('backend-dialled')).toMatchObject([
      { path: 'exec', transport: 'kubelet', trust: 'verify' },
    ]);
  });

  test('passes window sizes on for a terminal, and success', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: spdyServer(['error', 'stdin', 'stdout', 'resize'], async (streams) => {
        const size = await nextChunk(streams.get('resize') as SpdyStream);
        streams.get('stdout')?.end(size);
        streams.get('error')?.end();
      }),
    });
    const session = await openWebSocket(
      cluster,
      `${pod}/attach?container=app&stdin=true&stdout=true&tty=true`,
      'v5.channel.k8s.io',
    );
    session.socket.send(
      Buffer.concat([Buffer.from([CHANNEL.resize]), Buffer.from('{"Width":80,"Height":24}\n')]),
    );
    const { code, messages } = await session.closed;
    expect([code, messages]).toEqual([
      1000,
      [
        [CHANNEL.stdout, ''],
        [CHANNEL.stdout, '{"Width":80,"Height":24}\n'],
        [CHANNEL.error, '{"metadata":{},"status":"Success"}'],
      ],
    ]);
  });

  test('ends with a command that is over at once, output or none', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket, head) => {
        // All in one breath: replies, ends, status and the end of the connection.
        socket.cork();
        spdyServer(['error', 'stdin', 'stdout', 'stderr'], (streams) => {
          streams.get('stdout')?.end();
          streams.get('stderr')?.end();
          streams.get('error')?.end(exitStatus(3));
          setImmediate(() => socket.end());
        })(_request, socket, head);
        process.nextTick(() => socket.uncork());
      },
    });
    const session = await openWebSocket(cluster, exec, 'v5.channel.k8s.io');
    expect(await session.closed).toEqual({
      code: 1000,
      messages: [
        [CHANNEL.stdout, ''],
        [CHANNEL.error, exitStatus(3)],
      ],
    });
  });

  test.each([
    [
      'an impostor',
      withCa,
      `error sending request: Post "https://10.0.0.11:10250/exec/default/web/app?command=sh&command=-c&command=echo+hi&error=1&input=1&output=1": ${unknownAuthority}`,
    ],
    [
      'nobody',
      [],
      'error sending request: Post "https://10.0.0.11:10250/exec/default/web/app?command=sh&command=-c&command=echo+hi&error=1&input=1&output=1": dial tcp 10.0.0.11:10250: connect: connection refused',
    ],
    [
      'a refusal',
      [],
      'unable to upgrade connection: Forbidden (user=x, verb=create, resource=nodes, subresource=proxy)',
    ],
    ['a redirect', [], 'error sending request: Post "https://evil.example/": redirect not allowed'],
  ])('tells on the error channel, behind a 101, that it met %s', async (who, argv, text) => {
    await using cluster = await clusterWith(argv);
    const head = who === 'a redirect' ? '302 Found\r\nLocation: https://evil.example/' : '403 Forbidden';
    const body =
      who === 'a redirect' ? '' : 'Forbidden (user=x, verb=create, resource=nodes, subresource=proxy)\n';
    const kubelet =
      who === 'nobody'
        ? null
        : await Backend.at(cluster.node, kubeletAt, who === 'an impostor' ? await impostor() : keys.kubelet, {
            upgrade: (_request, socket) =>
              socket.end(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
          });
    const session = await openWebSocket(cluster, exec, 'v5.channel.k8s.io');
    expect(await session.closed).toEqual({
      code: 1000,
      messages: [
        [CHANNEL.stdout, ''],
        [CHANNEL.error, internalErrorStatus(text)],
      ],
    });
    if (who === 'an impostor')
      expect(kubelet).toMatchObject({ seen: [], handshakeAlerts: ['bad_certificate'] });
  });

  test('lets go of the kubelet when the client leaves', async () => {
    await using cluster = await clusterWith();
    let left: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    let began: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      began = resolve;
    });
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (request, socket, head) => {
        socket.once('close', left);
        spdyServer(['error', 'stdin', 'stdout', 'stderr'], () => began())(request, socket, head);
      },
    });
    const session = await openWebSocket(cluster, exec, 'v5.channel.k8s.io');
    await started;
    session.socket.terminate();
    await gone;
  });
});

describe('any other upgrade', () => {
  const exec = `${pod}/exec?command=ls&stdout=true`;
  const upgrade = async (
    cluster: TestCluster,
    path: string,
    method = 'POST',
    more: readonly (readonly [string, string])[] = [],
  ) => {
    const headers = [...spdyUpgrade, ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'] as const, ...more];
    return exchange(await cluster.connect(), { method, path, headers });
  };

  test('is carried byte for byte, with the client’s own headers', async () => {
    await using cluster = await clusterWith(withCa);
    const kubelet = await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket, head) => {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Odd: yes\r\n\r\nfirst',
        );
        if (head.length > 0) socket.unshift(head);
        socket.pipe(socket);
      },
    });
    const answer = await upgrade(cluster, exec, 'POST', [
      ['Authorization', 'Basic secret'],
      ['Cookie', 'a=b'],
      ['X-Forwarded-For', '1.2.3.4'],
    ]);
    if (answer.kind !== 'upgraded') throw new Error(JSON.stringify(answer));
    expect(answer.headers).toContainEqual(['X-Odd', 'yes']);
    expect(await nextChunk(answer.socket)).toBe('first');
    answer.socket.write('echo');
    expect(await nextChunk(answer.socket)).toBe('echo');
    answer.socket.destroy();
    expect(kubelet.seen).toMatchObject([
      {
        method: 'POST',
        url: '/exec/default/web/app?command=ls&output=1',
        alpn: 'http/1.1',
        showedCertificate: true,
      },
    ]);
    expect(kubelet.seen[0]?.headers).toEqual([
      ...spdyUpgrade,
      ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'],
      ['Cookie', 'a=b'],
      ['X-Forwarded-For', '1.2.3.4, 10.0.0.5'],
    ]);
  });

  test('ends on the client’s side when the kubelet ends', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) =>
        socket.end(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nlast words',
        ),
    });
    const answer = await upgrade(cluster, exec);
    if (answer.kind !== 'upgraded') throw new Error(JSON.stringify(answer));
    let heard = '';
    for await (const chunk of answer.socket as AsyncIterable<Buffer>) heard += chunk.toString();
    expect(heard).toBe('last words');
  });

  test.each([
    ['/attach?stdout=true', 'attach', '/attach/default/web/app?output=1'],
    ['/portforward', 'port-forward', '/portForward/default/web'],
    ['/portforward?ports=80&ports=443', 'port-forward', '/portForward/default/web?port=80%2C443'],
  ])('of %s goes to %s at %s', async (path, told, url) => {
    await using cluster = await clusterWith();
    const kubelet = await Backend.at(cluster.node, kubeletAt, keys.kubelet, {});
    const answer = await upgrade(cluster, pod + path);
    expect(answer).toMatchObject({ kind: 'response', status: 400 });
    expect(kubelet.seen[0]?.url).toBe(url);
    expect(cluster.told('backend-dialled')).toMatchObject([{ path: told }]);
  });

  test('is refused with what the dialler says', async () => {
    await using cluster = await clusterWith(withCa);
    await Backend.at(cluster.node, kubeletAt, await impostor(), {});
    const answer = await upgrade(cluster, exec);
    if (answer.kind !== 'response') throw new Error(JSON.stringify(answer));
    expect((await readAnswer(answer)).json).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `error dialing backend: ${unknownAuthority}`,
      code: 500,
    });
  });

  test('gets the kubelet’s own refusal, and no more of the connection', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) =>
        socket.write('HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno'),
    });
    const answer = await upgrade(cluster, exec);
    if (answer.kind !== 'response') throw new Error(JSON.stringify(answer));
    expect(await readAnswer(answer)).toMatchObject({ status: 403, text: 'no' });
    expect(answer.headers).toContainEqual(['Connection', 'close']);
  });

  test('is not taken for one when the kubelet says 200 or 302', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) =>
        socket.end('HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n'),
    });
    const answer = await upgrade(cluster, exec);
    if (answer.kind !== 'response') throw new Error(JSON.stringify(answer));
    expect((await readAnswer(answer)).json).toMatchObject({
      code: 500,
      message: 'invalid upgrade response: status code 302',
    });
  });

  test('passes authentication and authorization like every request', async () => {
    await using cluster = await clusterWith();
    const headers = [...spdyUpgrade];
    const asJane = await exchange(await cluster.connect(keys.jane), { method: 'POST', path: exec, headers });
    if (asJane.kind !== 'response') throw new Error(JSON.stringify(asJane));
    expect((await readAnswer(asJane)).json.message).toBe(
      'pods "web" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    );
    expect(cluster.told('backend-dialled')).toEqual([]);
  });

  test('is asked for when there is none, and only by GET and POST', async () => {
    await using cluster = await clusterWith();
    expect((await cluster.ask('POST', exec)).json).toMatchObject({
      code: 400,
      message: 'Upgrade request required',
    });
    expect((await cluster.ask('PUT', exec, { body: {} })).json).toMatchObject({ code: 405 });
    await cluster.addPod('waiting', [{ name: 'app', image: 'i' }]);
    const waiting = await cluster.ask('POST', '/api/v1/namespaces/default/pods/waiting/exec?command=ls');
    expect(waiting.json).toMatchObject({ code: 400, message: 'pod waiting does not have a host assigned' });
  });
});

describe('port-forward through a tunnel', () => {
  const path = `${pod}/portforward`;
  const tunnel = 'SPDY/3.1+portforward.k8s.io';
  const handshake = [
    ['Host', 'api.example:6443'],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ['Sec-WebSocket-Protocol', tunnel],
  ] as const;

  test('carries SPDY in binary messages, however it is cut', async () => {
    await using cluster = await clusterWith(withCa);
    const kubelet = await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) => {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n',
        );
        socket.pipe(socket);
      },
    });
    const answer = await exchange(await cluster.connect(), { method: 'GET', path, headers: [...handshake] });
    if (answer.kind !== 'upgraded') throw new Error(JSON.stringify(answer));
    expect(answer.headers).toContainEqual(['Sec-WebSocket-Protocol', tunnel]);
    // Masked with zeros: an empty message, then two of one byte.
    answer.socket.write(Buffer.from('828000000000' + '82810000000041' + '82810000000042', 'hex'));
    let echoed = '';
    await new Promise<void>((resolve) => {
      answer.socket.on('data', (chunk: Buffer) => {
        echoed += chunk.toString('latin1').replace(/[^AB]/g, '');
        if (echoed.length === 2) resolve();
      });
    });
    expect(echoed).toBe('AB');
    answer.socket.destroy();

    expect(kubelet.seen).toMatchObject([
      { method: 'POST', url: '/portForward/default/web', alpn: 'http/1.1', showedCertificate: true },
    ]);
    expect(kubelet.seen[0]?.headers).toEqual([
      ['Host', 'api.example:6443'],
      ['X-Forwarded-For', '10.0.0.5'],
      ['Content-Length', '0'],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'SPDY/3.1'],
      ['X-Stream-Protocol-Version', 'portforward.k8s.io'],
    ]);
  });

  test('dials before it answers: the handshake fails with the dialler’s words', async () => {
    await using cluster = await clusterWith(withCa);
    await Backend.at(cluster.node, kubeletAt, await impostor(), {});
    const answer = await exchange(await cluster.connect(), { method: 'GET', path, headers: [...handshake] });
    if (answer.kind !== 'response') throw new Error(JSON.stringify(answer));
    expect((await readAnswer(answer)).json).toMatchObject({
      code: 500,
      message: `error dialing backend: ${unknownAuthority}`,
    });
  });

  test('passes the kubelet’s refusal on as the handshake’s answer', async () => {
    await using cluster = await clusterWith();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
    });
    const answer = await exchange(await cluster.connect(), { method: 'GET', path, headers: [...handshake] });
    if (answer.kind !== 'response') throw new Error(JSON.stringify(answer));
    expect(await readAnswer(answer)).toMatchObject({ status: 403, text: 'no' });
  });
});
