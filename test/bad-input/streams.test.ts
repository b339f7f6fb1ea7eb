import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hear, openSockets, request, startVictim, type Victim } from './hostile.fixture';

/** Upgrades that go nowhere, frames that are none, and clients that leave in the middle: the lab stays as it was. */
let victim: Victim;
beforeAll(async () => {
  victim = await startVictim();
}, 30_000);
afterAll(async () => {
  await victim?.[Symbol.asyncDispose]();
});

const box = '/api/v1/namespaces/default/pods/box';
const exec = `${box}/exec?command=cat&container=box&stdin=true&stdout=true&stderr=true`;
const spdy = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1' };
const webSocket = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** Opens a session of this sort and hands over the connection behind the 101. */
async function upgraded(head: Buffer): Promise<Duplex> {
  const socket = await victim.connect();
  socket.write(head);
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      seen += chunk.toString('latin1');
      if (!seen.includes('\r\n\r\n')) return;
      socket.off('data', take);
      if (seen.startsWith('HTTP/1.1 101')) resolve();
      else reject(new Error(seen));
    };
    socket.on('data', take);
    socket.once('close', () => reject(new Error(`closed after ${seen}`)));
  });
  return socket;
}

const openings: readonly (readonly [what: string, head: Buffer])[] = [
  ['exec by SPDY', request(`POST ${exec}`, { ...spdy, 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' })],
  [
    'exec by WebSocket v5',
    request(`GET ${exec}`, { ...webSocket, 'Sec-WebSocket-Protocol': 'v5.channel.k8s.io' }),
  ],
  [
    'exec by WebSocket v4',
    request(`GET ${exec}`, { ...webSocket, 'Sec-WebSocket-Protocol': 'v4.channel.k8s.io' }),
  ],
  [
    'exec in base64',
    request(`GET ${exec}`, { ...webSocket, 'Sec-WebSocket-Protocol': 'v4.base64.channel.k8s.io' }),
  ],
  [
    'port-forward by SPDY',
    request(`POST ${box}/portforward`, { ...spdy, 'X-Stream-Protocol-Version': 'portforward.k8s.io' }),
  ],
  [
    'port-forward through the tunnel',
    request(`GET ${box}/portforward`, {
      ...webSocket,
      'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io',
    }),
  ],
  [
    'port-forward by the old WebSocket protocol',
    request(`GET ${box}/portforward?ports=8080`, {
      ...webSocket,
      'Sec-WebSocket-Protocol': 'v4.channel.k8s.io',
    }),
  ],
];

describe('an upgrade', () => {
  test.each([
    ['without a protocol', { ...spdy }, 'POST', [200, 400, 403]],
    [
      'to a protocol nobody knows',
      { ...spdy, 'X-Stream-Protocol-Version': 'v9.channel.k8s.io' },
      'POST',
      [403],
    ],
    ['to something else', { Connection: 'Upgrade', Upgrade: 'h2c' }, 'POST', [400, 403, 500]],
    [
      'to a WebSocket subprotocol nobody knows',
      { ...webSocket, 'Sec-WebSocket-Protocol': 'chat' },
      'GET',
      [400, 403],
    ],
    [
      'to a WebSocket without a key',
      { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'v5.channel.k8s.io' },
      'GET',
      [400, 426],
    ],
    ['of another WebSocket version', { ...webSocket, 'Sec-WebSocket-Version': '7' }, 'GET', [400, 403, 426]],
  ])('%s is answered and refused', async (_what, headers, method, allowed) => {
    const heard = await victim.say(request(`${method} ${exec}`, headers));
    expect(allowed).toContain(heard.status);
    expect(await victim.alive()).toBe(true);
  });

  test('of a path that has none is an ordinary request', async () => {
    const heard = await victim.say(request('GET /version', webSocket));
    expect(heard.status).toBe(200);
  });
});

describe.each(openings)('%s', (_what, head) => {
  test('whose client leaves at once leaves nothing behind', async () => {
    expect(await victim.alive()).toBe(true);
    const before = openSockets();
    const sockets = await Promise.all(Array.from({ length: 10 }, () => upgraded(head)));
    expect(openSockets()).toBeGreaterThan(before);
    for (const socket of sockets) socket.destroy();
    await victim.settled(before);
    expect(await victim.alive()).toBe(true);
  });

  test('whose client ends its side and says nothing is no burden', async () => {
    const socket = await upgraded(head);
    socket.end();
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.resume();
    });
    expect(await victim.alive()).toBe(true);
  });

  test('takes any bytes for what they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
        const socket = await upgraded(head);
        const heard = hear(socket, Buffer.from(bytes));
        socket.end();
        await heard;
      }),
      { numRuns: 25 },
    );
    expect(await victim.alive()).toBe(true);
  }, 60_000);
});

describe('frames', () => {
  const data = (streamId: number, bytes: Buffer): Buffer => {
    const frame = Buffer.alloc(8 + bytes.length);
    frame.writeUInt32BE(streamId, 0);
    frame.writeUIntBE(bytes.length, 5, 3);
    bytes.copy(frame, 8);
    return frame;
  };
  const control = (type: number, payload: Buffer, length = payload.length): Buffer => {
    const frame = Buffer.alloc(8);
    frame.writeUInt16BE(0x8003, 0);
    frame.writeUInt16BE(type, 2);
    frame.writeUIntBE(length, 5, 3);
    return Buffer.concat([frame, payload]);
  };
  const [, spdyExec] = openings[0] ?? ['', Buffer.alloc(0)];
  const [, v5] = openings[1] ?? ['', Buffer.alloc(0)];

  test.each([
    ['data for a stream that was never opened', data(99, Buffer.from('hello'))],
    ['a frame of the greatest length, and no more of it', control(1, Buffer.alloc(10), 0xffffff)],
    ['headers that do not inflate', control(1, Buffer.from('00000001000000000000deadbeefdeadbeef', 'hex'))],
    ['a stream id of our own parity', control(1, Buffer.from('000000020000000000000000', 'hex'))],
    [
      'ten thousand pings',
      Buffer.concat(Array.from({ length: 10_000 }, () => control(6, Buffer.from('00000001', 'hex')))),
    ],
    ['a control frame of another version', Buffer.from('8002000100000000', 'hex')],
    [
      'types that do not exist',
      Buffer.concat(Array.from({ length: 50 }, (_, at) => control(at + 20, Buffer.alloc(4)))),
    ],
  ])('SPDY: %s do no harm', async (_what, bytes) => {
    const socket = await upgraded(spdyExec);
    const heard = hear(socket, bytes);
    socket.end();
    await heard;
    expect(await victim.alive()).toBe(true);
  });

  test.each([
    ['unmasked', Buffer.from('820568656c6c6f', 'hex')],
    ['with reserved bits', Buffer.from('f2850000000068656c6c6f', 'hex')],
    ['of a size beyond reason', Buffer.from('82ff7fffffffffffffff00000000', 'hex')],
    ['fragmented control frames', Buffer.from('098000000000', 'hex')],
    ['text where bytes belong', Buffer.from('81850000000068656c6c6f', 'hex')],
    ['an empty message without a channel', Buffer.from('828000000000', 'hex')],
    ['a close of a channel that does not exist', Buffer.from('828200000000ff63', 'hex')],
    ['a resize that is no JSON', Buffer.from('828300000000047b7b', 'hex')],
  ])('WebSocket: %s do no harm', async (_what, bytes) => {
    const socket = await upgraded(v5);
    const heard = hear(socket, bytes);
    socket.end();
    await heard;
    expect(await victim.alive()).toBe(true);
  });

  test('a session that is never read holds back its command, and memory stays bounded', async () => {
    const endless = `${box}/exec?command=yes&container=box&stdout=true`;
    const before = process.memoryUsage().rss;
    const sockets = await Promise.all(
      Array.from({ length: 5 }, () =>
        upgraded(request(`GET ${endless}`, { ...webSocket, 'Sec-WebSocket-Protocol': 'v5.channel.k8s.io' })),
      ),
    );
    for (const socket of sockets) socket.pause();
    for (let asked = 0; asked < 20; asked += 1) expect(await victim.alive()).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
    for (const socket of sockets) socket.destroy();
    expect(await victim.alive()).toBe(true);
  }, 30_000);
});
