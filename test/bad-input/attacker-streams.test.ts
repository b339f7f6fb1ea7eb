import type { Socket } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SpdyEncoder } from '../../wire/spdy';
import { encodeFrame, OPCODE } from '../../wire/websocket-frames';
import {
  type Attacked,
  type Genuine,
  genuineHttps,
  genuineSockets,
  say,
  startAttacked,
} from './attacked.fixture';

/** Floods in SPDY and WebSocket, and bodies that grow: the attacker holds no more of them than it may. */
let attacked: Attacked;
let genuine: Genuine;
beforeAll(async () => {
  [attacked, genuine] = await Promise.all([startAttacked(), genuineHttps()]);
}, 30_000);
afterAll(async () => {
  await genuine?.[Symbol.asyncDispose]();
  await attacked?.[Symbol.asyncDispose]();
});
afterEach(() => expect(attacked.ended).toBeNull());

const MIB = 1024 * 1024;
/** Ten thousand streams, half of them of the attacker towards the genuine endpoint, are the dearest. */
const MOST_HELD = 80 * MIB;
const EXEC = '/exec/a/b/c?command=cat&input=1&output=1';
const SPDY = `POST ${EXEC} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n`;
const WEBSOCKET = `GET ${EXEC} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n`;

/** Upgrades whoever asks, reads everything and says nothing. */
function silentEndpoint(): Promise<Genuine> {
  return genuineSockets((socket) => {
    socket.once('data', (asked) => {
      const webSocket = `${asked}`.includes('websocket');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${
          webSocket
            ? 'Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: v4.channel.k8s.io'
            : 'Upgrade: SPDY/3.1'
        }\r\n\r\n`,
      );
      socket.resume();
    });
  });
}

function frames(times: number, frame: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => frame));
}

function control(type: number, ...words: number[]): Buffer {
  const frame = Buffer.alloc(8 + 4 * words.length);
  frame.writeUInt16BE(0x8003, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE(4 * words.length, 4);
  for (const [index, word] of words.entries()) frame.writeUInt32BE(word >>> 0, 8 + 4 * index);
  return frame;
}

function synStreams(count: number, headers: Record<string, string>, first = 1): Buffer {
  const encoder = new SpdyEncoder();
  return Buffer.concat(
    Array.from({ length: count }, (_, index) =>
      encoder.encode({ kind: 'syn-stream', streamId: first + 2 * index, fin: false, headers }),
    ),
  );
}

/** One stream whose header block is a quarter of a megabyte of nothing, in under a kilobyte. */
function headerBombs(count: number): Buffer {
  const name = Buffer.from('a');
  const value = Buffer.alloc(250 * 1024, 'x');
  const sized = (bytes: Buffer): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    return Buffer.concat([size, bytes]);
  };
  const block = Buffer.concat([Buffer.from([0, 0, 0, 1]), sized(name), sized(value)]);
  const whole = deflateSync(block, { finishFlush: 2 });
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      // Behind the first the zlib stream goes on without its head.
      const compressed = index === 0 ? whole : whole.subarray(2);
      const head = Buffer.alloc(18);
      head.writeUInt32BE(0x8003_0001, 0);
      head.writeUInt32BE(10 + compressed.length, 4);
      head.writeUInt32BE(1 + 2 * index, 8);
      return Buffer.concat([head, compressed]);
    }),
  );
}

function masked(opcode: number, payload: Buffer | string, fin = true): Buffer {
  return encodeFrame(opcode, Buffer.from(payload), { fin, mask: Buffer.from([1, 2, 3, 4]) });
}

/** Says it again and again, reading nothing, until so much is on its way or the attacker has hung up. */
async function pour(socket: Socket, piece: Buffer, total: number): Promise<void> {
  socket.pause();
  let said = 0;
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    // A peer that reads no more has done what it should.
    const stuck = setTimeout(resolve, 1500);
    const more = (): void => {
      stuck.refresh();
      while (said < total && !socket.destroyed) {
        said += piece.length;
        if (!socket.write(piece)) {
          socket.once('drain', more);
          return;
        }
      }
      clearTimeout(stuck);
      socket.write(Buffer.alloc(0), () => resolve());
    };
    more();
  });
}

const spdyFloods: readonly (readonly [what: string, piece: Buffer, total: number])[] = [
  ['pings', frames(4096, control(6, 1)), 12 * MIB],
  ['settings', frames(4096, control(4, 0)), 8 * MIB],
  ['resets of streams that are not there', frames(4096, control(3, 1, 5)), 8 * MIB],
  [
    'windows of nothing and of everything',
    frames(2048, Buffer.concat([control(9, 1, 0), control(9, 1, -1)])),
    8 * MIB,
  ],
  ['streams', synStreams(20_000, { streamtype: 'stdin' }), MIB],
  ['streams whose numbers do not grow', synStreams(3000, { streamtype: 'stdin' }, 1), 2 * MIB],
  ['headers that grow when they are inflated', headerBombs(3000), MIB],
  ['empty data', frames(4096, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])), 8 * MIB],
  [
    'data of a stream that is not there',
    frames(64, Buffer.concat([Buffer.from([0, 0, 0, 9, 0, 0, 0x40, 0]), Buffer.alloc(0x4000)])),
    32 * MIB,
  ],
];
const webSocketFloods: readonly (readonly [what: string, piece: Buffer, total: number])[] = [
  ['pings', frames(512, masked(OPCODE.ping, Buffer.alloc(125))), 24 * MIB],
  ['fragments of one byte', frames(8192, masked(OPCODE.continuation, 'x', false)), 16 * MIB],
  ['fragments of nothing', frames(8192, masked(OPCODE.continuation, '', false)), 8 * MIB],
  ['a frame without end', Buffer.alloc(MIB), 64 * MIB],
  [
    'messages of one byte on every channel',
    Buffer.concat(
      Array.from({ length: 256 }, (_, channel) => masked(OPCODE.binary, Buffer.from([channel, 65]))),
    ),
    8 * MIB,
  ],
  ['text that is no UTF-8', frames(1024, masked(OPCODE.text, Buffer.from([0xff, 0xfe, 0xc0]))), MIB],
];
/** What makes the flood a part of something: the beginning of a message, or the head of a frame of 2^62 bytes. */
const beginnings: Readonly<Record<string, Buffer>> = {
  'fragments of one byte': masked(OPCODE.binary, '\0', false),
  'fragments of nothing': masked(OPCODE.binary, '\0', false),
  'a frame without end': Buffer.from([0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
};

describe.each(['impersonate', 'relay'] as const)('under %s', (mode) => {
  test.each([
    ...spdyFloods.map((it) => ['SPDY', SPDY, ...it] as const),
    ...webSocketFloods.map((it) => ['WebSocket', WEBSOCKET, ...it] as const),
  ])(
    '%s: %#: a flood is held within bounds',
    async (_by, asked, what, piece, total) => {
      await using endpoint = await silentEndpoint();
      await using attack = await attacked.attack(mode, endpoint.port);
      const before = await attacked.memory();
      const socket = await attack.dial();
      await new Promise<void>((resolve) => {
        socket.once('data', () => resolve());
        socket.write(asked);
      });
      const beginning = beginnings[what];
      if (beginning !== undefined) socket.write(beginning);
      await pour(socket, piece, total);
      const grown = (await attacked.memory()) - before;
      expect({ what, tooMuch: grown > MOST_HELD ? grown : 0 }).toEqual({ what, tooMuch: 0 });
      socket.destroy();
      await attack.withdraw();
    },
    30_000,
  );
});

describe('a relay', () => {
  test('unpacks what grows a thousandfold at the pace of the victim, and keeps no more than it may', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * MIB, 'x'));
    await using endpoint = await genuineSockets((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
        socket.write(bomb);
      });
    });
    await using attack = await attacked.attack('relay', endpoint.port);
    const before = await attacked.memory();
    const socket = await attack.dial();
    socket.pause();
    socket.write('GET /containerLogs/a/b/c HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise<void>((resolve) => {
      socket.once('readable', () => resolve());
    });
    expect((await attacked.memory()) - before).toBeLessThan(32 * MIB);
    socket.destroy();
    await attack.withdraw();
  }, 30_000);

  test('serves the next in good faith after all of these', async () => {
    await using attack = await attacked.attack('relay', genuine.port);
    const heard = await say(await attack.dialTls(), 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n', /pong 0/);
    expect(heard).toContain('pong 0');
  });
});
