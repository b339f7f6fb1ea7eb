import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { failure } from '../api/status';
import type { WatchEnd } from './kube-client';
import { scriptedApiserver, signalled } from './kube-client.test.fixtures';
import { LineSplitter } from './watch';

const AT = { namespace: 'default', pod: 'web' };

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('request', () => {
  test('sends JSON and reads JSON, over one kept connection', async () => {
    await using server = await scriptedApiserver({
      onRequest: (request, response) => {
        void bodyOf(request).then((body) => {
          const { method, url } = request;
          const type = request.headers['content-type'];
          response
            .writeHead(201, { 'Content-Type': 'application/json' })
            .end(JSON.stringify({ method, url, type, body }));
        });
      },
    });
    const created = await server.client.request('POST', '/api/v1/pods', { body: { kind: 'Pod' } });
    expect(created).toMatchObject({ status: 201, ok: true, words: '', refusal: null });
    expect(created.json()).toEqual({
      method: 'POST',
      url: '/api/v1/pods',
      type: 'application/json',
      body: '{"kind":"Pod"}',
    });
    const patched = await server.client.request('PATCH', '/x', {
      body: '[]',
      contentType: 'application/json-patch+json',
    });
    expect(patched.json()).toMatchObject({ type: 'application/json-patch+json', body: '[]' });
    expect((await server.client.request('GET', '/x')).json()).toEqual({ method: 'GET', url: '/x', body: '' });
    expect(server.connections.accepted).toBe(1);
  });

  test('carries token, user agent and host', async () => {
    await using server = await scriptedApiserver({
      onRequest: (request, response) => void response.end(JSON.stringify(request.headers)),
    });
    const plain = (await server.client.request('GET', '/')).json();
    expect(plain).toMatchObject({
      host: server.server,
      'user-agent': 'kubectl/v1.33.1 (linux/amd64) kubernetes/midplane',
    });
    expect(plain).not.toHaveProperty('authorization');
    const client = server.clientWith({ token: 'abc', userAgent: 'kubelet/v1.33.1' });
    expect((await client.request('GET', '/')).json()).toMatchObject({
      authorization: 'Bearer abc',
      'user-agent': 'kubelet/v1.33.1',
    });
  });

  test('a failing answer has kubectl’s words', async () => {
    await using server = await scriptedApiserver({
      onRequest: (_request, response) => {
        response
          .writeHead(404, { 'Content-Type': 'application/json' })
          .end(JSON.stringify(failure(404, 'pods "a" not found', 'NotFound')));
      },
    });
    expect(await server.client.request('GET', '/')).toMatchObject({
      status: 404,
      ok: false,
      words: 'Error from server (NotFound): pods "a" not found',
    });
  });

  test('a kept connection that the server has closed costs nothing', async () => {
    const closed = signalled<void>();
    await using server = await scriptedApiserver({
      onRequest: (request, response) => {
        response.end('ok');
        if (request.url === '/first')
          response.once('finish', () => setImmediate(() => request.socket.destroy()));
        request.socket.once('close', () => closed.resolve());
      },
    });
    expect((await server.client.request('GET', '/first')).body.toString()).toBe('ok');
    await closed.promise;
    expect((await server.client.request('GET', '/second')).body.toString()).toBe('ok');
    expect(server.connections.accepted).toBe(2);
  });

  test('no answer is a refusal, not an exception', async () => {
    await using server = await scriptedApiserver({ onRequest: (request) => void request.socket.destroy() });
    const answer = await server.client.request('GET', '/');
    expect(answer).toMatchObject({
      status: 0,
      ok: false,
      refusal: { kind: 'refusal', code: 'CONNECTION_CLOSED' },
    });
    expect(answer.words).toMatch(/^Unable to connect to the server: /);
  });

  test('an abort before the answer ends it', async () => {
    const asked = signalled<void>();
    await using server = await scriptedApiserver({ onRequest: () => asked.resolve() });
    const stop = new AbortController();
    const answer = server.client.request('GET', '/', { signal: stop.signal });
    await asked.promise;
    stop.abort();
    expect((await answer).status).toBe(0);
  });
});

describe('raw', () => {
  test('gives back the body, and posts one', async () => {
    await using server = await scriptedApiserver({
      onRequest: (request, response) =>
        void bodyOf(request).then((body) => response.end(`${request.method} ${request.url} ${body}`)),
    });
    expect((await server.client.raw({ method: 'GET', path: '/a?b=c' })).stdout.toString()).toBe(
      'GET /a?b=c ',
    );
    const posted = await server.client.raw({ method: 'POST', path: '/a', body: Buffer.from('x') });
    expect(posted).toMatchObject({ kind: 'outcome', ok: true, exitCode: 0, words: '' });
    expect(posted.stdout.toString()).toBe('POST /a x');
  });

  test('tells a refusal in kubectl’s words', async () => {
    await using server = await scriptedApiserver({
      onRequest: (_request, response) =>
        void response.writeHead(403, { 'Content-Type': 'text/plain' }).end('Forbidden (user=x)\n'),
    });
    expect(await server.client.raw({ method: 'GET', path: '/' })).toMatchObject({
      ok: false,
      exitCode: 1,
      words: 'Error from server (Forbidden): Forbidden (user=x)',
    });
  });

  test('follows a redirect of the same server', async () => {
    await using server = await scriptedApiserver({
      onRequest: (request, response) => {
        if (request.url === '/proxy') response.writeHead(301, { Location: '/proxy/' }).end();
        else response.end(`at ${request.url}`);
      },
    });
    expect((await server.client.raw({ method: 'GET', path: '/proxy' })).stdout.toString()).toBe('at /proxy/');
  });

  test('does not follow in circles', async () => {
    await using server = await scriptedApiserver({
      onRequest: (_request, response) => void response.writeHead(302, { Location: '/' }).end(),
    });
    expect(await server.client.raw({ method: 'GET', path: '/' })).toMatchObject({
      ok: false,
      words: expect.stringContaining('stopped after 10 redirects'),
    });
  });

  test('takes its token along to whoever it is sent to, even without TLS', async () => {
    const heard: (string | undefined)[] = [];
    const elsewhere = createServer((request, response) => {
      heard.push(`${request.method} ${request.url} ${request.headers.host}`, request.headers.authorization);
      response.end('welcome');
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const { port } = elsewhere.address() as AddressInfo;
    await using server = await scriptedApiserver({
      onRequest: (_request, response) =>
        void response.writeHead(302, { Location: `http://127.0.0.1:${port}/x?y` }).end(),
    });
    try {
      const client = server.clientWith({ token: 't0ken' });
      const told = await client.raw({ method: 'POST', path: '/', body: 'secret' });
      expect(told.stdout.toString()).toBe('welcome');
      expect(heard).toEqual([`GET /x?y 127.0.0.1:${port}`, 'Bearer t0ken']);
      expect((await client.request('GET', '/api/v1/pods')).body.toString()).toBe('welcome');
      expect(heard).toHaveLength(4);
    } finally {
      elsewhere.close();
    }
  });

  test('does not send a streamed body twice', async () => {
    await using server = await scriptedApiserver({
      onRequest: (_request, response) => void response.writeHead(307, { Location: '/again' }).end(),
    });
    const told = await server.client.raw({ method: 'POST', path: '/', body: 'secret' });
    expect(told).toMatchObject({ ok: false });
  });
});

describe('logs', () => {
  test('asks with the options as the apiserver knows them', async () => {
    await using server = await scriptedApiserver({
      onRequest: (request, response) => void response.end(request.url),
    });
    const outcome = await server.client.logs({
      ...AT,
      container: 'c',
      tailLines: 0,
      limitBytes: 9,
      follow: false,
      insecureSkipTLSVerifyBackend: true,
      timestamps: true,
    });
    expect(outcome.stdout.toString()).toBe(
      '/api/v1/namespaces/default/pods/web/log?container=c&insecureSkipTLSVerifyBackend=true&limitBytes=9&tailLines=0&timestamps=true',
    );
  });

  test('follow delivers each line before the end', async () => {
    const second = signalled<void>();
    await using server = await scriptedApiserver({
      onRequest: (_request, response) => {
        response.write('one\n');
        void second.promise.then(() => response.end('two\n'));
      },
    });
    const chunks: string[] = [];
    const outcome = await server.client.logs({
      ...AT,
      follow: true,
      onData: (chunk) => {
        chunks.push(chunk.toString());
        second.resolve();
      },
    });
    expect(chunks).toEqual(['one\n', 'two\n']);
    expect(outcome).toMatchObject({ ok: true, stdout: Buffer.from('one\ntwo\n') });
  });

  test('an aborted follow closes its connection', async () => {
    const gone = signalled<void>();
    const stop = new AbortController();
    await using server = await scriptedApiserver({
      onRequest: (request, response) => {
        request.socket.once('close', () => gone.resolve());
        response.write('one\n');
      },
    });
    const outcome = await server.client.logs({
      ...AT,
      follow: true,
      signal: stop.signal,
      onData: () => stop.abort(),
    });
    expect(outcome).toMatchObject({ ok: false, exitCode: 130, words: '', stdout: Buffer.from('one\n') });
    await gone.promise;
  });

  test('a stream that breaks off is an unexpected end', async () => {
    await using server = await scriptedApiserver({
      onRequest: (request, response) => void response.write('one\n', () => request.socket.destroy()),
    });
    expect(await server.client.logs(AT)).toMatchObject({
      ok: false,
      words: 'error: unexpected EOF',
      stdout: Buffer.from('one\n'),
    });
  });

  test('a failure’s body is not output', async () => {
    await using server = await scriptedApiserver({
      onRequest: (_request, response) =>
        void response.writeHead(502, { 'Content-Type': 'text/plain' }).end('no'),
    });
    const chunks: Buffer[] = [];
    const outcome = await server.client.logs({ ...AT, onData: (chunk) => chunks.push(chunk) });
    expect(outcome.words).toBe(
      'Error from server (InternalError): an error on the server ("no") has prevented the request from succeeding (get pods web)',
    );
    expect([outcome.stdout.length, chunks.length]).toEqual([0, 0]);
  });

  test('never shares a connection', async () => {
    await using server = await scriptedApiserver({
      onRequest: (_request, response) => void response.end('x'),
    });
    await server.client.request('GET', '/');
    await server.client.logs(AT);
    await server.client.logs(AT);
    expect(server.connections.accepted).toBe(3);
  });
});

describe('watch', () => {
  const event = (type: string, name: string): string =>
    `${JSON.stringify({ type, object: { metadata: { name } } })}\n`;

  test('delivers events however they are cut, and ends with the server', async () => {
    await using server = await scriptedApiserver({
      onRequest: (request, response) => {
        const wire = event('ADDED', 'ä') + event('MODIFIED', 'b');
        const bytes = Buffer.from(wire);
        response.write(bytes.subarray(0, 41));
        response.write(bytes.subarray(41));
        response.end(event('DELETED', request.url ?? ''));
      },
    });
    const seen: unknown[] = [];
    const watch = server.client.watch('/api/v1/pods?limit=1', (type, object) => seen.push([type, object]));
    expect(await watch.ended).toEqual({ kind: 'ended' });
    expect(seen).toEqual([
      ['ADDED', { metadata: { name: 'ä' } }],
      ['MODIFIED', { metadata: { name: 'b' } }],
      ['DELETED', { metadata: { name: '/api/v1/pods?limit=1&watch=true' } }],
    ]);
  });

  test('close() ends it, delivers nothing more and closes the connection', async () => {
    const gone = signalled<void>();
    await using server = await scriptedApiserver({
      onRequest: (request, response) => {
        request.socket.once('close', () => gone.resolve());
        response.write(event('ADDED', 'a') + event('ADDED', 'b'));
      },
    });
    const seen: string[] = [];
    const first = signalled<void>();
    const watch = server.client.watch('/api/v1/pods', (type) => {
      seen.push(type);
      watch.close();
      first.resolve();
    });
    await first.promise;
    expect(await watch.ended).toEqual({ kind: 'closed' });
    await gone.promise;
    expect(seen).toEqual(['ADDED']);
  });

  test.each<
    [
      string,
      (response: {
        end(text: string): unknown;
        write(text: string, done: () => void): unknown;
        socket: { destroy(): void } | null;
      }) => void,
      WatchEnd,
    ]
  >([
    [
      'garbage',
      (response) => response.end('hello\n'),
      { kind: 'broken', text: 'the server sent something that is not a watch event' },
    ],
    [
      'no event',
      (response) => response.end('{"type":1}\n'),
      { kind: 'broken', text: 'the server sent something that is not a watch event' },
    ],
    [
      'a cut',
      (response) => response.write('{"ty', () => response.socket?.destroy()),
      { kind: 'broken', text: 'unexpected EOF' },
    ],
  ])('%s breaks it', async (_case, act, end) => {
    await using server = await scriptedApiserver({ onRequest: (_request, response) => act(response) });
    expect(await server.client.watch('/x', () => {}).ended).toEqual(end);
  });

  test('a refusal ends it with kubectl’s words', async () => {
    await using server = await scriptedApiserver({
      onRequest: (_request, response) =>
        void response
          .writeHead(403, { 'Content-Type': 'application/json' })
          .end(JSON.stringify(failure(403, 'no', 'Forbidden'))),
    });
    expect(await server.client.watch('/x', () => {}).ended).toEqual({
      kind: 'refused',
      status: 403,
      words: 'Error from server (Forbidden): no',
    });
  });

  test('lines are cut without joining a long one again and again, and their length is known', () => {
    const lines = new LineSplitter(5);
    expect(lines.push(Buffer.from('ab')).map(String)).toEqual([]);
    expect(lines.push(Buffer.from('c\n\nde\nf')).map(String)).toEqual(['abc', 'de']);
    expect(lines.overflown).toBe(false);
    lines.push(Buffer.from('ghijk'));
    expect(lines.overflown).toBe(true);
  });
});

test('a closed client leaves nothing open', async () => {
  const asked = signalled<void>();
  await using server = await scriptedApiserver({
    onRequest: (request, response) => {
      if (request.url === '/kept') response.end('x');
      else asked.resolve();
    },
  });
  const client = server.clientWith({});
  await client.request('GET', '/kept');
  const hanging = client.request('GET', '/hanging');
  const watch = client.watch('/watched', () => {});
  await asked.promise;
  await client.close();
  expect((await hanging).status).toBe(0);
  expect(await watch.ended).toEqual({ kind: 'closed' });
  const later = await client.request('GET', '/later');
  expect(later.status).toBe(0);
});
