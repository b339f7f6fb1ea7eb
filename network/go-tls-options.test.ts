import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { ByteReader } from '../wire/byte-reader';
import { readExtensions } from '../wire/tls-handshake';
import { Loopback } from './secure.test.fixtures';
import { startTls } from './secure-client';

/** Lists of 16-bit numbers, as hellos are full of them. */
function numbers(bytes: Buffer | null): string[] {
  const reader = new ByteReader(bytes ?? Buffer.alloc(0));
  const found: string[] = [];
  for (let number = reader.uint(2); number !== null; number = reader.uint(2)) found.push(number.toString(16));
  return found;
}

test("our ClientHello offers what Go's does, and no resumption", async () => {
  let connected = (_hello: Promise<Buffer>): void => undefined;
  const received = new Promise<Buffer>((resolve) => {
    connected = resolve as never;
  });
  await using loopback = await Loopback.listen(({ socket }) => {
    socket.on('error', () => undefined);
    connected(once(socket, 'data').then(([bytes]) => bytes as Buffer));
  });
  const connection = await loopback.dial();
  const outcome = startTls(connection, { trust: { kind: 'verify-nobody' } });
  const reader = new ByteReader((await received).subarray(5 + 4 + 2 + 32));
  connection.socket.destroy();
  await outcome;

  reader.vector(1);
  const suites = numbers(reader.vector(2));
  reader.vector(1);
  const extensions = readExtensions(reader.vector(2) ?? Buffer.alloc(0));
  const list = (type: number): string[] =>
    numbers(new ByteReader(extensions?.get(type) ?? Buffer.alloc(0)).vector(2));
  const tls13 = ['1301', '1302', '1303'];
  const gcm = ['c02b', 'c02f', 'c02c', 'c030', 'cca9', 'cca8'];
  const cbc = ['c009', 'c013', 'c00a', 'c014'];
  expect(suites.filter((suite) => suite !== 'ff')).toEqual([...tls13, ...gcm, ...cbc]);
  // RFC 5746 §3.3: OpenSSL 3.0 says by a suite number what Go and OpenSSL 3.5 say by the extension.
  expect(suites.includes('ff') || extensions?.has(0xff01)).toBe(true);
  expect(list(10)).toEqual(['1d', '17', '18', '19']);
  expect(list(13)).toEqual(['804', '403', '807', '805', '806', '401', '501', '601', '503', '603']);
  expect(extensions?.has(0)).toBe(false);
  expect(extensions?.has(16)).toBe(false);
  // session_ticket and pre_shared_key.
  expect(extensions?.has(35)).toBe(false);
  expect(extensions?.has(41)).toBe(false);
});
