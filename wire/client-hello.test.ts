import { describe, expect, test } from '@jest/globals';
import { ClientHelloReader, parseClientHello } from './client-hello';
import { bytes, clientHelloRecord } from './rfc8448.test.vectors';

/** A ClientHello of TLS 1.2 whose extensions are given, in one record. */
function hello(extensions: string, suites = '0002c02f'): Buffer {
  const extensionBytes = bytes(extensions);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(extensionBytes.length);
  const body = Buffer.concat([
    bytes('0303'),
    Buffer.alloc(32, 1),
    bytes(`00${suites}0100`),
    ...(extensions === '' ? [] : [length, extensionBytes]),
  ]);
  const header = Buffer.alloc(9);
  header.writeUInt8(22);
  header.writeUInt16BE(0x0301, 1);
  header.writeUInt16BE(body.length + 4, 3);
  header.writeUInt8(1, 5);
  header.writeUIntBE(body.length, 6, 3);
  return Buffer.concat([header, body]);
}

const ALPN_H2_AND_HTTP1 = '0010000e000c02683208687474702f312e31';

describe('a ClientHello', () => {
  test('of RFC 8448 tells its server name and version', () => {
    const expected = { kind: 'client-hello', serverName: 'server', alpn: [], versions: [0x0304] };
    expect(parseClientHello(clientHelloRecord)).toEqual(expected);
  });

  test('is incomplete at every length but the last', () => {
    for (let length = 0; length < clientHelloRecord.length; length += 1) {
      expect(parseClientHello(clientHelloRecord.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
  });

  test('may be split over records, and may be followed by other bytes', () => {
    const body = clientHelloRecord.subarray(5);
    const pieces = [body.subarray(0, 3), body.subarray(3, 90), body.subarray(90)].map((piece) =>
      Buffer.concat([bytes('160301'), Buffer.from([piece.length >> 8, piece.length & 0xff]), piece]),
    );
    const all = Buffer.concat([...pieces, Buffer.from('more')]);
    expect(parseClientHello(all)).toEqual(parseClientHello(clientHelloRecord));
  });

  test('is read on from where it stopped, byte by byte and in records of one byte', () => {
    const body = clientHelloRecord.subarray(5);
    const records = [...body].flatMap((byte) => [0x16, 3, 1, 0, 1, byte]);
    for (const all of [[...clientHelloRecord], records]) {
      const reader = new ClientHelloReader();
      const seen = all.map((byte) => reader.push(Buffer.from([byte])).kind);
      expect(new Set(seen.slice(0, -1))).toEqual(new Set(['incomplete']));
      expect(reader.push(Buffer.from('more'))).toEqual(parseClientHello(clientHelloRecord));
    }
  });

  test('of the largest size, in records of one byte that come byte by byte, takes no more than a moment', () => {
    const body = Buffer.alloc(4 + 65_536);
    body.writeUInt32BE(0x01_01_00_00);
    const reader = new ClientHelloReader();
    const began = performance.now();
    let last = '';
    for (const byte of body) {
      for (const each of [0x16, 3, 1, 0, 1, byte]) last = reader.push(Buffer.from([each])).kind;
    }
    expect(last).toBe('client-hello');
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('offers protocols in its order of preference', () => {
    expect(parseClientHello(hello(ALPN_H2_AND_HTTP1))).toMatchObject({ alpn: ['h2', 'http/1.1'] });
  });

  test('without extensions has the version of its first field', () => {
    const expected = { kind: 'client-hello', serverName: null, alpn: [], versions: [0x0303] };
    expect(parseClientHello(hello(''))).toEqual(expected);
  });

  test.each([
    ['a request in plain HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
    ['one letter', Buffer.from('G')],
    ['an alert', bytes('1503030002022a')],
    ['a record of version 16 and above', bytes('1610000001')],
    ['another handshake message', bytes('160303000402000000')],
    ['an empty record, and a flood of them', bytes('1603010000'.repeat(3))],
    ['extensions that end too early', hello('00100040')],
    ['a body that ends too early', bytes('1603030006010000020303')],
    ['another record inside', Buffer.concat([bytes('160303000101'), bytes('1503030002022a')])],
  ])('is not %s', (_what, other) => {
    expect(parseClientHello(other)).toEqual({ kind: 'not-tls' });
  });
});
