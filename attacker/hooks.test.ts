import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { Target } from '../network/transport';
import type { HeaderList } from '../wire/http-head';
import { SpdySession } from '../wire/spdy-session';
import type { AttackHooks } from './hooks';
import { KUBELET, NODE, type Segment, startSegment } from './testing-segment';

const kubelet: Target = { host: NODE, port: KUBELET.port, scheme: 'https' };

/** Says what it was asked for; what it was sent behind it. */
const echo: RequestListener = (request, response) => {
  void text(request).then((body) => {
    const answer = `${request.method} ${request.url} ${request.headers['x-word'] ?? '-'} ${body}`;
    response.setHeader('Content-Length', Buffer.byteLength(answer));
    response.setHeader('X-Genuine', 'yes');
    response.end(answer);
  });
};

async function relayed(
  segment: Segment,
  hooks: AttackHooks,
  { method = 'GET', path = '/pods', body = '' } = {},
): Promise<{ status: number; headers: HeaderList; body: string }> {
  await using _ = await segment.attack({
    mode: 'relay',
    technique: 'relay',
    targets: [KUBELET],
    rules: [],
    hooks,
  });
  const headers: [string, string][] = [['Host', NODE]];
  if (body !== '') headers.push(['Content-Length', `${Buffer.byteLength(body)}`]);
  const answered = await segment.believing.roundTrip(kubelet, {
    method,
    path,
    headers,
    ...(body === '' ? {} : { body: Buffer.from(body) }),
  });
  if (answered.kind === 'refusal') throw new Error(answered.text);
  return { status: answered.status, headers: answered.headers, body: await text(answered.body) };
}

describe('hooks of a relay', () => {
  test('see a request first, and change it', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true, request: echo });
    const seen: string[] = [];
    const answer = await relayed(segment, {
      onRequest: async ({ method, path, headers }) => {
        seen.push(`${method} ${path}`);
        return { path: '/configz', headers: [...headers, ['X-Word', 'slipped-in']] };
      },
    });
    expect(seen).toEqual(['GET /pods']);
    expect(answer.body).toBe('GET /configz slipped-in ');
  });

  test('answer by themselves, and the genuine endpoint hears of nothing', async () => {
    await using segment = await startSegment();
    const heard: string[] = [];
    await segment.serve(KUBELET.port, {
      tls: true,
      request: (request, response) => {
        heard.push(`${request.url}`);
        response.end();
      },
    });
    const answer = await relayed(
      segment,
      {
        onRequest: async () => ({
          answer: { status: 418, headers: [['X-Who', 'attacker']], body: 'short and stout' },
        }),
      },
      { method: 'POST', body: 'a body that nobody takes' },
    );
    expect(answer).toMatchObject({ status: 418, body: 'short and stout' });
    expect(answer.headers).toContainEqual(['X-Who', 'attacker']);
    expect(heard).toEqual([]);
  });

  test('change what the genuine endpoint answered: its status, its head, all of its body', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true, request: echo });
    const answer = await relayed(segment, {
      onResponse: async ({ request, status, headers }) => ({
        status: 201,
        headers: headers.filter(([name]) => name.toLowerCase() !== 'x-genuine'),
        body: `${request.path} was ${status}`,
      }),
    });
    expect(answer).toMatchObject({ status: 201, body: '/pods was 200' });
    expect(answer.headers.map(([name]) => name.toLowerCase())).not.toContain('x-genuine');
  });

  test('change bodies as they pass, in both directions, and no announced length is wrong', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true, request: echo });
    const streams = new Set<string>();
    const answer = await relayed(
      segment,
      {
        onStream: ({ stream, bytes }) => {
          streams.add(stream);
          const said = bytes.toString();
          return Buffer.from(stream === 'body-up' ? said.replace('small', 'very large') : `${said}!`);
        },
      },
      { method: 'POST', body: 'a small thing' },
    );
    expect(answer.body).toBe('POST /pods - a very large thing!');
    expect([...streams]).toEqual(['body-up', 'body']);
  });

  test('change what is typed into a session', async () => {
    await using segment = await startSegment();
    let hear: (typed: string) => void = () => undefined;
    const heard = new Promise<string>((resolve) => {
      hear = resolve;
    });
    await segment.serve(KUBELET.port, {
      tls: true,
      upgrade: (_path, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
        const session = new SpdySession(socket, {
          role: 'server',
          onStream: (stream) => {
            stream.reply();
            stream.once('data', (typed: Buffer) => {
              hear(typed.toString());
              session.close();
            });
          },
        });
      },
    });
    await using _ = await segment.attack({
      mode: 'relay',
      technique: 'relay',
      targets: [KUBELET],
      rules: [],
      hooks: {
        onStream: ({ stream, bytes }) => (stream === 'stdin' ? Buffer.from(`# ${bytes}`) : bytes),
      },
    });
    const answered = await segment.believing.upgrade(kubelet, {
      method: 'POST',
      path: '/exec/default/web/web?command=sh&input=1',
      headers: [
        ['Host', NODE],
        ['Connection', 'Upgrade'],
        ['Upgrade', 'SPDY/3.1'],
      ],
    });
    if (answered.kind !== 'upgraded') throw new Error('no session');
    const session = new SpdySession(answered.socket, { role: 'client' });
    const stdin = await session.open({ streamtype: 'stdin' });
    stdin.write('reboot');
    await expect(heard).resolves.toBe('# reboot');
    session.close();
  });

  test('without any of them nothing is changed', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true, request: echo });
    const answer = await relayed(segment, {
      onRequest: async () => undefined,
      onResponse: async () => undefined,
      onStream: ({ bytes }) => bytes,
    });
    expect(answer).toMatchObject({ status: 200, body: 'GET /pods - ' });
  });
});

test('a hook answers in the place of an impersonator', async () => {
  await using segment = await startSegment();
  await using attack = await segment.attack({
    mode: 'impersonate',
    technique: 'self-signed',
    targets: [KUBELET],
    hooks: {
      onRequest: async ({ path }) =>
        path === '/pods' ? { answer: { status: 200, body: 'no pods here' } } : undefined,
    },
  });
  const get = async (path: string): Promise<string> => {
    const answered = await segment.believing.roundTrip(kubelet, {
      method: 'GET',
      path,
      headers: [['Host', NODE]],
    });
    if (answered.kind === 'refusal') throw new Error(answered.text);
    return text(answered.body);
  };
  expect(await get('/pods')).toBe('no pods here');
  expect(await get('/containerLogs/default/web/web')).not.toContain('no pods here');
  expect(attack.loot.requests.map(({ path }) => path)).toEqual(['/pods', '/containerLogs/default/web/web']);
});
