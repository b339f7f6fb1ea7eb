import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { Target } from '../network/transport';
import { exitStatus } from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import { startRawRelay } from './relay-raw';
import { KUBELET, NODE, type Segment, startSegment } from './testing-segment';

const BACKEND = { address: NODE, port: 8443 };
const https: Target = { host: NODE, port: BACKEND.port, scheme: 'https' };
const http: Target = { ...https, scheme: 'http' };

/** Answers with a secret of its own and everything it was told. */
const echo: RequestListener = (request, response) => void reply(request, response);

async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const told = await text(request);
  const page = `down-canary ${request.method} ${request.url} ${told}`;
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(page) });
  response.end(page);
}

async function post(segment: Segment, target: Target, path: string, body: string): Promise<string> {
  const headers: [string, string][] = [
    ['Host', NODE],
    ['Accept-Encoding', 'gzip'],
    ['Content-Length', `${body.length}`],
  ];
  const request = { method: 'POST', path, headers, body: Buffer.from(body) };
  const answered = await segment.believing.roundTrip(target, request);
  if (answered.kind === 'refusal') throw new Error(answered.text);
  expect(answered.status).toBe(200);
  return text(answered.body);
}

/** The protocol of a runtime, as far as these tests go: stdout repeats stdin, a forwarded port repeats its data. */
function serveStreams(_path: string, socket: Duplex): void {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
  const open = new Map<string, SpdyStream>();
  const session = new SpdySession(socket, {
    role: 'server',
    onStream: (stream) => {
      stream.reply();
      const type = stream.headers['streamtype'] ?? '';
      open.set(type, stream);
      if (type === 'data') stream.pipe(stream);
      if (type === 'stdin') void run(stream);
    },
  });
  const run = async (stdin: SpdyStream): Promise<void> => {
    const typed = await text(stdin);
    open.get('stdout')?.end(`down-canary ${typed}`);
    open.get('error')?.end(exitStatus(3), () => session.close());
  };
}

async function openSpdy(segment: Segment, path: string): Promise<SpdySession> {
  const headers: [string, string][] = [
    ['Host', NODE],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'SPDY/3.1'],
    ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'],
  ];
  const answered = await segment.believing.upgrade(
    { ...https, port: KUBELET.port },
    { method: 'POST', path, headers },
  );
  if (answered.kind !== 'upgraded') throw new Error(`not upgraded: ${JSON.stringify(answered)}`);
  return new SpdySession(answered.socket, { role: 'client' });
}

describe('a relay', () => {
  test.each([
    ['https', https],
    ['http', http],
  ])('reads and changes both directions of %s', async (scheme, target) => {
    await using segment = await startSegment();
    await segment.serve(BACKEND.port, { tls: scheme === 'https', request: echo });
    await using attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [BACKEND] });
    await expect(post(segment, target, '/login?next=1', 'up-canary')).resolves.toBe(
      'FORGED\ndown-canary POST /login?next=1 TAMPERED\nup-canary',
    );
    const { loot } = attack;
    expect(loot.requests).toMatchObject([{ method: 'POST', path: '/login?next=1', body: 'up-canary' }]);
    expect(loot.up().toString()).toMatch(/^POST \/login\?next=1 HTTP\/1\.1\r\n[\s\S]*\r\n\r\nup-canary$/);
    expect(loot.down().toString()).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\ndown-canary POST \/login\?next=1 TAMPERED\nup-canary$/,
    );
    expect(loot.genuineAnswers).toMatchObject([{ status: 200 }]);
    expect(segment.events.map((event) => event.kind)).toContain('relay-answered');
  });

  test('carries a body and an answer that are larger than any buffer', async () => {
    await using segment = await startSegment();
    await segment.serve(BACKEND.port, { tls: true, request: echo });
    await using attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [BACKEND] });
    const large = 'x'.repeat(5 * 1024 * 1024);
    const answered = await post(segment, https, '/', large);
    expect(answered).toBe(`FORGED\ndown-canary POST / TAMPERED\n${large}`);
    expect(attack.loot.up()).toHaveLength(4 * 1024 * 1024);
    expect(attack.loot.dropped.up).toBeGreaterThan(1024 * 1024);
  });

  test.each([
    ['an object', '{"kind":"Node"}', '{"kind":"Node","metadata":{"annotations":{"injected":"TAMPERED"}}}'],
    ['no object', 'k8s\0up', 'k8s\0up'],
    ['what is nested without end', '{"a":'.repeat(100_000), '{"a":'.repeat(100_000)],
    ['more than an object ever has', 'x'.repeat(5 * 1024 * 1024), 'x'.repeat(5 * 1024 * 1024)],
  ])('passes %s on to an apiserver, changed only if it can be stored', async (_what, sent, heard) => {
    await using segment = await startSegment();
    await segment.serve(BACKEND.port, { tls: true, request: echo });
    await using _attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [BACKEND] });
    const answered = await post(segment, https, '/api/v1/nodes', sent);
    expect(answered === `FORGED\ndown-canary POST /api/v1/nodes ${heard}`).toBe(true);
  });

  test.each([
    ['/api/v1/nodes', 'nothing'],
    ['/run/a/b/c', 'broken off: aborted'],
  ])(
    'does not pass half a body of a request to %s on as a whole one: what is heard is %s',
    async (path, heard) => {
      await using segment = await startSegment();
      const bodies: Promise<string>[] = [];
      let begin = (): void => undefined;
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const listen: RequestListener = (request) => {
        begin();
        bodies.push(text(request).catch((error: Error) => `broken off: ${error.message}`));
      };
      await segment.serve(BACKEND.port, { tls: true, request: listen });
      await using attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [BACKEND] });
      const peer = await segment.believing.connect(https);
      if (peer.kind === 'refusal') throw new Error(peer.text);
      peer.socket.on('error', () => undefined);
      const head = `POST ${path} HTTP/1.1\r\nHost: ${NODE}\r\nContent-Length: 100\r\n\r\n`;
      peer.socket.write(`${head}{"kind":"Node"}`);
      await (heard === 'nothing' ? segment.happened('attacker', 'bytes-captured') : begun);
      peer.socket.destroy();
      await segment.happened('attacker', 'relay-refused');
      await attack.withdraw();
      await expect(Promise.all(bodies)).resolves.toEqual(heard === 'nothing' ? [] : [heard]);
    },
  );

  test('shows what is followed as soon as it is there', async () => {
    await using segment = await startSegment();
    let end = (): void => undefined;
    const follow: RequestListener = (_request, response) => {
      response.write('one\n');
      end = () => response.end('two\n');
    };
    await segment.serve(KUBELET.port, { tls: true, request: follow });
    await using _attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [KUBELET] });
    const request = {
      method: 'GET',
      path: '/containerLogs/a/b/c?follow=true',
      headers: [['Host', NODE]] as const,
    };
    const answered = await segment.believing.roundTrip({ ...https, port: KUBELET.port }, request);
    if (answered.kind === 'refusal') throw new Error(answered.text);
    const lines = answered.body[Symbol.asyncIterator]();
    const first = await lines.next();
    expect(`${first.value}`).toBe('FORGED\none\n');
    end();
    const second = await lines.next();
    expect(`${second.value}`).toBe('two\n');
    await expect(lines.next()).resolves.toMatchObject({ done: true });
  });

  test.each([
    [401, 'Unauthorized'],
    [403, 'Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=proxy)'],
  ])(
    'passes on a refusal with %i as it is, and shows no client certificate to get it',
    async (status, words) => {
      await using segment = await startSegment();
      const refuse: RequestListener = (_request, response) => {
        response.writeHead(status, { 'Content-Type': 'text/plain' }).end(words);
      };
      await segment.serve(KUBELET.port, { tls: true, request: refuse });
      await using attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [KUBELET] });
      const request = { method: 'GET', path: '/containerLogs/a/b/c', headers: [['Host', NODE]] as const };
      const answered = await segment.believing.roundTrip({ ...https, port: KUBELET.port }, request);
      if (answered.kind === 'refusal') throw new Error(answered.text);
      expect(answered.status).toBe(status);
      await expect(text(answered.body)).resolves.toBe(words);
      expect(attack.loot.genuineAnswers).toEqual([{ status, text: words }]);
      const refused = segment.events.find((event) => event.kind === 'relay-refused');
      expect(refused?.data).toEqual({ status, text: words });
    },
  );

  test('reads and changes what is typed into a shell, and what it prints', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true, upgrade: serveStreams });
    await using attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [KUBELET] });
    const session = await openSpdy(segment, '/exec/a/b/c?command=sh&input=1&output=1');
    const error = await session.open({ streamtype: 'error' });
    const stdout = await session.open({ streamtype: 'stdout' });
    const stdin = await session.open({ streamtype: 'stdin' });
    stdin.end('up-canary');
    const printed = Promise.all([text(stdout), text(error)]);
    await expect(printed).resolves.toEqual(['FORGED\ndown-canary TAMPERED\nup-canary', exitStatus(3)]);
    await session.ended;
    expect(attack.loot.requests).toMatchObject([{ command: ['sh'], stdin: 'up-canary' }]);
    expect(attack.loot.down().includes('down-canary TAMPERED')).toBe(true);
    expect(attack.loot.down().includes('FORGED')).toBe(false);
  });

  test('lets all arrive that the genuine endpoint said before it broke off without a word', async () => {
    await using segment = await startSegment();
    const said = 'x'.repeat(1024 * 1024);
    const serve = (_path: string, socket: Duplex): void => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
      const session = new SpdySession(socket, {
        role: 'server',
        onStream: (stream) => void stream.write(said, () => socket.end()),
      });
      void session.ended;
    };
    await segment.serve(KUBELET.port, { tls: true, upgrade: serve });
    await using _attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [KUBELET] });
    const session = await openSpdy(segment, '/exec/a/b/c?command=sh&output=1');
    const stdout = await session.open({ streamtype: 'stdout' });
    expect((await text(stdout)) === `FORGED\n${said}`).toBe(true);
    session.close();
  });

  test('reads and changes forwarded ports', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true, upgrade: serveStreams });
    await using attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [KUBELET] });
    const session = await openSpdy(segment, '/portForward/a/b');
    const pair = { port: '80', requestid: '0' };
    const error = await session.open({ streamtype: 'error', ...pair });
    error.end();
    const data = await session.open({ streamtype: 'data', ...pair });
    data.end('canary');
    await expect(text(data)).resolves.toBe('FORGED\nTAMPERED\ncanary');
    session.close();
    expect(attack.loot.requests).toMatchObject([{ forwarded: 'canary' }]);
    expect(attack.loot.down().includes('TAMPERED\ncanary')).toBe(true);
  });

  test('passes on what it does not understand, and keeps it', async () => {
    await using segment = await startSegment();
    await segment.node.listen(BACKEND, ({ socket }) => void socket.pipe(socket));
    await using attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [BACKEND] });
    const dialled = await segment.controlPlane.dial({ host: NODE, port: BACKEND.port });
    if (dialled.kind === 'refusal') throw new Error(dialled.text);
    dialled.socket.write('\0canary');
    const [echoed] = await new Promise<Buffer[]>((resolve) =>
      dialled.socket.once('data', (bytes) => resolve([bytes])),
    );
    expect(`${echoed}`).toBe('\0canary');
    dialled.socket.destroy();
    expect(attack.loot.up().toString()).toBe('\0canary');
    expect(attack.loot.down().toString()).toBe('\0canary');
  });

  test('hangs up when there is no genuine endpoint', async () => {
    await using segment = await startSegment();
    await using _attack = await segment.attack({ mode: 'relay', technique: 'relay', targets: [BACKEND] });
    const request = { method: 'GET', path: '/', headers: [['Host', NODE]] as const };
    await expect(segment.believing.roundTrip(https, request)).resolves.toMatchObject({ kind: 'refusal' });
    const refused = segment.events.find((event) => event.kind === 'relay-refused');
    expect(refused?.data['text']).toMatch(/connection refused$/);
  });
});

describe('a raw relay', () => {
  test('ends TLS on both sides, shows the clear text to its tap and passes every byte on', async () => {
    await using segment = await startSegment();
    await segment.serve(BACKEND.port, { tls: true, request: echo });
    const seen = { up: '', down: '' };
    await using relay = await startRawRelay({
      host: segment.attackerHost,
      listenAt: { address: '10.0.0.66', port: 0 },
      genuine: BACKEND,
      present: segment.serving,
      tap: (direction, bytes) => {
        seen[direction] += bytes.toString();
      },
    });
    const large = `up-canary ${'x'.repeat(1024 * 1024)}`;
    const target = { host: '10.0.0.66', port: relay.at.port, scheme: 'https' } as const;
    await expect(post(segment, target, '/', large)).resolves.toBe(`down-canary POST / ${large}`);
    expect(seen.up).toMatch(/^POST [\s\S]*up-canary/);
    expect(seen.down).toMatch(/^HTTP[\s\S]*down-canary/);
  });

  test('leaves nothing open when it is closed', async () => {
    await using segment = await startSegment();
    await segment.node.listen(BACKEND, () => undefined);
    const relay = await startRawRelay({
      host: segment.attackerHost,
      listenAt: { address: '10.0.0.66', port: 0 },
      genuine: BACKEND,
      present: segment.serving,
    });
    const dialled = await segment.controlPlane.dial({ host: '10.0.0.66', port: relay.at.port });
    if (dialled.kind === 'refusal') throw new Error(dialled.text);
    dialled.socket.on('error', () => undefined);
    await relay.close();
    await expect(buffer(dialled.socket).catch(() => Buffer.alloc(0))).resolves.toHaveLength(0);
  });
});
