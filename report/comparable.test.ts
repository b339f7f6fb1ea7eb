import { describe, expect, test } from '@jest/globals';
import { comparable, comparableText, isOfComponents } from './comparable';

const jwt = (payload: object, signature: string): string =>
  ['{"alg":"ES256"}', JSON.stringify(payload), signature]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pem = (inside: string): string => `-----BEGIN CERTIFICATE-----\n${inside}\n-----END CERTIFICATE-----\n`;

describe('what no run repeats is the same in two of them', () => {
  test.each<[string, string, string]>([
    ['times', '"time":"2026-11-29T07:10:07Z"', '"time":"2027-01-02T03:04:05.678Z"'],
    ['dates of HTTP', 'Date: Sun, 29 Nov 2026 07:10:07 GMT', 'Date: Mon, 30 Nov 2026 08:11:08 GMT'],
    ['seconds since 1970', 'CN=node-1@1795936205', 'CN=node-1@1795936999'],
    ['ports of those who dial', 'from 10.0.0.5:49790', 'from 10.0.0.5:38112'],
    ['ports in addresses', '{"address":"10.0.0.5","port":49790}', '{"address":"10.0.0.5","port":38112}'],
    ['versions of objects', '"resourceVersion":"99"', '"resourceVersion":"104"'],
    ['versions in words', '(resourceVersion 72 → 134)', '(resourceVersion 72 → 136)'],
    ['versions in requests', '/pods?resourceVersion=7&watch=1', '/pods?resourceVersion=8&watch=1'],
    ['keys of WebSockets', 'Sec-WebSocket-Key: 9KJFsZPTsYKaTVKSrB8JBQ==', 'Sec-WebSocket-Key: LV2+MR2J=='],
    ['lengths', 'content-length: 572\r\n', 'content-length: 571\r\n'],
    ['when a token was issued', jwt({ sub: 'me', iat: 1 }, 'x'), jwt({ sub: 'me', iat: 2 }, 'y')],
    ['certificates', pem('AAAA'), pem('BBBBBB==')],
    ['certificates in base64', base64(pem('AAAA')), base64(pem('BBBBBB=='))],
    ['certificates in base64 in base64', base64(base64(pem('AA=='))), base64(base64(pem('BBBB')))],
    ['fingerprints of certificates', `X509SHA256=${'a1'.repeat(32)}`, `X509SHA256=${'b2'.repeat(32)}`],
    ['signatures of cluster-info', 'eyJhbGciOiJIUzI1NiJ9..KOmojl', 'eyJhbGciOiJIUzI1NiJ9..gZ4n-7u5'],
    ['names of events', 'node-3.18ec7354e21d3f85', 'node-3.18ec738c524737c5'],
    [
      'how long an image took',
      'pulled image "x" in 0ms (0ms including waiting)',
      'pulled image "x" in 1.3s (2s including waiting)',
    ],
    [
      'uids of events',
      '{"metadata":{"uid":"11977ebe-9332-4223-9675-e0d2e5794aa4","resourceVersion":"1"},"involvedObject":{}}',
      '{"metadata":{"uid":"263f1902-ca2f-48b5-9a6d-3b2f9f2c8d11","resourceVersion":"2"},"involvedObject":{}}',
    ],
    ['sessions of kubectl', 'Kubectl-Session: 8a5f489d-fa09', 'Kubectl-Session: 123810ee-aec1'],
  ])('%s', (_, one, other) => {
    expect(comparableText(one, { sameSeed: true })).toBe(comparableText(other, { sameSeed: true }));
  });

  test.each<[string, string, string]>([
    ['whom a token names', jwt({ sub: 'me' }, 'x'), jwt({ sub: 'you' }, 'x')],
    ['addresses', '10.0.0.5:6443', '10.0.0.6:6443'],
    ['ports of servers', '10.0.0.5:6443', '10.0.0.5:10250'],
    ['words', 'denied', 'refused'],
    [
      'words in base64',
      base64('a secret that is long enough to see'),
      base64('another secret, and of the same length'),
    ],
    ['paths of requests', '/api/v1/namespaces/default/pods', '/api/v1/namespaces/default/secrets'],
  ])('but not %s', (_, one, other) => {
    expect(comparableText(one, { sameSeed: false })).not.toBe(comparableText(other, { sameSeed: false }));
  });
});

describe('what comes from a seed is compared where both have the same', () => {
  test.each<[string, string, string]>([
    ['canaries', 'up-661c56ad2559efad', 'up-5bfaaf57b9d6c2f2'],
    ['canaries before other words', 'down-661c56ad2559efadpassword', 'down-5bfaaf57b9d6c2f2password'],
    ['words of secrets', `"${base64('S3CRET-13d1f8ffb62c')}"`, `"${base64('S3CRET-5009cb8719ab')}"`],
    ['names after tokens', 'jws-kubeconfig-9f0ca3', 'jws-kubeconfig-51c833'],
    ['uids', '11977ebe-9332-4223-9675-e0d2e5794aa4', '263f1902-ca2f-48b5-9a6d-3b2f9f2c8d11'],
    ['generated names', 'kube-api-access-x7k2p', 'kube-api-access-9bczq'],
    ['bootstrap tokens', 'abcdef.0123456789abcdef', 'q1w2e3.zyxwvutsrqponmlk'],
    ['users of bootstrap tokens', 'system:bootstrap:2587fe', 'system:bootstrap:947363'],
    ['requests for certificates', 'node-csr-8bVx2mKQv0yJ1tPzL5wA3cD', 'node-csr-Zk1tQ9xW3vB7nM2rT5yU8iO'],
    ['serial numbers', '172893791823791823', '982374982374982374'],
    ['addresses of services', '10.103.235.207', '10.96.7.190'],
  ])('%s', (_, one, other) => {
    expect(comparableText(one, { sameSeed: true })).not.toBe(comparableText(other, { sameSeed: true }));
    expect(comparableText(one, { sameSeed: false })).toBe(comparableText(other, { sameSeed: false }));
  });

  test.each(['10.96.0.1', '10.96.0.10', 'node-proxy-https', '10.244.1.2'])('%s comes from none', (text) => {
    expect(comparableText(text, { sameSeed: false })).toBe(text);
  });
});

test('JSON stays JSON', () => {
  const times = [1795936205, 1795936205.5];
  const value = {
    from: { address: '10.0.0.5', port: 49790 },
    nodePort: 31234,
    versions: ['7'],
    times,
    big: 1e17,
  };
  expect(comparable(value, { sameSeed: false })).toEqual({
    from: { address: '10.0.0.5', port: 'PORT' },
    nodePort: 'PORT',
    versions: ['7'],
    times: ['TIME', 'TIME'],
    big: 'RANDOM',
  });
});

test('JSON within a string is read too', () => {
  const within = (port: number) => ({ text: JSON.stringify({ address: '10.0.0.6', port }) });
  expect(comparable(within(56126))).toEqual(comparable(within(59982)));
});

test('a token that names somebody strange does not break it', () => {
  const token = jwt({ sub: 'me"\\n' }, 'x');
  expect(comparable({ token, n: 1 })).toEqual({ token: expect.stringContaining('JWT(me'), n: 1 });
});

test('takes no long time, whatever it is given', () => {
  const began = performance.now();
  for (const word of [
    'a/',
    'A-',
    '0.',
    '"port":',
    'in ',
    'eyJ.',
    '-----BEGIN A',
    'GET ',
    '{"',
    '9',
    'x_bytes{',
  ])
    comparableText(word.repeat(40_000), { sameSeed: false });
  expect(performance.now() - began).toBeLessThan(5_000);
});

test.each<[string | null, boolean]>([
  ['node-1>10.0.0.10:6443#3', true],
  ['control-plane>10.0.0.10:6443#28', true],
  ['control-plane>10.0.0.11:10250#1', false],
  ['workstation>10.0.0.10:6443#1', false],
  ['node-3>10.0.0.10:6443#1', false],
  [null, false],
])('%p is a connection of components: %p', (connection, expected) => {
  expect(isOfComponents(connection)).toBe(expected);
});
