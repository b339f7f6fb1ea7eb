import { expect, test } from '@jest/globals';
import pino from 'pino';
import { ManualClock } from '../kubelet/manual-clock.test.fixtures';
import { scriptedApiserver } from './kube-client.test.fixtures';
import { holdLease } from './leader-lease';

/** An apiserver with one lease, that can be told to refuse, or to say that it is another's. */
async function setting() {
  const server = { refuses: false, lease: null as { spec: { holderIdentity: string } } | null };
  const apiserver = await scriptedApiserver({
    onRequest: (request, response) => {
      const answer = (status: number, body: object): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        if (server.refuses) answer(503, {});
        else if (request.method !== 'GET') {
          server.lease = JSON.parse(text) as { spec: { holderIdentity: string } };
          answer(200, server.lease);
        } else if (server.lease === null) answer(404, {});
        else answer(200, server.lease);
      });
    },
  });
  const clock = new ManualClock();
  const lease = holdLease({
    client: apiserver.client,
    name: 'kube-scheduler',
    identity: 'me',
    clock,
    log: pino({ level: 'silent' }),
  });
  let isLost = false;
  void lease.lost.then(() => {
    isLost = true;
  });
  const goOn = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 2_000) {
      await clock.whenAwaited(2_000);
      clock.advance(2_000);
    }
  };
  return { apiserver, server, clock, lease, goOn, isLost: () => isLost };
}

test('a lease that cannot be renewed is lost after ten seconds, and not before', async () => {
  const { apiserver, server, clock, lease, goOn, isLost } = await setting();
  await lease.acquired;
  await goOn(20_000);
  await clock.whenAwaited(2_000);
  server.refuses = true;
  await goOn(8_000);
  await clock.whenAwaited(2_000);
  expect(isLost()).toBe(false);
  clock.advance(2_000);
  await lease.lost;
  await lease.close();
  await apiserver[Symbol.asyncDispose]();
});

test('a lease that somebody else took is lost too, and left to them', async () => {
  const { apiserver, server, lease, goOn } = await setting();
  await lease.acquired;
  const taken = { spec: { holderIdentity: 'other', renewTime: '2099-01-01T00:00:00Z' } };
  server.lease = taken;
  await goOn(10_000);
  await lease.lost;
  await lease.close();
  expect(server.lease).toBe(taken);
  await apiserver[Symbol.asyncDispose]();
});

test('one that was away for less goes on', async () => {
  const { apiserver, server, clock, lease, goOn, isLost } = await setting();
  await lease.acquired;
  server.refuses = true;
  await goOn(8_000);
  server.refuses = false;
  await goOn(20_000);
  await clock.whenAwaited(2_000);
  expect(isLost()).toBe(false);
  expect(server.lease?.spec.holderIdentity).toBe('me');
  await lease.close();
  expect(server.lease?.spec.holderIdentity).toBe('');
  await apiserver[Symbol.asyncDispose]();
});
