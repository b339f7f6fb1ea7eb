import type { IncomingMessage, RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import type { Target } from '../network/transport';
import { type ChannelProtocol, decodeChannel, encodeChannel, encodeChannelClose } from '../wire/channel';
import { exitStatus } from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import type { Attack } from './attacker';
import type { Rule } from './rules';
import { KUBELET, NODE, type Segment, startSegment } from './testing-segment';
import { WebSocketTunnel } from './websocket-tunnel';

const kubelet: Target = { host: NODE, port: KUBELET.port, scheme: 'https' };
const LOGS = '/containerLogs/default/web/web?follow=true';
const EXEC = '/exec/default/web/web?command=sh&input=1&output=1&error=1';

function relay(segment: Segment, rules: readonly Rule[]): Promise<Attack> {
  return segment.attack({ mode: 'relay', technique: 'relay', targets: [KUBELET], rules });
}

async function get(segment: Segment, path: string): Promise<Duplex> {
  const answered = await segment.believing.roundTrip(kubelet, {
    method: 'GET',
    path,
    headers: [['Host', NODE]],
  });
  if (answered.kind === 'refusal') throw new Error(answered.text);
  return answered.body as Duplex;
}

const replaceInLogs: Rule = { kind: 'replace', stream: 'logs', match: '/denied for \\w+/', with: 'welcome' };

describe('rules over HTTP', () => {
  test('change a log that is followed, across its chunks, and announce no length that is wrong', async () => {
    await using segment = await startSegment();
    const follow: RequestListener = (_request, response) => {
      response.write('access den');
      response.end('ied for eve\nnext\n');
    };
    await segment.serve(KUBELET.port, { tls: true, request: follow });
    await using attack = await relay(segment, [replaceInLogs]);
    await expect(text(await get(segment, LOGS))).resolves.toBe('access welcome\nnext\n');
    const { entries } = attack.loot.transcript();
    const seen = entries.map(({ stream, side, text: said }) => `${side} ${stream} ${said}`);
    expect(seen).toContain(`client-sent request GET ${LOGS}`);
    expect(seen).toContain('endpoint-answered answer 200 OK');
    const said = (side: string) =>
      entries
        .filter((it) => it.side === side && it.stream === 'logs')
        .map((it) => it.text)
        .join('');
    expect(said('endpoint-answered')).toBe('access denied for eve\nnext\n');
    expect(said('client-got')).toBe('access welcome\nnext\n');
    expect(attack.loot.down().toString()).toContain('denied for eve');
  });

  test('change what has a length, and what is compressed', async () => {
    await using segment = await startSegment();
    const answer: RequestListener = (request, response) => {
      const page = Buffer.from('denied for eve');
      const packed = request.url?.includes('gzip') === true;
      const body = packed ? gzipSync(page) : page;
      response.writeHead(200, {
        'Content-Length': body.length,
        ...(packed ? { 'Content-Encoding': 'gzip' } : {}),
      });
      response.end(body);
    };
    await segment.serve(KUBELET.port, { tls: true, request: answer });
    await using _attack = await relay(segment, [replaceInLogs]);
    await expect(text(await get(segment, '/containerLogs/a/b/c'))).resolves.toBe('welcome');
    await expect(text(await get(segment, '/containerLogs/a/b/c?gzip'))).resolves.toBe('welcome');
  });

  test('pass what no rule is for as it is, its length included', async () => {
    await using segment = await startSegment();
    const answer: RequestListener = (_request, response) => {
      response.writeHead(200, { 'Content-Length': 14 }).end('denied for eve');
    };
    await segment.serve(KUBELET.port, { tls: true, request: answer });
    await using _attack = await relay(segment, [replaceInLogs]);
    const answered = await segment.believing.roundTrip(kubelet, {
      method: 'GET',
      path: '/stats?x=1',
      headers: [['Host', NODE]],
    });
    if (answered.kind === 'refusal') throw new Error(answered.text);
    expect(answered.headers).toContainEqual(['Content-Length', '14']);
    await expect(text(answered.body)).resolves.toBe('denied for eve');
  });

  test('break a log off behind so many bytes: they arrive, and nobody takes them for the whole', async () => {
    await using segment = await startSegment();
    const answer: RequestListener = (_request, response) => void response.write('0123456789');
    await segment.serve(KUBELET.port, { tls: true, request: answer });
    await using _attack = await relay(segment, [{ kind: 'cut', stream: null, afterBytes: 4 }]);
    const got: string[] = [];
    const body = await get(segment, LOGS);
    body.on('data', (bytes) => got.push(String(bytes)));
    const end = await new Promise<string>((resolve) => {
      body.on('end', () => resolve('whole'));
      body.on('error', () => resolve('broken off'));
    });
    expect(end).toBe('broken off');
    expect(got.join('')).toBe('0123');
  });

  test('change what the client sends, with nothing slipped in besides', async () => {
    await using segment = await startSegment();
    const heard: string[] = [];
    const answer: RequestListener = (request, response) => {
      void text(request).then((body) => {
        heard.push(`${request.url} ${body}`);
        response.end('ok');
      });
    };
    await segment.serve(KUBELET.port, { tls: true, request: answer });
    await using _attack = await relay(segment, [
      { kind: 'replace', stream: 'body-up', match: 'me', with: 'mallory' },
      { kind: 'delay', stream: 'body', ms: 1 },
    ]);
    const answered = await segment.believing.roundTrip(kubelet, {
      method: 'POST',
      path: '/pay?to=x',
      headers: [
        ['Host', NODE],
        ['Content-Length', '6'],
      ],
      body: Buffer.from('to: me'),
    });
    if (answered.kind === 'refusal') throw new Error(answered.text);
    await expect(text(answered.body)).resolves.toBe('ok');
    expect(heard).toEqual(['/pay?to=x to: mallory']);
  });
});

/** A shell that asks for a password, and tells what it was told. */
function serveSpdyShell(_path: string, socket: Duplex): void {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
  const open = new Map<string, SpdyStream>();
  const session = new SpdySession(socket, {
    role: 'server',
    onStream: (stream) => {
      stream.reply();
      open.set(stream.headers['streamtype'] ?? '', stream);
      if (stream.headers['streamtype'] === 'data') stream.pipe(stream);
      if (open.size < 4 || stream.headers['streamtype'] === 'data') return;
      open.get('stdout')?.write('Password: ');
      open.get('stderr')?.write('secret warning');
      open.get('stdin')?.once('data', (typed: Buffer) => {
        open.get('stdout')?.end(`\r\nyou said ${typed.toString()}`);
        open.get('stderr')?.end();
        open.get('error')?.end(exitStatus(0), () => session.close());
      });
    },
  });
}

async function openSpdy(segment: Segment, path: string): Promise<SpdySession> {
  const headers: [string, string][] = [
    ['Host', NODE],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'SPDY/3.1'],
    ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'],
  ];
  const answered = await segment.believing.upgrade(kubelet, { method: 'POST', path, headers });
  if (answered.kind !== 'upgraded') throw new Error(`not upgraded: ${JSON.stringify(answered)}`);
  return new SpdySession(answered.socket, { role: 'client' });
}

const shellRules: readonly Rule[] = [
  { kind: 'answer', prompt: 'Password: ', with: 'hunter2' },
  { kind: 'drop', stream: 'stderr' },
];

describe('rules over SPDY', () => {
  test('answer a prompt and drop a stream, and the client is none the wiser', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true, upgrade: serveSpdyShell });
    await using attack = await relay(segment, shellRules);
    const session = await openSpdy(segment, EXEC);
    const streams = await Promise.all(
      ['error', 'stdin', 'stdout', 'stderr'].map((streamtype) => session.open({ streamtype })),
    );
    const [error, , stdout, stderr] = await Promise.all(
      streams.map((stream, at) => (at === 1 ? '' : text(stream))),
    );
    expect(stdout).toBe('you said hunter2\n');
    expect(stderr).toBe('');
    expect(error).toBe(exitStatus(0));
    const sides = attack.loot.transcript().entries.filter(({ stream }) => stream === 'stdin');
    expect(sides).toMatchObject([{ side: 'endpoint-received', text: 'hunter2\n' }]);
  });
});

test('what is delayed still arrives when the endpoint has closed its streams and its session', async () => {
  await using segment = await startSegment();
  const serve = (_path: string, socket: Duplex): void => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    const session = new SpdySession(socket, {
      role: 'server',
      onStream: (stream) => {
        stream.reply();
        stream.once('data', () => {
          // As a runtime whose pod has hung up: its end, and the stream is gone.
          stream.end('late', () => {
            stream.destroy();
            session.close();
          });
        });
      },
    });
  };
  await segment.serve(KUBELET.port, { tls: true, upgrade: serve });
  await using _attack = await relay(segment, [{ kind: 'delay', stream: 'forward', ms: 50 }]);
  const session = await openSpdy(segment, '/portForward/default/web');
  const data = await session.open({ streamtype: 'data', port: '80', requestid: '0' });
  data.write('hello');
  await expect(text(data)).resolves.toBe('late');
});

/** The other side of a WebSocket, as a kubelet's runtime or an apiserver speaks it. */
function serveWebSocket(protocol: ChannelProtocol, talk: (socket: WebSocket) => void) {
  return (_path: string, socket: Duplex, request: IncomingMessage): void => {
    const server = new WebSocketServer({ noServer: true, handleProtocols: () => protocol });
    server.handleUpgrade(request, socket, Buffer.alloc(0), (webSocket) => {
      webSocket.on('error', () => undefined);
      talk(webSocket);
    });
  };
}

async function openWebSocket(segment: Segment, path: string, protocol: string): Promise<WebSocket> {
  const peer = await segment.believing.connect(kubelet);
  if (peer.kind === 'refusal') throw new Error(peer.text);
  const socket = new WebSocket(`ws://${NODE}${path}`, protocol, { createConnection: () => peer.socket });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.once('open', () => {
      // What comes right behind the handshake waits for whoever listens.
      socket.pause();
      resolve();
    });
  });
  return socket;
}

interface Heard {
  readonly said: Map<number, string>;
  readonly closed: number[];
  readonly ended: Promise<number>;
}

function listen(socket: WebSocket, protocol: ChannelProtocol): Heard {
  const said = new Map<number, string>();
  const closed: number[] = [];
  socket.on('message', (bytes, binary) => {
    const message = decodeChannel(protocol, bytes as Buffer, binary);
    if (message.kind === 'data') {
      said.set(message.channel, (said.get(message.channel) ?? '') + message.bytes.toString());
    } else if (message.kind === 'close') closed.push(message.channel);
  });
  socket.resume();
  return { said, closed, ended: new Promise((resolve) => socket.once('close', resolve)) };
}

describe('rules over WebSocket', () => {
  test.each([
    'v4.channel.k8s.io',
    'v4.base64.channel.k8s.io',
    'v5.channel.k8s.io',
    'channel.k8s.io',
  ] as const)('answer a prompt and drop a stream of %s, however its messages are cut', async (protocol) => {
    await using segment = await startSegment();
    const talk = (socket: WebSocket): void => {
      const send = (channel: number, words: string, fin = true): void => {
        const message = encodeChannel(protocol, channel, Buffer.from(words));
        socket.send(message, { fin: false });
        socket.send(typeof message === 'string' ? '' : Buffer.alloc(0), { fin });
      };
      socket.send(encodeChannel(protocol, 1, Buffer.alloc(0)));
      send(1, 'Pass');
      socket.ping('alive?');
      send(1, 'word: ');
      send(2, 'secret warning');
      socket.on('message', (bytes, binary) => {
        const heard = decodeChannel(protocol, bytes as Buffer, binary);
        if (heard.kind !== 'data') return;
        send(1, `\r\nyou said ${heard.bytes.toString()}`);
        if (protocol.startsWith('v5')) socket.send(encodeChannelClose(1));
        send(3, exitStatus(0));
        socket.close(1000);
      });
    };
    await segment.serve(KUBELET.port, { tls: true, upgrade: serveWebSocket(protocol, talk) });
    await using attack = await relay(segment, shellRules);
    const socket = await openWebSocket(segment, EXEC, protocol);
    const pinged = new Promise((resolve) => socket.once('ping', (words) => resolve(String(words))));
    const heard = listen(socket, protocol);
    await expect(heard.ended).resolves.toBe(1000);
    await expect(pinged).resolves.toBe('alive?');
    expect([...heard.said]).toEqual([
      [1, 'you said hunter2\n'],
      [3, exitStatus(0)],
    ]);
    expect(heard.closed).toEqual(protocol.startsWith('v5') ? [1] : []);
    const error = attack.loot.transcript().entries.filter(({ stream }) => stream === 'error');
    expect(error.map(({ side }) => side)).toEqual(['endpoint-answered', 'client-got']);
  });

  test('pass a large message on in both directions, and the end of stdin of v5', async () => {
    await using segment = await startSegment();
    const protocol = 'v5.channel.k8s.io';
    const large = 'x'.repeat(3 * 1024 * 1024);
    const talk = (socket: WebSocket): void => {
      const heard: Buffer[] = [];
      socket.on('message', (bytes, binary) => {
        const message = decodeChannel(protocol, bytes as Buffer, binary);
        if (message.kind === 'data') heard.push(message.bytes);
        if (message.kind !== 'close') return;
        socket.send(encodeChannel(protocol, 1, Buffer.concat(heard)));
        socket.close(1000);
      });
    };
    await segment.serve(KUBELET.port, { tls: true, upgrade: serveWebSocket(protocol, talk) });
    await using _attack = await relay(segment, []);
    const socket = await openWebSocket(segment, EXEC, protocol);
    const heard = listen(socket, protocol);
    socket.send(encodeChannel(protocol, 0, Buffer.from(large)));
    socket.send(encodeChannelClose(0));
    await expect(heard.ended).resolves.toBe(1000);
    expect(heard.said.get(1) === large).toBe(true);
  });

  test('break a session off behind so many bytes of stdout', async () => {
    await using segment = await startSegment();
    const protocol = 'v4.channel.k8s.io';
    const talk = (socket: WebSocket): void =>
      socket.send(encodeChannel(protocol, 1, Buffer.from('0123456789')));
    await segment.serve(KUBELET.port, { tls: true, upgrade: serveWebSocket(protocol, talk) });
    await using _attack = await relay(segment, [{ kind: 'cut', stream: 'stdout', afterBytes: 4 }]);
    const heard = listen(await openWebSocket(segment, EXEC, protocol), protocol);
    await expect(heard.ended).resolves.toBe(1006);
    expect(heard.said.get(1)).toBe('0123');
  });

  test('are for port-forward too, behind the numbers of the ports', async () => {
    await using segment = await startSegment();
    const protocol = 'v4.channel.k8s.io';
    const port = Buffer.from([0x50, 0]);
    const talk = (socket: WebSocket): void => {
      for (const channel of [0, 1]) socket.send(encodeChannel(protocol, channel, port));
      socket.on('message', (bytes, binary) => {
        const message = decodeChannel(protocol, bytes as Buffer, binary);
        if (message.kind !== 'data') return;
        socket.send(encodeChannel(protocol, 0, Buffer.from(`PP${message.bytes.toString()}`)));
        socket.close(1000);
      });
    };
    await segment.serve(KUBELET.port, { tls: true, upgrade: serveWebSocket(protocol, talk) });
    await using _attack = await relay(segment, [
      { kind: 'replace', stream: 'forward', match: 'P', with: 'Q' },
      { kind: 'replace', stream: 'forward-up', match: 'ping', with: 'pong' },
    ]);
    const socket = await openWebSocket(segment, '/portForward/default/web?port=80', protocol);
    const heard = listen(socket, protocol);
    socket.send(encodeChannel(protocol, 0, Buffer.from('ping')));
    await expect(heard.ended).resolves.toBe(1000);
    expect(heard.said.get(0)).toBe(`${port.toString()}QQpong`);
  });

  test('reach into the SPDY session of a tunnel', async () => {
    await using segment = await startSegment();
    const answer = (_path: string, socket: Duplex, request: IncomingMessage): void => {
      const server = new WebSocketServer({ noServer: true });
      // What `ws` offers is no token to it, so the handshake is done without.
      delete request.headers['sec-websocket-protocol'];
      server.once('headers', (headers) =>
        headers.push('Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io'),
      );
      server.handleUpgrade(request, socket, Buffer.alloc(0), (webSocket) => {
        const stream = createWebSocketStream(webSocket);
        stream.on('error', () => undefined);
        new SpdySession(stream, {
          role: 'server',
          onStream: (opened) => {
            opened.reply();
            if (opened.headers['streamtype'] === 'data') opened.pipe(opened);
          },
        });
      });
    };
    await segment.serve(KUBELET.port, { tls: true, upgrade: answer });
    await using attack = await relay(segment, [
      { kind: 'replace', stream: 'forward', match: 'no', with: 'yes' },
    ]);
    const path = '/api/v1/namespaces/default/pods/web/portforward';
    const headers: [string, string][] = [
      ['Host', NODE],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ['Sec-WebSocket-Protocol', 'SPDY/3.1+portforward.k8s.io'],
    ];
    const answered = await segment.believing.upgrade(kubelet, { method: 'GET', path, headers });
    if (answered.kind !== 'upgraded') throw new Error(`not upgraded: ${JSON.stringify(answered)}`);
    const tunnel = new WebSocketTunnel(answered.socket, 'client');
    const session = new SpdySession(tunnel, { role: 'client' });
    await session.open({ streamtype: 'error', port: '80', requestid: '0' });
    const data = await session.open({ streamtype: 'data', port: '80', requestid: '0' });
    data.end('no, never');
    await expect(text(data)).resolves.toBe('yes, never');
    session.close();
    expect(attack.loot.requests).toMatchObject([{ forwarded: 'no, never' }]);
  });
});
