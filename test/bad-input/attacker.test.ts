import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_CONNECTIONS } from '../../attacker/limits';
import {
  type Attacked,
  type Genuine,
  genuineHttps,
  genuineSockets,
  say,
  startAttacked,
} from './attacked.fixture';

/** Victims and endpoints that mean harm to the attacker: its process lives, and serves the next in good faith. */
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
const CROWD = 2200;
const GET = 'GET /containerLogs/a/b/c HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const modes = ['tap', 'impersonate', 'relay'] as const;

/** What a client in good faith gets through each kind of attack. */
const inGoodFaith = { tap: /pong 0/, impersonate: /FORGED/, relay: /FORGED\r?\n[\s\S]*pong 0/ };

/** A TLS 1.3 ClientHello without extensions: enough to begin with, and to break at every byte. */
const HELLO = Buffer.from(
  `1603010031 0100002d 0303 ${'00'.repeat(32)} 00 0002 1301 01 00 0002 0000`.replace(/ /g, ''),
  'hex',
);

/** Pieces that a message can be made of, sense and nonsense. */
const shreds = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        GET,
        'GET ',
        'POST /exec/a/b/c?command=%ff HTTP/1.1\r\n',
        'Host: a\r\n',
        'Content-Length: 4\r\n',
        'Transfer-Encoding: chunked\r\n',
        'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n',
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n',
        'X-Stream-Protocol-Version: v4.channel.k8s.io\r\n',
        '\r\n',
        '\n',
        ': ',
        '4\r\nabcd\r\n0\r\n\r\n',
        '\x80\x03\x00\x01',
        '\x80\x03\x00\x06\x00\x00\x00\x04\x00\x00\x00\x01',
        '\x82\x85\x00\x00\x00\x00abcde',
      ),
      fc.uint8Array({ maxLength: 20 }).map((it) => Buffer.from(it).toString('latin1')),
    ),
    { maxLength: 12 },
  )
  .map((it) => Buffer.from(it.join(''), 'latin1'));
const hellos = fc
  .tuple(fc.nat(HELLO.length - 1), fc.nat(255), fc.nat(HELLO.length))
  .map(([at, byte, length]) => {
    const hello = Buffer.from(HELLO);
    hello[at] = byte;
    return hello.subarray(0, length);
  });

function sample(arbitrary: fc.Arbitrary<Buffer>, count: number): Buffer[] {
  return fc.sample(arbitrary, { seed: 20_240_611, numRuns: count });
}

/** Says it in two pieces and hangs up, or ends, without waiting for anything. */
async function sayAndLeave(dial: () => Promise<Socket>, bytes: Buffer, index: number): Promise<void> {
  const socket = await dial();
  if (socket.destroyed) return;
  const half = index % (bytes.length + 1);
  socket.write(bytes.subarray(0, half));
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.resume();
    socket.write(bytes.subarray(half), () => {
      if (index % 3 === 0 && !('encrypted' in socket)) socket.resetAndDestroy();
      else if (index % 3 === 1) socket.destroy();
      else socket.end(() => socket.destroy());
    });
  });
}

describe.each(modes)('under %s', (mode) => {
  test('victims that send nonsense, break off anywhere and reset do no harm to the next', async () => {
    await using attack = await attacked.attack(mode, genuine.port);
    const clear = [...sample(shreds, 250), ...sample(hellos, 150)];
    for (let at = 0; at < clear.length; at += 25) {
      await Promise.all(
        clear.slice(at, at + 25).map((bytes, index) => sayAndLeave(attack.dial, bytes, at + index)),
      );
    }
    if (mode !== 'tap') {
      await Promise.all(sample(shreds, 40).map((bytes, index) => sayAndLeave(attack.dialTls, bytes, index)));
    }
    expect(await say(await attack.dialTls(), GET, inGoodFaith[mode])).toMatch(inGoodFaith[mode]);
    const loot = await attack.withdraw();
    expect(loot.connections).toBeGreaterThan(300);
  }, 30_000);

  test('victims that hang up after every single byte of a request do no harm to the next', async () => {
    await using attack = await attacked.attack(mode, genuine.port);
    const request = Buffer.from(GET);
    await Promise.all(
      Array.from(request, async (_, length) => {
        const socket = await attack.dial();
        socket.write(request.subarray(0, length), () => socket.destroy());
      }),
    );
    expect(await say(await attack.dial(), GET, inGoodFaith[mode])).toMatch(inGoodFaith[mode]);
    await attack.withdraw();
  }, 30_000);

  test('connections that come while the attack is being withdrawn do not end the process', async () => {
    for (let round = 0; round < 8; round++) {
      await using attack = await attacked.attack(mode, genuine.port);
      let over = false;
      const victims = Array.from({ length: 12 }, async (_, index) => {
        while (!over) {
          const socket = await (index % 2 === 0 ? attack.dialTls() : attack.dial());
          if (!socket.destroyed) await say(socket, GET, index % 3 === 0 ? /./ : inGoodFaith[mode]);
        }
      });
      await say(await attack.dialTls(), GET, inGoodFaith[mode]);
      await attack.withdraw();
      over = true;
      await Promise.all(victims);
      expect(attacked.ended).toBeNull();
    }
  }, 30_000);
});

describe('a relay', () => {
  test.each([
    ['a status with a control character', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nhi', /hi/],
    ['a status below 100', 'HTTP/1.1 099 x\r\nContent-Length: 2\r\n\r\nhi', /^$/],
    ['a status of four digits', 'HTTP/1.1 1000 x\r\nContent-Length: 2\r\n\r\nhi', /^$/],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhi',
      /^$/,
    ],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000), /^$/],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2\r\n\r\nhi', /^$/],
    ['a header that never ends', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(MIB)}`, /^$/],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'A: x\r\n'.repeat(100_000)}`, /^$/],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi', /^$/],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
      /^$/,
    ],
    ['no HTTP at all', '\x16\x03\x01\x00\x00'.repeat(100), /^$/],
    [
      'a bare line feed in its chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\n0\n\n',
      /^(?![\s\S]*0\r\n\r\n$)/,
    ],
    ['half an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi', /^(?![\s\S]*0\r\n\r\n$)/],
  ])('passes on what can be passed on of %s, and hangs up else', async (_what, answer, expected) => {
    await using hostile = await genuineSockets((socket) => {
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1')));
    });
    await using attack = await attacked.attack('relay', hostile.port);
    expect(await say(await attack.dial(), GET, /0\r\n\r\n$/)).toMatch(expected);
    await attack.withdraw();
  });

  test.each([
    ['both framings', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 44\r\n\r\n'],
    ['a coding that only looks like one', 'Transfer-Encoding: xchunked\r\n\r\n'],
    ['a folded coding', 'Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n'],
    ['a blank before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['bare line feeds in its chunks', 'Transfer-Encoding: chunked\r\n\r\n0\n\n'],
    ['an upgrade with a body', 'Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 44\r\n\r\n'],
  ])('does not let a victim smuggle a request behind one with %s', async (_what, shape) => {
    let heard = '';
    await using endpoint = await genuineSockets((socket) => {
      socket.on('data', (chunk) => {
        heard += chunk;
        socket.write(OK);
      });
    });
    await using attack = await attacked.attack('relay', endpoint.port);
    await say(
      await attack.dial(),
      `POST /a HTTP/1.1\r\nHost: a\r\n${shape}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`,
      /smuggled/,
    );
    expect(heard).not.toContain('smuggled');
    await attack.withdraw();
  });

  test('answers requests that come all at once one after the other, on one connection to the genuine endpoint', async () => {
    let connections = 0;
    await using endpoint = await genuineSockets((socket) => {
      connections += 1;
      // One answer a request: two in one read would be two that were asked at once.
      socket.on('data', (chunk) => socket.write(`${chunk}`.split('GET ').length === 2 ? OK : 'no'));
    });
    await using attack = await attacked.attack('relay', endpoint.port);
    const heard = await say(await attack.dial(), GET.repeat(300), (it) => it.split('0\r\n\r\n').length > 300);
    expect(heard.split('FORGED')).toHaveLength(301);
    expect(connections).toBe(1);
    expect((await attack.withdraw()).requests).toBe(300);
  });

  test('forgets a request when it is answered, however many one connection carries', async () => {
    await using attack = await attacked.attack('relay', genuine.port);
    const before = await attacked.memory();
    const socket = await attack.dial();
    let answered = 0;
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        answered += `${chunk}`.split('0\r\n\r\n').length - 1;
        if (answered >= 4000) resolve();
        else socket.write(GET);
      });
      socket.write(GET);
    });
    expect((await attacked.memory()) - before).toBeLessThan(12 * MIB);
    socket.destroy();
  }, 30_000);

  test('does not keep what passes: an endless body, endless chunks and a victim that does not read', async () => {
    const block = Buffer.alloc(64 * 1024, 'x');
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), block, Buffer.from('\r\n')]);
    const tiny = Buffer.from('1\r\nx\r\n'.repeat(10_000));
    await using endless = await genuineSockets((socket) => {
      socket.once('data', (asked) => {
        const piece = `${asked}`.includes('/tiny') ? tiny : chunk;
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const more = (): void => {
          while (!socket.destroyed && socket.write(piece));
        };
        socket.on('drain', more);
        more();
      });
    });
    await using attack = await attacked.attack('relay', endless.port);
    const before = await attacked.memory();
    const idle = await Promise.all(Array.from({ length: 20 }, () => attack.dial()));
    for (const socket of idle) socket.write(GET);
    for (const path of ['/tiny', '/large']) {
      const socket = await attack.dial();
      let received = 0;
      await new Promise<void>((resolve) => {
        socket.on('data', (piece) => {
          received += piece.length;
          if (received > (path === '/tiny' ? 1 : 30) * MIB) resolve();
        });
        socket.write(GET.replace('/containerLogs', path));
      });
      socket.destroy();
    }
    // 20 victims that do not read, each with up to four buffers of 256 KiB and what it takes to grow them, and the loot.
    expect((await attacked.memory()) - before).toBeLessThan(80 * MIB);
    for (const socket of idle) socket.destroy();
    const loot = await attack.withdraw();
    expect(loot.clearDown.length).toBe(4 * MIB);
    expect(loot.dropped.down).toBeGreaterThan(25 * MIB);
  }, 30_000);
});

describe('crowds', () => {
  test('of connections that say nothing are taken up to a bound, counted beyond it, and cost little', async () => {
    await using attack = await attacked.attack('impersonate', genuine.port);
    const before = await attacked.memory();
    const crowd: Socket[] = [];
    let hungUp = 0;
    let turnedAway = (): void => undefined;
    const surplus = new Promise<void>((resolve) => {
      turnedAway = resolve;
    });
    for (let at = 0; at < CROWD; at += 100) {
      const some = await Promise.all(Array.from({ length: 100 }, () => attack.dial()));
      for (const [index, socket] of some.entries()) {
        socket.resume();
        socket.once('close', () => {
          hungUp += 1;
          if (hungUp === CROWD - MAX_CONNECTIONS) turnedAway();
        });
        // Half a ClientHello, half a head, nothing.
        if (index % 3 === 0) socket.write(HELLO.subarray(0, 20));
        if (index % 3 === 1) socket.write('GET / HTTP/1.1\r\nA');
      }
      crowd.push(...some);
      // Taken by now: a queue of the kernel's that is full would keep some waiting for many seconds.
      await attacked.memory();
    }
    await surplus;
    expect((await attacked.memory()) - before).toBeLessThan(100 * MIB);
    for (const socket of crowd) socket.destroy();
    const loot = await attack.withdraw();
    expect(loot.dropped.connections).toBe(CROWD - MAX_CONNECTIONS);
    expect(loot.connections).toBe(MAX_CONNECTIONS);
  }, 60_000);
});
