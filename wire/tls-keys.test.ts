import { describe, expect, test } from '@jest/globals';
import * as rfc8448 from './rfc8448.test.vectors';
import { openRecord, sealRecord, trafficKeys } from './tls-keys';
import { ALERT, HANDSHAKE, readRecord, type TlsRecord } from './tls-records';

const AES_128 = 0x1301;

function keysOf(secret: Buffer, suite = AES_128) {
  const keys = trafficKeys(suite, secret);
  if (keys === null) throw new Error('no keys');
  return keys;
}

function record(bytes: Buffer): TlsRecord {
  const found = readRecord(bytes);
  if (found === null) throw new Error('incomplete');
  return found;
}

describe('the keys of RFC 8448', () => {
  const keys = keysOf(rfc8448.serverHandshakeSecret);

  test('come out of the traffic secret', () => {
    expect(keys).toEqual({
      cipher: 'aes-128-gcm',
      key: rfc8448.serverHandshakeKey,
      iv: rfc8448.serverHandshakeIv,
    });
  });

  test('open the flight of the server', () => {
    const opened = openRecord(keys, 0, record(rfc8448.serverFlightRecord));
    expect(opened?.type).toBe(HANDSHAKE);
    expect(opened?.content).toHaveLength(657);
  });

  test('do not open it under another sequence number, nor with a changed byte', () => {
    const changed = Buffer.from(rfc8448.serverFlightRecord);
    changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
    expect(openRecord(keys, 1, record(rfc8448.serverFlightRecord))).toBeNull();
    expect(openRecord(keys, 0, record(changed))).toBeNull();
  });

  test('seal an alert as the client did', () => {
    const sealed = sealRecord(keysOf(rfc8448.clientApplicationSecret), 1, ALERT, Buffer.from([1, 0]));
    expect(sealed).toEqual(rfc8448.clientCloseNotifyRecord);
  });
});

test.each([
  [0x1301, 32],
  [0x1302, 48],
  [0x1303, 32],
])('what suite %i seals, it opens', (suite, secretLength) => {
  const keys = keysOf(Buffer.alloc(secretLength, 7), suite);
  const content = Buffer.from([2, 42]);
  expect(openRecord(keys, 3, record(sealRecord(keys, 3, ALERT, content)))).toEqual({ type: ALERT, content });
});

test('padding is taken off, and a record of nothing but padding is refused', () => {
  const keys = keysOf(Buffer.alloc(32, 7));
  const padded = sealRecord(keys, 0, 0, Buffer.from([1, 2, ALERT, 0, 0]));
  expect(openRecord(keys, 0, record(padded))).toEqual({ type: ALERT, content: Buffer.from([1, 2]) });
  expect(openRecord(keys, 0, record(sealRecord(keys, 0, 0, Buffer.alloc(4))))).toBeNull();
  expect(openRecord(keys, 0, record(rfc8448.bytes('1703030004deadbeef')))).toBeNull();
});

test('a suite that is not of TLS 1.3 has no traffic keys', () => {
  expect(trafficKeys(0xc02f, Buffer.alloc(32))).toBeNull();
});
