import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { MidplaneError } from '../error';
import { hostNetwork } from '../network/host-network';
import type { Endpoint } from '../network/network';
import { Transport } from '../network/transport';
import { Attacker } from './attacker';
import { encodeOrder, type OrderedAttack } from './control-protocol';
import { type ControlServer, startControlServer } from './control-server';
import { alreadyOnPath } from './position';
import { openRouterHost } from './router-host';
import { type FakeKernel, fakeKernel } from './testing-router';

const TOKEN = 'a-token-for-tests-only';
const order: OrderedAttack = {
  technique: 'tap',
  mode: 'tap',
  target: { address: '10.78.2.11', port: 10250 },
  present: null,
  forged: 'FORGED',
  tampered: 'TAMPERED',
};

interface Bench extends AsyncDisposable {
  readonly kernel: FakeKernel;
  readonly control: ControlServer;
  readonly logged: Record<string, unknown>[];
  /** Resolves when such a line has been logged, now or later. */
  saw(message: string): Promise<void>;
  ask(method: string, path: string, sent?: Sent): Promise<{ status: number; body: Record<string, unknown> }>;
}

interface Sent {
  readonly body?: string;
  readonly token?: string | null;
}

async function start(leaseMs?: number): Promise<Bench> {
  const kernel = fakeKernel();
  const router = await openRouterHost({
    name: 'attacker',
    inside: '127.0.0.1/8',
    outside: '127.0.0.1/8',
    kernel,
  });
  const logged: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const log = pino(
    {},
    {
      write(line: string) {
        logged.push(JSON.parse(line));
        for (const look of waiting) look();
      },
    },
  );
  const control = await startControlServer({
    host: router,
    at: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    attacker: new Attacker({ host: router }),
    prepare: async () => ({ position: alreadyOnPath('attacker is the router') }),
    log,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });
  return {
    kernel,
    control,
    logged,
    saw: (message) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!logged.some((line) => line['msg'] === message)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    ask: (method, path, sent) => ask(control.at, method, path, sent),
    async [Symbol.asyncDispose]() {
      await control.close();
      await router.close();
    },
  };
}

async function ask(at: Endpoint, method: string, path: string, { body = '', token = TOKEN }: Sent = {}) {
  const transport = new Transport({ from: hostNetwork(), trust: () => ({ kind: 'verify-nobody' }) });
  const headers: [string, string][] = [
    ['Host', 'attacker'],
    ['Content-Length', `${Buffer.byteLength(body)}`],
  ];
  if (token !== null) headers.push(['Authorization', `Bearer ${token}`]);
  const answer = await transport.roundTrip(
    { host: at.address, port: at.port, scheme: 'http' },
    { method, path, headers, body: Buffer.from(body) },
  );
  if (answer.kind === 'refusal') throw new Error(answer.text);
  return {
    status: answer.status,
    body: JSON.parse(await text(answer.body)) as Record<string, unknown>,
  };
}

const ordered = encodeOrder(order);

describe('the control server', () => {
  test('begins an attack when it is ordered, and gives the loot for its end, as often as it is asked', async () => {
    await using bench = await start();
    const begun = await bench.ask('POST', '/attacks', { body: ordered });
    expect(begun).toEqual({ status: 201, body: { id: expect.any(String) } });
    expect(bench.kernel.deliver(order.target).address).toBe('127.0.0.1');
    const { port } = bench.kernel.deliver(order.target);
    const victim = await hostNetwork().dial({ host: '127.0.0.1', port });
    expect(victim.kind).toBe('connection');
    if (victim.kind === 'connection') victim.socket.destroy();

    const ended = await bench.ask('DELETE', `/attacks/${begun.body['id']}`);
    expect(ended).toMatchObject({ status: 200, body: { connections: 0, clearUp: '', quotes: [] } });
    expect(bench.kernel.deliver(order.target)).toEqual(order.target);
    await expect(bench.ask('DELETE', `/attacks/${begun.body['id']}`)).resolves.toEqual(ended);
    expect(bench.logged.map((line) => line['msg'])).toEqual(['attack started', 'attack withdrawn']);
  });

  test('carries out one attack at a time', async () => {
    await using bench = await start();
    const answers = await Promise.all([1, 2, 3].map(() => bench.ask('POST', '/attacks', { body: ordered })));
    expect(answers.map((it) => it.status).sort()).toEqual([201, 409, 409]);
    const id = answers.find((it) => it.status === 201)?.body['id'];
    await bench.ask('DELETE', `/attacks/${id}`);
    await expect(bench.ask('POST', '/attacks', { body: ordered })).resolves.toMatchObject({ status: 201 });
  });

  const unknown = '/attacks/00000000-0000-4000-8000-000000000000';
  test.each<[string, string, string, Sent, number, string]>([
    ['an order without a token', 'POST', '/attacks', { token: null, body: ordered }, 401, 'token'],
    ['an order with a wrong token', 'POST', '/attacks', { token: 'wrong', body: ordered }, 401, 'token'],
    ['a wrong token for its health', 'GET', '/healthz', { token: 'wrong' }, 401, 'token'],
    ['no JSON', 'POST', '/attacks', { body: '{' }, 400, 'the body is not JSON'],
    ['an incomplete order', 'POST', '/attacks', { body: '{}' }, 400, 'technique is not a string'],
    ['too much', 'POST', '/attacks', { body: 'x'.repeat(600_000) }, 413, 'longer than 524288 bytes'],
    [
      'an attack on itself',
      'POST',
      '/attacks',
      { body: encodeOrder({ ...order, target: { address: '127.0.0.1', port: 7000 } }) },
      400,
      'target 127.0.0.1:7000 is the attacker itself',
    ],
    ['an attack it never heard of', 'DELETE', unknown, {}, 404, 'there is no attack 0000'],
    ['a sign of life for none', 'GET', unknown, {}, 404, 'under way'],
    ['a path of its own', 'GET', '/etc/passwd', {}, 404, 'there is no such path'],
    ['a method of its own', 'PUT', '/attacks', {}, 405, 'only POST'],
    ['to delete its health', 'DELETE', '/healthz', {}, 405, 'only GET'],
  ])('refuses %s', async (_, method, path, sent, status, error) => {
    await using bench = await start();
    const answer = await bench.ask(method, path, sent);
    expect(answer).toEqual({ status, body: { error: expect.stringContaining(error) } });
    expect(bench.kernel.told.at(-1)).not.toBe('rules: 1');
  });

  test.each([[null], [TOKEN]])('says that it is well to whoever shows the token %j', async (token) => {
    await using bench = await start();
    await expect(bench.ask('GET', '/healthz', { token })).resolves.toEqual({
      status: 200,
      body: { status: 'ok', instance: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  test('says what the kernel said when it refuses a rule, and takes the next order', async () => {
    await using bench = await start();
    bench.kernel.failure = new MidplaneError('LAB_START_FAILED', 'nft -f -: not permitted');
    await expect(bench.ask('POST', '/attacks', { body: ordered })).resolves.toEqual({
      status: 500,
      body: { error: 'nft -f -: not permitted' },
    });
    bench.kernel.failure = null;
    await expect(bench.ask('POST', '/attacks', { body: ordered })).resolves.toMatchObject({ status: 201 });
  });

  test('tells its owner when an attack cannot be withdrawn, and begins no other', async () => {
    await using bench = await start();
    const { body } = await bench.ask('POST', '/attacks', { body: ordered });
    bench.kernel.failure = new MidplaneError('LAB_START_FAILED', 'nft -f -: not permitted');
    await expect(bench.ask('DELETE', `/attacks/${body['id']}`)).resolves.toMatchObject({ status: 500 });
    await expect(bench.control.stuck).resolves.toBe(bench.kernel.failure);
    bench.kernel.failure = null;
    await expect(bench.ask('POST', '/attacks', { body: ordered })).resolves.toMatchObject({ status: 409 });
  });

  test('withdraws an attack that nobody asks for any longer, and says so to who comes late', async () => {
    await using bench = await start(20);
    const { body } = await bench.ask('POST', '/attacks', { body: ordered });
    await bench.saw('attack withdrawn');
    expect(bench.kernel.deliver(order.target)).toEqual(order.target);
    await expect(bench.ask('DELETE', `/attacks/${body['id']}`)).resolves.toEqual({
      status: 410,
      body: { error: expect.stringContaining('nothing was heard of its owner') },
    });
    await expect(bench.ask('GET', `/attacks/${body['id']}`)).resolves.toMatchObject({ status: 404 });
    await expect(bench.ask('POST', '/attacks', { body: ordered })).resolves.toMatchObject({ status: 201 });
  });

  test('lets an attack go on that is asked for', async () => {
    await using bench = await start();
    const { body } = await bench.ask('POST', '/attacks', { body: ordered });
    const path = `/attacks/${body['id']}`;
    await expect(bench.ask('GET', path)).resolves.toEqual({ status: 200, body: { id: body['id'] } });
    await bench.ask('DELETE', path);
    await expect(bench.ask('GET', path)).resolves.toMatchObject({ status: 404 });
  });

  test('withdraws at its end what is under way', async () => {
    await using bench = await start();
    await bench.ask('POST', '/attacks', { body: ordered });
    await bench.control.close();
    expect(bench.kernel.deliver(order.target)).toEqual(order.target);
    expect(bench.logged.map((line) => line['msg'])).toContain('attack withdrawn');
  });
});
