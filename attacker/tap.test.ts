import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { Fabric } from '../network/fabric';
import { startTls } from '../network/secure-client';
import { createAuthority } from '../pki/authority';
import { BAD_CERTIFICATE } from '../wire/tls-alerts';
import { alertRecord } from '../wire/tls-records';
import { LootBag } from './loot';
import { name } from './position';
import { WireTap } from './tap';
import { KUBELET, NODE, type Segment, startSegment } from './testing-segment';

const BACKEND = { address: NODE, port: 8080 };

async function ask(segment: Segment, scheme: 'http' | 'https', host = NODE): Promise<string> {
  const answered = await segment.believing.roundTrip(
    { host, port: BACKEND.port, scheme },
    {
      method: 'POST',
      path: '/login',
      headers: [
        ['Host', host],
        ['Authorization', 'Bearer token-canary'],
        ['Content-Length', '9'],
      ],
      body: Buffer.from('up-canary'),
    },
  );
  if (answered.kind === 'refusal') throw new Error(answered.text);
  return text(answered.body);
}

async function serve(segment: Segment, tls: boolean): Promise<void> {
  await segment.serve(BACKEND.port, {
    tls,
    request: (request, response) => {
      request.resume().on('end', () => response.end('down-canary'));
    },
  });
}

describe('a tap', () => {
  test.each(['forwarded', 'addressed'] as const)('reads plain HTTP that is %s', async (arrival) => {
    await using segment = await startSegment();
    await serve(segment, false);
    const { attackerHost, controlPlane } = segment;
    const byName = { position: name(controlPlane, attackerHost, 'node-1') };
    const position = arrival === 'addressed' ? byName : {};
    await using attack = await segment.attack({
      mode: 'tap',
      technique: 'tap',
      targets: [BACKEND],
      ...position,
    });
    const host = arrival === 'addressed' ? 'node-1' : NODE;
    await expect(ask(segment, 'http', host)).resolves.toBe('down-canary');
    const { loot } = attack;
    expect(loot.up().includes('up-canary')).toBe(true);
    expect(loot.down().includes('down-canary')).toBe(true);
    expect(loot.requests).toMatchObject([{ method: 'POST', path: '/login', body: 'up-canary' }]);
    expect(loot.credentials).toEqual([{ kind: 'bearer', value: 'token-canary' }]);
    expect(loot.genuineAnswers).toMatchObject([{ status: 200 }]);
    expect(loot.handshakes).toEqual([]);
    expect(loot.quote()).toEqual(['bearer token "token-canary"', 'POST /login']);
  });

  test.each(['forwarded', 'addressed'] as const)(
    'sees nothing but ciphertext of TLS that is %s',
    async (arrival) => {
      await using segment = await startSegment();
      await serve(segment, true);
      const { attackerHost, controlPlane } = segment;
      const byName = { position: name(controlPlane, attackerHost, 'node-1') };
      const position = arrival === 'addressed' ? byName : {};
      await using attack = await segment.attack({
        mode: 'tap',
        technique: 'tap',
        targets: [BACKEND],
        ...position,
      });
      const host = arrival === 'addressed' ? 'node-1' : NODE;
      await expect(ask(segment, 'https', host)).resolves.toBe('down-canary');
      const { loot } = attack;
      expect([loot.up(), loot.down()]).toEqual([Buffer.alloc(0), Buffer.alloc(0)]);
      for (const wire of [loot.wireUp(), loot.wireDown()]) {
        expect(wire.length).toBeGreaterThan(500);
        expect(wire.includes('canary')).toBe(false);
      }
      expect(loot.requests).toEqual([]);
      expect(loot.handshakes).toMatchObject([
        {
          completed: true,
          version: 'TLSv1.3',
          alert: null,
          serverName: arrival === 'addressed' ? 'node-1' : null,
          clientCertificate: null,
        },
      ]);
      expect(loot.connections).toBe(1);
    },
  );

  test('keeps nothing of connections to others', async () => {
    await using segment = await startSegment();
    await serve(segment, false);
    await using attack = await segment.attack({ mode: 'tap', technique: 'tap', targets: [KUBELET] });
    await expect(ask(segment, 'http')).resolves.toBe('down-canary');
    expect(attack.loot.connections).toBe(0);
    expect(attack.loot.wireUp()).toHaveLength(0);
  });

  test('sees the client certificate of TLS 1.2, which is sent in clear', async () => {
    await using segment = await startSegment();
    await serve(segment, true);
    const authority = await createAuthority({ commonName: 'LAB other' });
    const clientCertificate = await authority.issue({ commonName: 'somebody', usages: ['clientAuth'] });
    await using attack = await segment.attack({ mode: 'tap', technique: 'tap', targets: [BACKEND] });
    const dialled = await segment.controlPlane.dial({ host: NODE, port: BACKEND.port });
    if (dialled.kind === 'refusal') throw new Error(dialled.text);
    const trust = { kind: 'verify-nobody' } as const;
    const secure = await startTls(dialled, { trust, clientCertificate, maxVersion: 'TLSv1.2' });
    if (secure.kind === 'refusal') throw new Error(secure.text);
    secure.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => secure.socket.once('data', resolve));
    secure.socket.destroy();
    expect(attack.loot.handshakes).toMatchObject([
      { completed: true, version: 'TLSv1.2', alert: null, clientCertificate: { subject: 'CN=somebody' } },
    ]);
  });
});

describe('a tap of the wire', () => {
  test('reads a head that comes byte by byte', async () => {
    await using segment = await startSegment();
    const loot = new LootBag();
    const tap = new WireTap(segment.attackerHost, loot);
    for (const byte of Buffer.from('POST / HTTP/1.1\r\nHost: a\r\n\r\nbody'))
      tap.see('c1', 'up', Buffer.from([byte]));
    expect(loot.requests).toMatchObject([{ method: 'POST', path: '/', body: 'body' }]);
  });

  test('reads an alert that is sent in clear, and takes none for one that is not', async () => {
    await using segment = await startSegment();
    const loot = new LootBag();
    const tap = new WireTap(segment.attackerHost, loot);
    const beginning = Buffer.from([0x16, 3, 1, 0, 4, 1, 0, 0, 0]);
    const changeCipherSpec = Buffer.from([20, 3, 3, 0, 1, 1]);
    tap.see('c1', 'up', Buffer.concat([beginning, alertRecord(BAD_CERTIFICATE)]));
    tap.see('c2', 'up', Buffer.concat([beginning, changeCipherSpec, alertRecord(BAD_CERTIFICATE)]));
    expect(loot.handshakes).toMatchObject([{ alert: 'bad_certificate' }, { alert: null }]);
  });

  test('does not stumble over what only looks like TLS', async () => {
    await using segment = await startSegment();
    const loot = new LootBag();
    const tap = new WireTap(segment.attackerHost, loot);
    tap.see(
      'c1',
      'up',
      Buffer.concat([Buffer.from([0x16, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]), Buffer.alloc(300_000, 1)]),
    );
    tap.see('c1', 'down', Buffer.alloc(300_000, 0x16));
    expect(loot.handshakes).toMatchObject([{ completed: false, version: null }]);
  });
});

describe('a tap on many connections', () => {
  test('holds no more of them than it may, and takes a head apart that comes byte by byte', () => {
    const loot = new LootBag();
    const tap = new WireTap(new Fabric().addHost({ name: 'attacker', addresses: ['10.0.0.66/24'] }), loot);
    // Half a head each, without an end: what is held of it would be for ever.
    const half = Buffer.from(`GET / HTTP/1.1\r\nA: ${'x'.repeat(30_000)}`);
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < 20_000; at++) tap.see(`c${at}`, 'up', half);
    expect(loot.connections).toBe(20_000);
    expect(loot.dropped.wireUp).toBeGreaterThan(500 * 1024 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1024 * 1024);
    for (const byte of Buffer.from('GET /last HTTP/1.1\r\n\r\n')) tap.see('last', 'up', Buffer.from([byte]));
    expect(loot.requests).toMatchObject([{ path: '/last' }]);
  });
});
