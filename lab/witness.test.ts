import { describe, expect, test } from '@jest/globals';
import type { ObservedAnswer } from '../client/kube-client';
import { type AwaitedAnswer, Witness } from './witness';

const server = { host: '10.0.0.10', port: 6443 };
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const leader: readonly AwaitedAnswer[] = [
  { method: 'POST', path: leases },
  { method: 'GET', path: '/api/v1/pods' },
];

const ok = (method: string, path: string, status = 200): ObservedAnswer => ({
  method,
  path,
  status,
  refusal: null,
  words: '',
});
const failed = (method: string, path: string, status: number, words: string): ObservedAnswer => ({
  ...ok(method, path, status),
  words,
});
const refused = (method: string, path: string, text: string): ObservedAnswer => ({
  ...failed(method, path, 0, `Unable to connect to the server: ${text}`),
  refusal: { kind: 'refusal', code: 'CERTIFICATE_REFUSED', text, peer: null },
});

/** Whether it is settled by now: promises that are kept are heard of before the next turn of the loop. */
async function isSettled(witness: Witness): Promise<boolean> {
  let settled = false;
  void witness.settled.then(() => {
    settled = true;
  });
  await new Promise(setImmediate);
  return settled;
}

describe('the witness of a component', () => {
  test('waits for each of the answers, in whatever order', async () => {
    const witness = new Witness(server, leader);
    witness.answered(ok('GET', '/api/v1/pods?limit=500'));
    witness.answered(ok('GET', '/api/v1/pods?limit=500'));
    witness.answered(ok('GET', `${leases}/kube-scheduler`));
    await expect(isSettled(witness)).resolves.toBe(false);
    witness.answered(ok('POST', leases, 201));
    await expect(isSettled(witness)).resolves.toBe(true);
    expect(witness.outcome().ok).toBe(true);
  });

  test.each<[what: string, answer: ObservedAnswer]>([
    ['another method', ok('PUT', '/api/v1/pods')],
    ['another path', ok('GET', '/api/v1/services')],
    ['what is not there', failed('GET', '/api/v1/pods', 404, 'not found')],
    ['a conflict', failed('GET', '/api/v1/pods', 409, 'conflict')],
    ['a redirect', failed('GET', '/api/v1/pods', 307, 'elsewhere')],
    ['too many requests', failed('GET', '/api/v1/pods', 429, 'later')],
  ])('goes on waiting after %s', async (_what, answer) => {
    const witness = new Witness(server, [{ method: 'GET', path: '/api/v1/pods' }]);
    witness.answered(answer);
    await expect(isSettled(witness)).resolves.toBe(false);
    witness.answered(ok('GET', '/api/v1/pods'));
    await expect(isSettled(witness)).resolves.toBe(true);
    expect(witness.outcome().ok).toBe(true);
  });

  test.each([401, 403, 500, 503])('says that the component cannot go on after %i', async (status) => {
    const witness = new Witness(server, leader);
    witness.answered(failed('GET', '/api/v1/pods', status, 'error: You must be logged in'));
    await expect(isSettled(witness)).resolves.toBe(true);
    expect(witness.outcome()).toMatchObject({ ok: false, words: 'error: You must be logged in' });
  });

  test('quotes a refusal as components write it into their logs', () => {
    const witness = new Witness(server, leader);
    witness.answered(refused('POST', leases, 'tls: failed to verify certificate'));
    expect(witness.outcome().words).toBe(
      `Post "https://10.0.0.10:6443${leases}": tls: failed to verify certificate`,
    );
  });

  test('hears nothing more when it knows enough: a component that is told to stop fails', () => {
    const witness = new Witness(server, [{ method: 'GET', path: '/api/v1/pods' }]);
    witness.received(Buffer.from('before '));
    witness.answered(ok('GET', '/api/v1/pods'));
    witness.received(Buffer.from('after'));
    witness.answered(refused('GET', '/api/v1/pods?watch=true', 'context canceled'));
    witness.answered(failed('PUT', leases, 500, 'gone'));
    expect(witness.outcome()).toMatchObject({ ok: true, words: '', stdout: Buffer.from('before ') });
  });

  test('keeps the first failure, and what was believed until then', () => {
    const witness = new Witness(server, leader);
    witness.received(Buffer.from('{"kind":"PodList"}'));
    witness.answered(failed('POST', leases, 403, 'first'));
    witness.answered(failed('POST', leases, 403, 'second'));
    expect(witness.outcome()).toMatchObject({
      ok: false,
      words: 'first',
      stdout: Buffer.from('{"kind":"PodList"}'),
    });
  });

  test('of one that ends by itself is settled by failures only', async () => {
    const witness = new Witness(server, null);
    witness.answered(ok('GET', '/metrics/resource'));
    await expect(isSettled(witness)).resolves.toBe(false);
    expect(witness.outcome().ok).toBe(true);
    witness.answered(failed('GET', '/metrics/resource', 401, 'Unauthorized'));
    await expect(isSettled(witness)).resolves.toBe(true);
    expect(witness.outcome()).toMatchObject({ ok: false, words: 'Unauthorized' });
  });

  test('bounds what it keeps of a server that never ends', () => {
    const witness = new Witness(server, null);
    const chunk = Buffer.alloc(16 * 1024 * 1024);
    for (let times = 0; times < 10; times += 1) witness.received(chunk);
    expect(witness.outcome().stdout.length).toBeLessThan(65 * 1024 * 1024);
  });
});
