import { describe, expect, test } from '@jest/globals';
import * as rfc8448 from './rfc8448.test.vectors';
import { sealRecord, type TrafficKeys, trafficKeys } from './tls-keys';
import { type FlightStep, ServerFlight } from './tls-server-flight';

const secret = Buffer.alloc(32, 9);
const keys = trafficKeys(0x1301, secret) as TrafficKeys;
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function u24(value: number): Buffer {
  return Buffer.concat([Buffer.from([value >> 16]), u16(value & 0xffff)]);
}

function record(type: number, ...content: Buffer[]): Buffer {
  const fragment = Buffer.concat(content);
  return Buffer.concat([Buffer.from([type, 3, 3]), u16(fragment.length), fragment]);
}

function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), u24(body.length), body]);
}

function serverHello(version: number, random = 'aa'.repeat(32)): Buffer {
  const chosen =
    version > 0x0303
      ? rfc8448.bytes(`0006002b0002${version.toString(16).padStart(4, '0')}`)
      : Buffer.alloc(0);
  const legacy = u16(Math.min(version, 0x0303));
  return message(2, Buffer.concat([legacy, rfc8448.bytes(random), rfc8448.bytes('00130100'), chosen]));
}

const leaf = Buffer.from('a leaf');
const other = Buffer.from('another certificate');

function certificates12(...ders: Buffer[]): Buffer {
  const list = Buffer.concat(ders.map((der) => Buffer.concat([u24(der.length), der])));
  return message(11, Buffer.concat([u24(list.length), list]));
}

function certificates13(...ders: Buffer[]): Buffer {
  const list = Buffer.concat(ders.map((der) => Buffer.concat([u24(der.length), der, u16(0)])));
  return message(11, Buffer.concat([Buffer.from([0]), u24(list.length), list]));
}

const encryptedExtensions = message(8, u16(0));
const certificateRequest = message(13, Buffer.from([0, 0, 0]));

/** Feeds the bytes one piece after the other and lists what the flight says until it has no more to say. */
function read(pieces: Buffer[], flight = new ServerFlight()): FlightStep[] {
  const steps: FlightStep[] = [];
  for (const piece of pieces) {
    flight.add(piece);
    for (let step = flight.next(secret); step !== null; step = flight.next(secret)) {
      steps.push(step);
      if (step.kind !== 'server-hello') return steps;
    }
  }
  return steps;
}

function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.from([byte]));
}

const unexpected = { kind: 'violation', alert: 10, text: 'local error: tls: unexpected message' };

describe('the first flight of a TLS 1.2 server', () => {
  const hello = serverHello(0x0303);
  const whole = Buffer.concat([
    record(22, hello),
    record(22, certificates12(leaf, other)),
    record(22, Buffer.from('..')),
  ]);

  test.each([
    ['in three records', [whole]],
    ['byte by byte', byteByByte(whole)],
    [
      'with all messages in one record',
      [record(22, hello, certificates12(leaf, other), message(14, Buffer.alloc(0)))],
    ],
    [
      'with a certificate message split over records',
      [
        record(22, hello, certificates12(leaf, other).subarray(0, 9)),
        record(22, certificates12(leaf, other).subarray(9)),
      ],
    ],
  ])('%s shows its certificates, and nothing is let through before', (_how, pieces) => {
    const flight = new ServerFlight();
    expect(read(pieces, flight)).toEqual([
      { kind: 'certificates', version: 'TLSv1.2', chain: [leaf, other] },
    ]);
    const all = Buffer.concat(pieces);
    const held = flight.takeHeld();
    expect(held).toEqual(all.subarray(0, held.length));
    expect(flight.insideRecord).toBe(false);
  });

  test.each([
    ['a session is resumed', record(20, Buffer.from([1])), unexpected],
    ['no certificate is in the list', record(22, certificates12()), unexpected],
    ['the list is cut short', record(22, message(11, rfc8448.bytes('000009000006'))), unexpected],
    ['the key exchange comes first', record(22, message(12, Buffer.alloc(4))), unexpected],
    ['application data comes', record(23, Buffer.alloc(32)), unexpected],
    ['a fatal alert comes', record(21, Buffer.from([2, 80])), { kind: 'alert-received', alert: 80 }],
    ['it says good-bye', record(21, Buffer.from([1, 0])), { kind: 'alert-received', alert: 0 }],
    ['half an alert comes', record(21, Buffer.from([2])), unexpected],
  ])('when %s, says so', (_what, next, expected) => {
    expect(read([record(22, hello), next])).toEqual([expected]);
  });

  test('goes on after a warning', () => {
    const pieces = [record(22, hello), record(21, Buffer.from([1, 112])), record(22, certificates12(leaf))];
    expect(read(pieces)).toEqual([{ kind: 'certificates', version: 'TLSv1.2', chain: [leaf] }]);
  });
});

describe('the first flight of a TLS 1.3 server', () => {
  const hello = record(22, serverHello(0x0304));
  const helloStep = { kind: 'server-hello', bytes: hello, cipherSuite: 0x1301, retry: false };
  const ccs = record(20, Buffer.from([1]));

  test('of RFC 8448 shows its certificate', () => {
    const flight = new ServerFlight();
    flight.add(Buffer.concat([rfc8448.serverHelloRecord, rfc8448.serverFlightRecord]));
    expect(flight.next(null)).toMatchObject({ kind: 'server-hello', bytes: rfc8448.serverHelloRecord });
    expect(flight.next(null)).toBeNull();
    const step = flight.next(rfc8448.serverHandshakeSecret);
    expect(step).toMatchObject({ kind: 'certificates', version: 'TLSv1.3' });
    expect(step?.kind === 'certificates' && step.chain.map((der) => der.length)).toEqual([432]);
    expect(flight.takeHeld()).toEqual(rfc8448.serverFlightRecord);
  });

  test('lets its hello through, and holds the rest until the certificates are read', () => {
    const sealed = [
      sealRecord(keys, 0, 22, encryptedExtensions),
      sealRecord(
        keys,
        1,
        22,
        Buffer.concat([certificateRequest, certificates13(leaf, other).subarray(0, 20)]),
      ),
      sealRecord(keys, 2, 22, certificates13(leaf, other).subarray(20)),
    ];
    const flight = new ServerFlight();
    expect(read(byteByByte(Buffer.concat([hello, ccs, ...sealed])), flight)).toEqual([
      helloStep,
      { kind: 'certificates', version: 'TLSv1.3', chain: [leaf, other] },
    ]);
    expect(flight.takeHeld()).toEqual(Buffer.concat([ccs, ...sealed]));
  });

  test('may ask for another ClientHello first', () => {
    const retry = record(22, serverHello(0x0304, RETRY_RANDOM));
    const sealed = sealRecord(keys, 0, 22, Buffer.concat([encryptedExtensions, certificates13(leaf)]));
    expect(read([Buffer.concat([retry, ccs]), hello, sealed])).toMatchObject([
      { ...helloStep, bytes: retry, retry: true },
      { ...helloStep, bytes: Buffer.concat([ccs, hello]) },
      { kind: 'certificates', chain: [leaf] },
    ]);
  });

  test.each([
    [
      'resumes a session',
      sealRecord(keys, 0, 22, Buffer.concat([encryptedExtensions, message(20, Buffer.alloc(32))])),
      unexpected,
    ],
    [
      'shows an empty list',
      sealRecord(keys, 0, 22, certificates13()),
      { kind: 'violation', alert: 50, text: 'tls: received empty certificates message' },
    ],
    [
      'sends an alert',
      sealRecord(keys, 0, 21, Buffer.from([2, 112])),
      { kind: 'alert-received', alert: 112 },
    ],
    ['sends an alert in clear', record(21, Buffer.from([2, 40])), { kind: 'alert-received', alert: 40 }],
    ['shows its certificate in clear', record(22, certificates13(leaf)), unexpected],
    ['sends data', sealRecord(keys, 0, 23, Buffer.from('data')), unexpected],
    [
      'uses other keys',
      sealRecord(keys, 5, 22, certificates13(leaf)),
      { kind: 'violation', alert: 20, text: 'local error: tls: bad record MAC' },
    ],
  ])('that %s is not believed', (_what, next, expected) => {
    expect(read([hello, next])).toEqual([helloStep, expected]);
  });
});

describe('the first bytes of a peer', () => {
  test.each([
    ['HTTP/1.1 400 Bad Request', { kind: 'not-tls', header: Buffer.from('HTTP/') }],
    ['SSH-2.0', { kind: 'not-tls', header: Buffer.from('SSH-2') }],
  ])('%j are not TLS', (text, expected) => {
    expect(read([Buffer.from(text)])).toEqual([expected]);
  });

  test('are too few to tell', () => {
    const flight = new ServerFlight();
    expect(read([Buffer.from('HTT')], flight)).toEqual([]);
    expect(flight.insideRecord).toBe(true);
  });

  test.each([
    [record(22, serverHello(0x0302)), 70, 'tls: server selected unsupported protocol version 302'],
    [record(22, serverHello(0x0305)), 70, 'tls: server selected unsupported protocol version 305'],
    [record(22, serverHello(0x0304), encryptedExtensions), 10, unexpected.text],
    [record(22, message(2, Buffer.alloc(3))), 10, unexpected.text],
    [record(22, certificates12(leaf)), 10, unexpected.text],
    [Buffer.from('160303ffff', 'hex'), 22, 'tls: oversized record received with length 65535'],
    [
      record(22, rfc8448.bytes('02ffffff')),
      80,
      'tls: handshake message of length 16777215 bytes exceeds maximum of 65536 bytes',
    ],
  ])('break the protocol (%#)', (bytes, alert, text) => {
    expect(read([bytes])).toEqual([{ kind: 'violation', alert, text }]);
  });
});
