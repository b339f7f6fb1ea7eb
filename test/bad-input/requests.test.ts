import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hear, request, startVictim, type Victim } from './hostile.fixture';

/** Whatever a client sends: a clear status, and a server that lives. */
let victim: Victim;
beforeAll(async () => {
  victim = await startVictim();
}, 30_000);
afterAll(async () => {
  await victim?.[Symbol.asyncDispose]();
});

const configMaps = '/api/v1/namespaces/default/configmaps';
const json = { 'Content-Type': 'application/json' };
const MiB = 1024 * 1024;

interface StatusBody {
  readonly kind: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly code: number;
}

async function statusOf(bytes: Buffer): Promise<StatusBody> {
  const heard = await victim.say(bytes);
  expect(heard.body).not.toBe('');
  const body = JSON.parse(heard.body) as StatusBody;
  expect(body).toMatchObject({ kind: 'Status', status: 'Failure', code: heard.status });
  return body;
}

describe('a body that is none', () => {
  test.each([
    ['JSON cut short', json, '{"metadata":{"name":"x"'],
    ['no JSON at all', json, 'hello'],
    ['a number', json, '7'],
    ['a list', json, '[]'],
    ['nothing', { ...json, 'Content-Length': '0' }, ''],
    ['bytes that are no UTF-8', json, Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['JSON nested 100,000 deep', json, '['.repeat(100_000)],
    ['an object nested 100,000 deep', json, '{"a":'.repeat(100_000)],
    ['YAML with a tab', { 'Content-Type': 'application/yaml' }, 'metadata:\n\tname: x'],
    ['YAML that multiplies itself', { 'Content-Type': 'application/yaml' }, bomb()],
    ['protobuf without the magic', { 'Content-Type': 'application/vnd.kubernetes.protobuf' }, 'hello'],
    [
      'protobuf cut short',
      { 'Content-Type': 'application/vnd.kubernetes.protobuf' },
      Buffer.from('6b3873000a0f0a027631120943', 'hex'),
    ],
    [
      'protobuf with a length beyond its end',
      { 'Content-Type': 'application/vnd.kubernetes.protobuf' },
      Buffer.from('6b38730012ffffffff0f', 'hex'),
    ],
  ])('%s is a 400', async (_what, headers, body) => {
    const status = await statusOf(request(`POST ${configMaps}`, headers, body));
    expect(status).toMatchObject({ code: 400, reason: 'BadRequest' });
  });

  test('null is an object without a name, as Go reads it', async () => {
    expect(await statusOf(request(`POST ${configMaps}`, json, 'null'))).toMatchObject({
      code: 422,
      reason: 'Invalid',
    });
  });

  test('is quoted no longer than it helps', async () => {
    const status = await statusOf(request(`POST ${configMaps}`, json, `x${'y'.repeat(MiB)}`));
    expect(status.message?.length).toBeLessThan(500);
  });
});

describe('a content type', () => {
  test.each(['text/plain', 'application/xml', 'application/cbor', 'multipart/form-data', 'nonsense'])(
    '%s is a 415 that says what would do',
    async (type) => {
      const status = await statusOf(request(`POST ${configMaps}`, { 'Content-Type': type }, '{}'));
      expect(status).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
      expect(status.message).toContain('application/json');
    },
  );

  test('of no patch is a 415', async () => {
    await victim.say(request(`POST ${configMaps}`, json, '{"metadata":{"name":"patched"}}'));
    const status = await statusOf(request(`PATCH ${configMaps}/patched`, json, '{}'));
    expect(status).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
  });
});

describe('a body over 3 MiB', () => {
  test('that says so is refused before it is sent', async () => {
    const headers = { ...json, 'Content-Length': String(4 * MiB) };
    const heard = await victim.say(request(`POST ${configMaps}`, headers));
    expect(heard.status).toBe(413);
    expect(JSON.parse(heard.body)).toMatchObject({ reason: 'RequestEntityTooLarge' });
  });

  test('in chunks is refused when it gets there', async () => {
    const socket = await victim.connect();
    socket.write(request(`POST ${configMaps}`, { ...json, 'Transfer-Encoding': 'chunked' }));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 0x20), Buffer.from('\r\n')]);
    const heard = hear(socket, chunk);
    for (let sent = 0; sent < 4 * MiB && socket.writable; sent += 0x10000) socket.write(chunk);
    expect((await heard).status).toBe(413);
  });
});

describe('a request that is none', () => {
  test.each([
    ['a head of 2 MiB', request('GET /version', { 'X-Flood': 'x'.repeat(2 * MiB) }), [431]],
    ['60,000 headers', request(`GET /version`, many(60_000)), [200, 431]],
    ['no HTTP', Buffer.from('hello\r\n\r\n'), [400]],
    ['another version of HTTP', Buffer.from('GET / HTTP/9.9\r\n\r\n'), [400, 505]],
    ['an HTTP/2 preface', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), [0, 400, 505]],
    ['two lengths', request('POST /version', { 'Content-Length': '1, 2' }), [400]],
    ['a bad escape in its path', request('GET /api/v1/%zz'), [400]],
    ['a NUL in its path', request('GET /api/v1/%00'), [400, 404]],
    ['a method nobody knows', request('BREW /api/v1/pods'), [400, 405]],
    ['a path of 60,000 steps', request(`GET /${'a/'.repeat(60_000)}`), [404, 414, 431]],
    ['an absolute URI', request('GET https://10.0.0.10:6443/version'), [200, 400, 403, 404]],
    ['dots in its path', request('GET /api/v1/namespaces/../../../../etc/passwd'), [301, 403, 404]],
  ])('%s gets an answer, or none, but no harm', async (_what, bytes, allowed) => {
    const heard = await victim.say(bytes);
    expect(allowed).toContain(heard.status);
    expect(await victim.alive()).toBe(true);
  });

  test('whatever its bytes are, the server lives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const socket = await victim.connect();
        const heard = hear(socket, Buffer.from(bytes));
        socket.end();
        return (await heard).status < 500;
      }),
      { numRuns: 100 },
    );
    expect(await victim.alive()).toBe(true);
  }, 30_000);

  test('whatever its body is, it is answered below 500', async () => {
    const types = fc.constantFrom(
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      'application/merge-patch+json',
      'application/json-patch+json',
      'application/strategic-merge-patch+json',
      'application/apply-patch+yaml',
    );
    const body = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.from('k8s\0'), bytes])),
    );
    const line = fc.constantFrom(
      `POST ${configMaps}`,
      `PUT ${configMaps}/patched`,
      `PATCH ${configMaps}/patched?fieldManager=fuzz`,
      'POST /api/v1/namespaces/default/pods',
      'PATCH /api/v1/namespaces/default/pods/web',
      'POST /apis/apps/v1/namespaces/default/deployments',
    );
    await fc.assert(
      fc.asyncProperty(line, types, body, async (first, type, bytes) => {
        const heard = await victim.say(request(first, { 'Content-Type': type }, bytes));
        return heard.status >= 200 && heard.status < 500;
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});

describe('clients that take their time', () => {
  test('two hundred half-sent requests keep nobody else waiting', async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => victim.connect()));
    for (const socket of slow) socket.write('GET /version HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const began = performance.now();
    expect(await victim.alive()).toBe(true);
    expect(performance.now() - began).toBeLessThan(2_000);
    for (const socket of slow) socket.destroy();
  }, 30_000);

  test('a watch that is never read is let go, and costs no more than its bound', async () => {
    const socket = await victim.connect();
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.pause();
    socket.write(request(`GET ${configMaps}?watch=true`));
    const before = process.memoryUsage().rss;
    // A reader may be a thousand changes behind (apiserver/watch.ts), and the kernel holds some for it.
    const big = 'x'.repeat(20 * 1024);
    const path = `${configMaps}/flood`;
    await victim.cluster.admin.request('POST', configMaps, { body: { metadata: { name: 'flood' } } });
    for (let round = 0; round < 2_000 && !socket.destroyed; round += 1) {
      const body = { metadata: { name: 'flood' }, data: { big, round: String(round) } };
      expect((await victim.cluster.admin.request('PUT', path, { body })).status).toBe(200);
    }
    socket.resume();
    socket.on('data', () => undefined);
    await gone;
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * MiB);
    expect(await victim.alive()).toBe(true);
  }, 60_000);
});

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`X-${at}`, 'y']));
}

/** Nine levels of nine references each: what "billion laughs" is in YAML. */
function bomb(): string {
  const levels = 'abcdefghi'.split('');
  return levels
    .map(
      (name, at) =>
        `${name}: &${name} [${Array(9)
          .fill(at === 0 ? 'lol' : `*${levels[at - 1]}`)
          .join(',')}]`,
    )
    .join('\n');
}
