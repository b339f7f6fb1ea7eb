import { expect, test } from '@jest/globals';
import { redirect } from './redirect';

const get = { url: 'https://h:1/a/b', method: 'GET', bodyCanBeRepeated: true };
const post = { ...get, method: 'POST' };
const streamed = { ...post, bodyCanBeRepeated: false };

test.each([
  [301, '/b', get, 'GET https://h:1/b'],
  [302, 'c?d', post, 'GET https://h:1/a/c?d'],
  [303, '/b', { ...get, method: 'HEAD' }, 'HEAD https://h:1/b'],
  [307, 'https://h:1/e', post, 'POST https://h:1/e with its body'],
  [308, '/e', post, 'POST https://h:1/e with its body'],
  [302, 'https://evil/', get, 'GET https://evil/'],
  [302, 'http://h:1/', get, 'GET http://h:1/'],
  [307, '/e', streamed, null],
  [302, '/e', streamed, 'GET https://h:1/e'],
  [302, 'file:///etc/passwd', get, null],
  [302, 'https://[', get, null],
  [302, undefined, get, null],
  [304, '/b', get, null],
  [200, '/b', get, null],
])('%d to %j after %j goes to %j', (status, location, request, expected) => {
  const next = redirect({ status, location }, request);
  const told =
    next === null ? null : `${next.method} ${next.url.href}${next.keepsBody ? ' with its body' : ''}`;
  expect(told).toBe(expected);
});
