import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { Attacker } from '../attacker/attacker';
import { type ControlServer, startControlServer } from '../attacker/control-server';
import { alreadyOnPath } from '../attacker/position';
import { openRouterHost } from '../attacker/router-host';
import { type FakeKernel, fakeKernel } from '../attacker/testing-router';
import { hostNetwork } from '../network/host-network';
import type { Endpoint, Listener } from '../network/network';
import { Transport } from '../network/transport';
import type { AttackOrder } from './lab-under-test';
import { type RemoteAttacker, type RemoteAttackerTimes, remoteAttacker } from './remote-attacker';

const TOKEN = 'a-token-for-tests-only';
const order: Omit<AttackOrder, 'position'> = {
  technique: 'self-signed',
  mode: 'impersonate',
  target: { address: '10.78.2.11', port: 10250 },
  present: null,
  forged: 'FORGED',
  tampered: 'TAMPERED',
};

interface Bench extends AsyncDisposable {
  readonly kernel: FakeKernel;
  readonly control: ControlServer;
  readonly remote: RemoteAttacker;
}

async function start(leaseMs = 60_000, times: Partial<RemoteAttackerTimes> = {}): Promise<Bench> {
  const kernel = fakeKernel();
  const loopback = '127.0.0.1/8';
  const router = await openRouterHost({ name: 'attacker', inside: loopback, outside: loopback, kernel });
  const control = await startControlServer({
    host: router,
    at: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    attacker: new Attacker({ host: router }),
    prepare: async () => ({ position: alreadyOnPath('attacker is the router') }),
    log: pino({ level: 'silent' }),
    leaseMs,
  });
  const remote = towards(control.at, TOKEN, times);
  return {
    kernel,
    control,
    remote,
    async [Symbol.asyncDispose]() {
      await remote.close();
      await control.close();
      await router.close();
    },
  };
}

function towards(at: Endpoint, token = TOKEN, times: Partial<RemoteAttackerTimes> = {}): RemoteAttacker {
  return remoteAttacker({ from: hostNetwork(), server: { host: at.address, port: at.port }, token, times });
}

/** A victim whose connection goes where the router's rule leads it. */
async function askAsVictim({ kernel }: Bench): Promise<string> {
  const { address, port } = kernel.deliver(order.target);
  const victim = new Transport({ from: hostNetwork(), trust: () => ({ kind: 'verify-nobody' }) });
  const answered = await victim.roundTrip(
    { host: address, port, scheme: 'https' },
    { method: 'GET', path: '/containerLogs/default/web/web', headers: [['Host', 'node-1']] },
  );
  return answered.kind === 'refusal' ? answered.text : text(answered.body);
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Something else on the attacker's port. */
function impostor(answer: string | null): Promise<Listener> {
  return hostNetwork().listen({ address: '127.0.0.1', port: 0 }, ({ socket }) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (answer !== null) socket.end(answer);
    });
  });
}

describe('a remote attacker', () => {
  test('attacks when it is told to, and brings its loot', async () => {
    await using bench = await start();
    await using attack = await bench.remote.attack(order);
    await expect(askAsVictim(bench)).resolves.toBe('FORGED\n');
    const loot = await attack.withdraw();
    expect(loot).toMatchObject({ connections: 1, requests: 1, handshakes: [{ completed: true }] });
    expect(loot.clearUp.includes('GET /containerLogs/default/web/web')).toBe(true);
    await expect(attack.withdraw()).resolves.toBe(loot);
    expect(bench.kernel.deliver(order.target)).toEqual(order.target);
  });

  test('says again and again that an attack is wanted, until it is withdrawn', async () => {
    const asked: string[] = [];
    const threeSignsOfLife = deferred();
    await using attacker = await hostNetwork().listen({ address: '127.0.0.1', port: 0 }, ({ socket }) => {
      socket.on('error', () => undefined);
      socket.once('data', (head: Buffer) => {
        asked.push(head.toString('latin1').split(' HTTP')[0] ?? '');
        if (asked.length === 4) threeSignsOfLife.resolve();
        const body = '{"id":"an-id"}';
        socket.end(`HTTP/1.1 201 Created\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
    });
    const attack = await towards(attacker.at, TOKEN, { renewMs: 1 }).attack(order);
    await threeSignsOfLife.promise;
    await attack[Symbol.asyncDispose]();
    expect(asked.slice(0, 4)).toEqual(['POST /attacks', ...Array(3).fill('GET /attacks/an-id')]);
    expect(asked.filter((it) => it.startsWith('DELETE'))).toEqual(['DELETE /attacks/an-id']);
  });

  test('gives back at its end what is under way', async () => {
    await using bench = await start();
    await bench.remote.attack(order);
    await bench.remote.close();
    expect(bench.kernel.deliver(order.target)).toEqual(order.target);
  });

  test('is ready, or says why it is not', async () => {
    await using bench = await start();
    await expect(bench.remote.status()).resolves.toMatchObject({ kind: 'ready' });
    const { at } = bench.control;
    const stranger = await towards(at, 'another-token').status();
    const refusal = `the attacker at 127.0.0.1:${at.port} refuses the control token`;
    expect(stranger).toEqual({ kind: 'away', says: refusal });
    await bench.control.close();
    await expect(bench.remote.status()).resolves.toMatchObject({
      kind: 'away',
      says: expect.stringContaining('does not answer: dial tcp 127.0.0.1'),
    });
  });

  test('says which process it is: the same one as long as it lives, another after a restart', async () => {
    await using bench = await start();
    await using another = await start();
    const first = await bench.remote.status();
    await expect(bench.remote.status()).resolves.toEqual(first);
    await expect(another.remote.status()).resolves.not.toEqual(first);
  });

  test('is not ready when it does not say which process it is', async () => {
    await using older = await impostor('HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"ok"}');
    await expect(towards(older.at).status()).resolves.toMatchObject({
      kind: 'away',
      says: expect.stringContaining('cannot be understood'),
    });
  });
});

describe('an order to a remote attacker', () => {
  test('fails by its name when it is away', async () => {
    await using nobody = await impostor(null);
    await nobody.close();
    await expect(towards(nobody.at).attack(order)).rejects.toMatchObject({
      code: 'LAB_START_FAILED',
      message: `the attacker at 127.0.0.1:${nobody.at.port} does not answer`,
      hint: expect.stringContaining('connection refused'),
    });
  });

  test('fails when it is silent for too long', async () => {
    await using mute = await impostor(null);
    const attack = towards(mute.at, TOKEN, { answerMs: 30 }).attack(order);
    await expect(attack).rejects.toMatchObject({ message: expect.stringMatching(/does not answer$/) });
  });

  test.each([
    ['something else', 'SSH-2.0-OpenSSH\r\n', 'does not answer'],
    [
      'an answer that is no JSON',
      'HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok',
      'cannot be understood',
    ],
    ['an answer that breaks off', 'HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{', 'does not answer'],
    ['a refusal without words', 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n', 'refuses: status 503'],
    ['an upgrade', 'HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'does not answer'],
  ])('fails when there is %s', async (_, answer, message) => {
    await using other = await impostor(answer);
    await expect(towards(other.at).attack(order)).rejects.toMatchObject({
      code: 'LAB_START_FAILED',
      message: `the attacker at 127.0.0.1:${other.at.port} ${message}`.concat(
        message === 'cannot be understood' ? ': its answer names no attack' : '',
      ),
    });
  });

  test('fails when somebody else is attacking', async () => {
    await using bench = await start();
    await using _other = await bench.remote.attack(order);
    await expect(towards(bench.control.at).attack(order)).rejects.toMatchObject({
      code: 'LAB_START_FAILED',
      message: expect.stringContaining('is busy: another attack is under way'),
    });
  });

  test('fails by the name of the field that is wrong', async () => {
    await using bench = await start();
    const target = { address: '10.78.2.11', port: 70_000 };
    await expect(bench.remote.attack({ ...order, target })).rejects.toMatchObject({
      message: expect.stringContaining('refuses: target.port is not a port: 70000'),
    });
  });
});

describe('the loot of a remote attacker', () => {
  test.each([
    ['was away meanwhile', 'does not answer', async (bench: Bench) => bench.control.close()],
    [
      'was started anew meanwhile',
      'was started anew during the attack',
      async (bench: Bench) => {
        const { at } = bench.control;
        await bench.control.close();
        const again = await hostNetwork().listen(at, ({ socket }) => {
          socket.on('error', () => undefined);
          socket.once('data', () => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}'));
        });
        return again;
      },
    ],
  ])('is not made up when it %s', async (_, message, disturb) => {
    await using bench = await start();
    const attack = await bench.remote.attack(order);
    const disturbed = await disturb(bench);
    await expect(attack.withdraw()).rejects.toMatchObject({
      code: 'LAB_START_FAILED',
      message: `the attacker at 127.0.0.1:${bench.control.at.port} ${message}`,
    });
    // Whoever leaves the cell disposes of the attack too, and must hear of the first failure only.
    await attack[Symbol.asyncDispose]();
    await disturbed?.close();
  });

  test('is not made up when the attack lapsed', async () => {
    await using bench = await start(10, { renewMs: 60_000 });
    const attack = await bench.remote.attack(order);
    while (bench.kernel.told.at(-1) !== 'rules: 0') await bench.remote.status();
    await expect(attack.withdraw()).rejects.toMatchObject({
      message: expect.stringContaining('nothing was heard of its owner'),
    });
  });
});
