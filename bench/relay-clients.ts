import { connect, type TLSSocket } from 'node:tls';
import { SpdyEncoder } from '../wire/spdy';

/** The clients of the relay benchmark: they say what has to be said, and count what comes. */
export const CONNECTIONS = 400;
export const REQUESTS = 2000;
const AT_ONCE = 8;
export const DOWNLOAD_BYTES = 128 * 1024 * 1024;

export type Protocol = 'raw' | 'http' | 'websocket' | 'spdy';

/** Full handshakes, each for one small answer. */
export async function connectMany(port: number): Promise<void> {
  let left = CONNECTIONS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await requestMany(port, 1);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Requests one after the other on a few connections that stay. */
export async function requestAll(port: number): Promise<void> {
  await Promise.all(Array.from({ length: AT_ONCE }, () => requestMany(port, REQUESTS / AT_ONCE)));
}

export async function download(port: number, protocol: Protocol): Promise<void> {
  switch (protocol) {
    case 'raw':
      return count(port, `${DOWNLOAD_BYTES}\n`, DOWNLOAD_BYTES);
    case 'http':
      return count(port, request(`/containerLogs/a/b/c/bytes/${DOWNLOAD_BYTES}`), DOWNLOAD_BYTES);
    case 'websocket':
      return count(port, request(`${EXEC}/bytes/${DOWNLOAD_BYTES}`, WEBSOCKET), DOWNLOAD_BYTES);
    case 'spdy':
      return count(port, request(`${EXEC}/bytes/${DOWNLOAD_BYTES}`, SPDY), DOWNLOAD_BYTES, (socket) => {
        const encoder = new SpdyEncoder();
        for (const [index, streamtype] of ['error', 'stdout'].entries()) {
          const streamId = 2 * index + 1;
          socket.write(encoder.encode({ kind: 'syn-stream', streamId, fin: false, headers: { streamtype } }));
        }
      });
  }
}

const EXEC = '/exec/a/b/c?command=cat&output=1&error=0';
const WEBSOCKET = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n`;
const SPDY = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n';

function request(path: string, headers = ''): string {
  return `${headers.includes('SPDY') ? 'POST' : 'GET'} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`;
}

/** Fails when fewer bytes come than these. */
function count(
  port: number,
  asked: string,
  bytes: number,
  upgraded?: (socket: TLSSocket) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    let received = 0;
    socket.on('secureConnect', () => socket.write(asked));
    if (upgraded !== undefined) socket.once('data', () => upgraded(socket));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= bytes) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () =>
      received >= bytes ? resolve() : reject(new Error(`${received} of ${bytes} bytes arrived`)),
    );
  });
}

/** What the endpoint says last of an answer, and what ends it when it was chunked on the way. */
const WHOLE = /\r\n\r\ndone!$|done!\r\n0\r\n\r\n$/;

function requestMany(port: number, times: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    let left = times;
    let heard = '';
    const ask = (): void => {
      heard = '';
      socket.write(request('/bytes/0'));
    };
    socket.on('secureConnect', ask);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      if (!WHOLE.test(heard)) return;
      left -= 1;
      if (left > 0) ask();
      else socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () =>
      left === 0 ? resolve() : reject(new Error(`${left} of ${times} answers did not come: ${heard}`)),
    );
  });
}
