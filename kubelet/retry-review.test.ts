import { expect, test } from '@jest/globals';
import { retrying } from './retry-review';

const status = (reason: string, details: object = {}) => ({ kind: 'Status', reason, details });

test.each([
  ['an internal error', 500, status('InternalError'), 5],
  ['a timeout', 504, status('Timeout'), 5],
  ['too many requests', 429, status('TooManyRequests'), 5],
  ['an answer that says when', 503, status('ServiceUnavailable', { retryAfterSeconds: 1 }), 5],
  ['an apiserver that says nothing of it', 503, status('ServiceUnavailable'), 1],
  ['a refusal', 403, status('Forbidden'), 1],
  ['no answer at all', 0, null, 1],
  ['a review', 201, { kind: 'TokenReview', status: {} }, 1],
])('%s is asked for again as often as it should', async (_name, code, body, times) => {
  let asked = 0;
  const pauses: number[] = [];
  const post = retrying(
    async () => {
      asked += 1;
      return { status: code, body };
    },
    async (ms) => {
      pauses.push(ms);
    },
    () => 0,
  );
  expect(await post('/x', {})).toEqual({ status: code, body });
  expect(asked).toBe(times);
  expect(pauses).toEqual([500, 750, 1125, 1687.5].slice(0, times - 1));
});

test('the answer that comes at last is the answer', async () => {
  const answers = [
    { status: 500, body: status('InternalError') },
    { status: 201, body: { status: { allowed: true } } },
  ];
  const post = retrying(
    async () => answers.shift() ?? { status: 0, body: null },
    async () => undefined,
  );
  expect(await post('/x', {})).toMatchObject({ status: 201 });
});
