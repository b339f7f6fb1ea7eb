import { duplexPair } from 'node:stream';
import { connect, createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { makePair } from '../network/secure.test.fixtures';
import { nextTrafficSecret, sealRecord, trafficKeys } from './tls-keys';
import { APPLICATION_DATA, HANDSHAKE, readRecord } from './tls-records';
import { type Direction, type SessionPiece, TlsSession } from './tls-session';

const server = makePair('node-1');
const client = makePair('admin');

interface Tapped {
  readonly wire: readonly (readonly [Direction, Buffer])[];
  readonly keyLog: readonly string[];
}

/** A request and an answer over real TLS, with all that passed and what the client learned. */
async function talk(options: SecureContextOptions = {}, large = 0): Promise<Tapped> {
  const [near, nearWire] = duplexPair();
  const [far, farWire] = duplexPair();
  const wire: [Direction, Buffer][] = [];
  const keyLog: string[] = [];
  nearWire.on('data', (bytes: Buffer) => {
    wire.push(['up', bytes]);
    farWire.write(bytes);
  });
  farWire.on('data', (bytes: Buffer) => {
    wire.push(['down', bytes]);
    nearWire.write(bytes);
  });
  const answering = new TLSSocket(far, {
    isServer: true,
    requestCert: true,
    rejectUnauthorized: false,
    secureContext: createSecureContext({ key: server.keyPem, cert: server.certPem, ...options }),
  });
  answering.on('data', () => answering.write(`the answer${'.'.repeat(large)}`));
  const asking = connect({
    socket: near,
    key: client.keyPem,
    cert: client.certPem,
    rejectUnauthorized: false,
    ...options,
  });
  asking.on('keylog', (line: Buffer) => keyLog.push(line.toString('latin1').trim()));
  const answered = new Promise<void>((resolve) => {
    let got = 0;
    asking.on('data', (bytes: Buffer) => {
      got += bytes.length;
      if (got === 10 + large) resolve();
    });
  });
  asking.write('the question');
  await answered;
  asking.destroy();
  answering.destroy();
  return { wire, keyLog };
}

function read({ wire, keyLog }: Tapped, cut: (bytes: Buffer) => Buffer[] = (bytes) => [bytes]) {
  const session = new TlsSession(keyLog);
  const pieces = wire.flatMap(([direction, bytes]) =>
    cut(bytes).flatMap((part) => session.push(direction, part).map((piece) => ({ direction, piece }))),
  );
  const said = (wanted: Direction): string =>
    pieces.map(({ direction, piece }) => (direction === wanted ? textOf(piece) : '')).join('');
  const shown = pieces.flatMap(({ direction, piece }) =>
    piece.kind === 'certificates' ? [[direction, piece.chain.length]] : [],
  );
  const sealed = pieces.filter(({ piece }) => piece.kind === 'sealed').length;
  return { up: said('up'), down: said('down'), shown, sealed };
}

function textOf(piece: SessionPiece): string {
  return piece.kind === 'said' ? piece.bytes.toString() : '';
}

const both = [
  ['down', 1],
  ['up', 1],
];

describe('a TLS session that is read afterwards', () => {
  test.each<[string, SecureContextOptions]>([
    ['TLS 1.3 with AES-128', { ciphers: 'TLS_AES_128_GCM_SHA256' }],
    ['TLS 1.3 with AES-256', { ciphers: 'TLS_AES_256_GCM_SHA384' }],
    ['TLS 1.3 with ChaCha20', { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }],
  ])('says what was said in %s, and who showed a certificate', async (_, options) => {
    const tapped = await talk({ minVersion: 'TLSv1.3', ...options });
    expect(read(tapped)).toEqual({ up: 'the question', down: 'the answer', shown: both, sealed: 0 });
  });

  test.each([
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
  ])('says what was said in TLS 1.2 with %s', async (ciphers) => {
    const tapped = await talk({ maxVersion: 'TLSv1.2', ciphers });
    expect(read(tapped)).toEqual({ up: 'the question', down: 'the answer', shown: both, sealed: 0 });
  });

  test('reads records that come in pieces', async () => {
    const tapped = await talk({}, 40_000);
    const { down, sealed } = read(tapped, (bytes) => [bytes.subarray(0, 3), bytes.subarray(3)]);
    expect([down.length, sealed]).toEqual([40_010, 0]);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'says nothing of %s without its keys, but that something passed',
    async (version) => {
      const { wire, keyLog } = await talk({ maxVersion: version });
      const other = keyLog.map((line) => line.replace(/ [0-9a-f]{8}/, ' 00000000'));
      const { up, down, sealed } = read({ wire, keyLog: other });
      expect([up, down]).toEqual(['', '']);
      expect(sealed).toBeGreaterThan(1);
    },
  );

  test('opens nothing any more where bytes are missing', async () => {
    const { wire, keyLog } = await talk();
    const session = new TlsSession(keyLog);
    const half = wire.findIndex(([direction]) => direction === 'down') + 1;
    for (const [direction, bytes] of wire.slice(0, half)) session.push(direction, bytes);
    session.lose('down');
    const rest = wire.slice(half).flatMap(([direction, bytes]) => session.push(direction, bytes));
    expect(rest.filter((piece) => piece.kind === 'said').map(textOf)).toEqual(['the question']);
    expect(rest.some(({ kind }) => kind === 'sealed')).toBe(true);
  });

  test('goes on with the next keys behind a KeyUpdate', async () => {
    const { wire, keyLog } = await talk({ ciphers: 'TLS_AES_128_GCM_SHA256', minVersion: 'TLSv1.3' });
    const session = new TlsSession(keyLog);
    const sentUp = wire.filter(([direction]) => direction === 'up').flatMap(([, bytes]) => recordsOf(bytes));
    for (const [direction, bytes] of wire) session.push(direction, bytes);
    const line = keyLog.find((it) => it.startsWith('CLIENT_TRAFFIC_SECRET_0 ')) ?? '';
    const secret = Buffer.from(line.split(' ')[2] ?? '', 'hex');
    const keys = trafficKeys(0x1301, secret);
    const next = nextTrafficSecret(0x1301, secret);
    const nextKeys = next === null ? null : trafficKeys(0x1301, next);
    if (keys === null || nextKeys === null) throw new Error('no keys');
    // How many records the client's application keys have sealed: those behind its Finished, which ends its flight.
    const sealedSoFar =
      sentUp.filter((type) => type === APPLICATION_DATA).length - handshakeRecords(wire, keyLog);
    const update = sealRecord(keys, sealedSoFar, HANDSHAKE, Buffer.from([24, 0, 0, 1, 0]));
    const later = sealRecord(nextKeys, 0, APPLICATION_DATA, Buffer.from('afterwards'));
    expect(session.push('up', Buffer.concat([update, later])).map(textOf)).toEqual(['afterwards']);
  });
});

function recordsOf(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const record = readRecord(bytes, at);
    if (record === null) return types;
    types.push(record.type);
    at += record.bytes.length;
  }
  return types;
}

/** Of the client, sealed with its handshake keys: all that are no application data of the session. */
function handshakeRecords(wire: Tapped['wire'], keyLog: readonly string[]): number {
  const session = new TlsSession(keyLog);
  let said = 0;
  let sealed = 0;
  for (const [direction, bytes] of wire) {
    const pieces = session.push(direction, bytes);
    if (direction !== 'up') continue;
    said += pieces.filter(({ kind }) => kind === 'said').length;
    sealed += recordsOf(bytes).filter((type) => type === APPLICATION_DATA).length;
  }
  return sealed - said;
}
