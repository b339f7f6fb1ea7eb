import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { formatResponseHead, type HeaderList, headerValue, parseRequestHead } from '../wire/http-head';
import { dataHead, SpdyDecoder, SpdyEncoder } from '../wire/spdy';
import { encodeFrame, OPCODE } from '../wire/websocket-frames';

/**
 * The endpoint of the relay benchmark on one connection, at as little cost as can be: it is the relay in the middle that is
 * measured. The first line says what is wanted: `N` for so many bytes and the end, `GET /bytes/N` for an answer of HTTP,
 * on a connection that stays; with an upgrade for N bytes on stdout, as a kubelet sends them on WebSocket or SPDY.
 */
export function answer(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  let head = '';
  socket.on('data', (bytes: Buffer) => {
    head += bytes.toString('latin1');
    if (/^\d+\n$/.test(head)) {
      sendRaw(socket, Number(head));
      return;
    }
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const request = parseRequestHead(Buffer.from(head.slice(0, end + 4), 'latin1'));
    head = '';
    if (request.kind === 'malformed-head') socket.destroy();
    else serve(socket, wantedBytes(request.target), request.headers);
  });
}

/** As io.Copy gives them to a stream (Source: io/io.go, copyBuffer). */
const CHUNK = Buffer.alloc(32 * 1024, 'x');
const CHANNEL_CHUNK = Buffer.concat([Buffer.from([1]), CHUNK]);

function wantedBytes(target: string): number {
  return Number(/\/bytes\/(\d+)/.exec(target)?.[1] ?? 0);
}

function sendRaw(socket: Duplex, bytes: number): void {
  send(
    socket,
    bytes,
    (piece) => socket.write(piece),
    () => socket.end(),
  );
}

function serve(socket: Duplex, bytes: number, headers: HeaderList): void {
  const upgrade = headerValue(headers, 'upgrade')?.toLowerCase();
  if (upgrade === 'websocket') sendChannel(socket, bytes, headers);
  else if (upgrade === 'spdy/3.1') sendSpdy(socket, bytes);
  else {
    const length = Math.max(bytes, 5);
    socket.write(
      formatResponseHead({
        status: 200,
        statusText: 'OK',
        headers: [
          ['Content-Type', 'text/plain'],
          ['Content-Length', `${length}`],
        ],
      }),
    );
    send(
      socket,
      length - 5,
      (piece) => socket.write(piece),
      () => void socket.write('done!'),
    );
  }
}

function sendChannel(socket: Duplex, bytes: number, headers: HeaderList): void {
  const key = headerValue(headers, 'sec-websocket-key') ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    formatResponseHead({
      status: 101,
      statusText: 'Switching Protocols',
      headers: [
        ['Upgrade', 'websocket'],
        ['Connection', 'Upgrade'],
        ['Sec-WebSocket-Accept', accept],
        ['Sec-WebSocket-Protocol', 'v4.channel.k8s.io'],
      ],
    }),
  );
  const frame = encodeFrame(OPCODE.binary, CHANNEL_CHUNK, { fin: true });
  send(
    socket,
    bytes,
    () => socket.write(frame),
    () => socket.end(),
  );
}

function sendSpdy(socket: Duplex, bytes: number): void {
  socket.removeAllListeners('data');
  socket.write(
    formatResponseHead({
      status: 101,
      statusText: 'Switching Protocols',
      headers: [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'SPDY/3.1'],
        ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'],
      ],
    }),
  );
  const decoder = new SpdyDecoder();
  const encoder = new SpdyEncoder();
  socket.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk)) {
      if (frame.kind !== 'syn-stream') continue;
      const { streamId } = frame;
      socket.write(encoder.encode({ kind: 'syn-reply', streamId, fin: false, headers: {} }));
      if (frame.headers['streamtype'] !== 'stdout') continue;
      send(
        socket,
        bytes,
        (piece) => {
          socket.cork();
          socket.write(dataHead(streamId, piece.length, false));
          const more = socket.write(piece);
          socket.uncork();
          return more;
        },
        () => socket.end(),
      );
    }
  });
}

/** At the pace of the other side. */
function send(socket: Duplex, bytes: number, write: (piece: Buffer) => boolean, done: () => void): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      const piece = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= piece.length;
      if (!write(piece) && left > 0) {
        socket.once('drain', more);
        return;
      }
    }
    done();
  };
  more();
}
