import { describe, expect, test } from '@jest/globals';
import { LootBag } from './loot';

const head = {
  connection: 'c1',
  method: 'POST',
  path: '/exec/ns/web/web?command=cat&command=%2Fetc',
  headers: [],
};

describe('loot', () => {
  test('keeps the bytes of one stream together, whatever arrives between them', () => {
    const loot = new LootBag();
    loot.keep('up', 'c1', Buffer.from('can'));
    loot.keep('up', 'c2', Buffer.from('other'));
    loot.keep('up', 'c1', Buffer.from('ary'));
    expect(loot.up().toString()).toBe('canaryother');
    expect(loot.down()).toHaveLength(0);
  });

  test('is bounded in each direction, keeps what came first and says how much it dropped', () => {
    const loot = new LootBag(5);
    loot.keep('up', 'c1', Buffer.from('1234567'));
    loot.keep('up', 'c2', Buffer.from('x'));
    loot.keep('down', 'c1', Buffer.from('123'));
    loot.keepWire('down', 'c1', Buffer.from('123456'));
    expect(loot.up().toString()).toBe('12345');
    expect(loot.down().toString()).toBe('123');
    expect(loot.dropped).toMatchObject({ up: 3, down: 0, wireUp: 0, wireDown: 1 });
  });

  test('holds a flood of single bytes in little more than their number', () => {
    const loot = new LootBag();
    const kept = loot.keepRequest(head, 'c1/0');
    const byte = Buffer.from('x');
    const before = process.memoryUsage();
    for (let at = 0; at < 5 * 1024 * 1024; at++) kept.add('body', 'c1/0', byte);
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.external - before.heapUsed - before.external;
    expect(loot.up()).toHaveLength(4 * 1024 * 1024);
    expect(loot.dropped.up).toBeGreaterThan(1024 * 1024);
    expect(loot.requests[0]?.body).toHaveLength(64 * 1024);
    expect(grown).toBeLessThan(64 * 1024 * 1024);
  });

  test('has room for so many entries and so much text, and counts the rest', () => {
    const loot = new LootBag();
    for (let at = 0; at < 1100; at++) {
      const authorization = [['Authorization', `Bearer ${at}`]] as const;
      loot.noteRequest({ ...head, headers: authorization });
      loot.noteAnswer(200);
      loot.keepHandshake({
        connection: 'c1',
        completed: true,
        version: null,
        alert: null,
        serverName: null,
        clientCertificateAsked: false,
        clientCertificate: null,
      });
    }
    loot.countRefusedConnection();
    expect(loot.dropped).toMatchObject({
      requests: 100,
      genuineAnswers: 100,
      handshakes: 100,
      credentials: 100,
      connections: 1,
    });
    const large = new LootBag();
    const path = `/${'x'.repeat(256 * 1024)}`;
    for (let at = 0; at < 100; at++) large.noteRequest({ ...head, path });
    expect(large.requests).toHaveLength(31);
    expect(large.dropped).toMatchObject({ requests: 69, text: 69 * (path.length + head.method.length) });
  });

  test('keeps so many streams apart', () => {
    const loot = new LootBag();
    for (let at = 0; at < 10_005; at++) loot.keep('up', `${at}`, Buffer.from('x'));
    expect(loot.up()).toHaveLength(10_000);
    expect(loot.dropped.up).toBe(5);
  });

  test('does not break a character that comes in two pieces, and leaves half of one out', () => {
    const loot = new LootBag();
    const noted = loot.noteRequest(head);
    const euro = Buffer.from('€€');
    noted.addText('stdin', euro.subarray(0, 1));
    noted.addText('stdin', euro.subarray(1, 4));
    expect(loot.requests[0]?.stdin).toBe('€');
  });

  test('reads the command line, the body and stdin of a request, all of which are also in its bytes', () => {
    const loot = new LootBag();
    const kept = loot.keepRequest(head, 'c1/0');
    kept.add('stdin', 'c1/0/1', Buffer.from('pass'));
    kept.add('stdin', 'c1/0/1', Buffer.from('word'));
    expect(loot.requests).toEqual([
      { ...head, command: ['cat', '/etc'], body: '', stdin: 'password', forwarded: '' },
    ]);
    expect(loot.up().toString()).toBe(`POST ${head.path} HTTP/1.1\r\n\r\npassword`);
  });

  test('finds bearer tokens in headers and among WebSocket subprotocols, each once', () => {
    const loot = new LootBag();
    const hidden = Buffer.from('tok2').toString('base64url');
    for (const connection of ['c1', 'c2']) {
      loot.keepRequest({ ...head, connection, headers: [['authorization', 'Bearer tok1']] }, connection);
    }
    const protocols = `v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.${hidden}`;
    loot.keepRequest({ ...head, headers: [['Sec-WebSocket-Protocol', protocols]] }, 'c3');
    loot.keepRequest({ ...head, headers: [['Authorization', 'Basic dTpw']] }, 'c4');
    expect(loot.credentials).toEqual([
      { kind: 'bearer', value: 'tok1' },
      { kind: 'bearer', value: 'tok2' },
    ]);
  });

  test('quotes what hurts most', () => {
    const loot = new LootBag();
    const kept = loot.keepRequest(head, 'c1/0');
    kept.add('stdin', 'c1/0/1', Buffer.from('hunter2\n'));
    expect(loot.quote()).toEqual([`POST ${head.path}`, 'stdin "hunter2"']);
  });

  test('quotes a refusal of the genuine endpoint, or else the alert, or nothing', () => {
    const refused = new LootBag();
    refused.noteAnswer(401).addText(Buffer.from('Unauthorized'));
    expect(refused.quote()).toEqual(['genuine answer 401 "Unauthorized"']);
    const shut = new LootBag();
    shut.keepHandshake({
      connection: 'c1',
      completed: false,
      version: 'TLSv1.3',
      alert: 'bad_certificate',
      serverName: null,
      clientCertificateAsked: true,
      clientCertificate: null,
    });
    expect(shut.quote()).toEqual(['alert bad_certificate']);
    expect(new LootBag().quote()).toEqual([]);
  });

  test('cuts what is too long to read', () => {
    const loot = new LootBag();
    loot.keepRequest({ ...head, path: `/${'a'.repeat(500)}` }, 'c1');
    expect(loot.quote()[0]?.length).toBeLessThan(140);
  });
});
