import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { Endpoint } from '../network/network';
import { LootBag } from './loot';
import { type Replay, replayLoot, replayWorked } from './replay';
import { KUBELET, NODE, type Segment, startSegment } from './testing-segment';

const APISERVER: Endpoint = { address: NODE, port: 6443 };
const TOKEN = 'eyJhbGciOiJub25lIn0.e30.';
const patience = { answerMs: 30_000, altogetherMs: 60_000 };

const nothing: Replay = {
  credential: 'bearer token in a header',
  request: null,
  status: 0,
  identity: null,
  allowed: [],
};

/** What a victim let fall into the attacker's hands. */
function bagWith(...requests: readonly (readonly [method: string, path: string, token?: string])[]): LootBag {
  const loot = new LootBag();
  for (const [method, path, token = TOKEN] of requests) {
    const headers = [['Authorization', `Bearer ${token}`]] as const;
    loot.noteRequest({ connection: 'c', method, path, headers });
  }
  return loot;
}

function send(response: ServerResponse, status: number, body: unknown = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

const isBearer = (authorization: string | undefined): boolean => authorization === `Bearer ${TOKEN}`;

const rules = [
  { verbs: ['get', 'list'], apiGroups: [''], resources: ['secrets'] },
  { verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['a', 'b'] },
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews'] },
];

/** Knows the token, and may be read by nobody else but for one path. */
const apiserver: RequestListener = (request, response) => {
  const path = request.url ?? '';
  if (path === '/version') send(response, 200);
  else if (request.headers.authorization === undefined) send(response, 403);
  else if (!isBearer(request.headers.authorization)) send(response, 401);
  else if (path.endsWith('/selfsubjectreviews')) {
    send(response, 201, { status: { userInfo: { username: 'system:serviceaccount:a:b' } } });
  } else if (path.endsWith('/selfsubjectrulesreviews')) {
    send(response, 201, { status: { resourceRules: rules } });
  } else if (path.includes('/secrets')) send(response, 200, { kind: 'SecretList' });
  else send(response, 403);
};

async function replay(segment: Segment, loot: LootBag, genuine = APISERVER): Promise<readonly Replay[]> {
  await replayLoot(segment.attackerHost, { genuine, apiserver: APISERVER }, loot, patience);
  return loot.replays;
}

describe('a token that is used again', () => {
  test('is worth what the genuine server says', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: apiserver });
    const loot = bagWith(['GET', '/api/v1/secrets?limit=1']);
    const [replayed, ...others] = await replay(segment, loot);
    expect(others).toEqual([]);
    expect(replayed).toEqual({
      credential: 'bearer token in a header',
      opened: 'GET /api/v1/secrets?limit=1: {"kind":"SecretList"}',
      request: 'GET /api/v1/secrets?limit=1',
      status: 200,
      identity: 'system:serviceaccount:a:b',
      allowed: ['get,list secrets', 'get configmaps a,b'],
    });
    expect(loot.down().toString()).toBe('{"kind":"SecretList"}');
    expect(loot.genuineAnswers).toEqual([{ status: 200, text: '{"kind":"SecretList"}' }]);
    const kinds = segment.events.filter(({ kind }) => kind === 'credential-replayed');
    expect(kinds.map(({ data }) => data['status'])).toEqual([200, 201, 201, 201]);
  });

  test('is worth nothing when the genuine server does not know it', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: apiserver });
    const [replayed] = await replay(segment, bagWith(['GET', '/api/v1/secrets', 'stale']));
    expect(replayed).toEqual({ ...nothing, request: 'GET /api/v1/secrets', status: 401 });
    expect(replayWorked(replayed ?? nothing)).toBe(false);
  });

  test('opened nothing that is open to everybody', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: (_request, response) => send(response, 200) });
    await segment.serve(KUBELET.port, { tls: true, request: (_request, response) => send(response, 200) });
    const loot = bagWith(['GET', '/version']);
    await expect(replay(segment, loot, KUBELET)).resolves.toEqual([nothing]);
    expect(loot.genuineAnswers).toEqual([]);
  });

  test('opens endpoints of a kubelet, each by itself', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: (_request, response) => send(response, 401) });
    const kubelet: RequestListener = ({ url, headers }, response) => {
      send(response, isBearer(headers.authorization) && url === '/metrics' ? 200 : 403);
    };
    await segment.serve(KUBELET.port, { tls: true, request: kubelet });
    const [replayed] = await replay(segment, bagWith(['GET', '/pods']), KUBELET);
    expect(replayed).toEqual({
      ...nothing,
      request: 'GET /pods',
      status: 403,
      allowed: ['get /metrics of the kubelet'],
      opened: 'GET /metrics: {}',
    });
    expect(replayWorked(replayed ?? nothing)).toBe(true);
  });

  test('is not taken for another that ends as it does, nor used for what would not end', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: apiserver });
    const loot = bagWith(
      ['GET', '/api/v1/others', `x${TOKEN}`],
      ['GET', '/api/v1/secrets?watch=1'],
      ['POST', '/api/v1/secrets'],
    );
    loot.noteRequest({
      connection: 'c',
      method: 'GET',
      path: '/api/v1/secrets/exec',
      headers: [
        ['Authorization', `Bearer ${TOKEN}`],
        ['Connection', 'Upgrade'],
      ],
    });
    const replayed = await replay(segment, loot);
    expect(replayed.map(({ request, status }) => [request, status])).toEqual([
      ['GET /api/v1/others', 401],
      [null, 0],
    ]);
  });

  test('of an anonymous user is nobody’s', async () => {
    await using segment = await startSegment();
    const anonymous: RequestListener = (_request, response) =>
      send(response, 201, { status: { userInfo: { username: 'system:anonymous' } } });
    await segment.serve(APISERVER.port, { tls: true, request: anonymous });
    await expect(replay(segment, bagWith(['POST', '/api/v1/events']))).resolves.toEqual([nothing]);
  });
});

describe('a replay ends, and says nothing that was not found,', () => {
  test.each<[what: string, answer: string]>([
    ['no JSON', '<html>'],
    ['half of it', '{"status":{"userInfo":{"user'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a status of text', '{"status":"Success"}'],
    ['a user that is a number', '{"status":{"userInfo":{"username":7}}}'],
    ['no user', '{"status":{"userInfo":{"username":""}}}'],
    ['a key __proto__', '{"__proto__":{"status":{"userInfo":{"username":"root"}}}}'],
    ['what is nested without end', `{"status":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ])('when the apiserver answers %s', async (_what, answer) => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, {
      tls: true,
      request: (_request, response) => response.writeHead(201).end(answer),
    });
    await expect(replay(segment, bagWith(['POST', '/api/v1/events']))).resolves.toEqual([nothing]);
  });

  test.each<[what: string, status: unknown]>([
    ['none', {}],
    ['an object', { resourceRules: { verbs: ['*'] } }],
    ['null', { resourceRules: null }],
    ['lists that hold anything', { resourceRules: [null, 7, 'x', {}, { verbs: 7, resources: 'x' }] }],
  ])('when the rules of a user are %s', async (_what, status) => {
    await using segment = await startSegment();
    const odd: RequestListener = ({ url = '' }, response) => {
      const user = { status: { userInfo: { username: 'u' } } };
      send(response, 201, url.endsWith('/selfsubjectreviews') ? user : { status });
    };
    await segment.serve(APISERVER.port, { tls: true, request: odd });
    const replayed = await replay(segment, bagWith(['POST', '/api/v1/events']));
    expect(replayed).toEqual([{ ...nothing, identity: 'u' }]);
  });

  test('with a bound on what is kept of rules without number and names without end', async () => {
    await using segment = await startSegment();
    const many = Array.from({ length: 1000 }, (_, at) => ({
      verbs: ['get'],
      resources: [`r${at}${'x'.repeat(5000)}`],
    }));
    const loud: RequestListener = ({ url = '' }, response) => {
      const user = { status: { userInfo: { username: 'u'.repeat(5000) } } };
      send(
        response,
        201,
        url.endsWith('/selfsubjectreviews') ? user : { status: { resourceRules: many.slice(0, 150) } },
      );
    };
    await segment.serve(APISERVER.port, { tls: true, request: loud });
    const [replayed] = await replay(segment, bagWith(['POST', '/api/v1/events']));
    expect(replayed?.allowed).toHaveLength(100);
    const texts = [replayed?.identity ?? '', ...(replayed?.allowed ?? [])];
    expect(Math.max(...texts.map((it) => it.length))).toBeLessThan(1100);
  });

  test.each<[what: string, serve: (segment: Segment) => Promise<unknown>]>([
    ['is not there', async () => undefined],
    ['never shakes hands', (segment) => segment.node.listen(APISERVER, () => undefined)],
    ['never answers', (segment) => segment.serve(APISERVER.port, { tls: true, request: () => undefined })],
    [
      'drops the connection',
      (segment) =>
        segment.serve(APISERVER.port, { tls: true, request: (request) => request.socket.destroy() }),
    ],
  ])('when the genuine server %s', async (_what, serve) => {
    await using segment = await startSegment();
    await serve(segment);
    const loot = bagWith(['GET', '/api/v1/secrets']);
    const servers = { genuine: APISERVER, apiserver: APISERVER };
    await replayLoot(segment.attackerHost, servers, loot, { answerMs: 100, altogetherMs: 60_000 });
    expect(loot.replays).toEqual([{ ...nothing, request: 'GET /api/v1/secrets' }]);
  });

  test('when an answer never ends, and keeps a bounded part of it', async () => {
    await using segment = await startSegment();
    const endless: RequestListener = ({ headers }, response) => {
      if (headers.authorization === undefined) {
        send(response, 401);
        return;
      }
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    await segment.serve(APISERVER.port, { tls: true, request: endless });
    const loot = bagWith(['GET', '/api/v1/secrets']);
    const opened = `GET /api/v1/secrets: ${'x'.repeat(160)}…`;
    await expect(replay(segment, loot)).resolves.toEqual([
      { ...nothing, request: 'GET /api/v1/secrets', status: 200, opened },
    ]);
    expect(loot.down()).toHaveLength(1024 * 1024);
  });

  test('when a server dribbles one byte and says no more', async () => {
    await using segment = await startSegment();
    const dribble: RequestListener = ({ method, headers }, response) => {
      if (method === 'POST' || headers.authorization === undefined) send(response, 401);
      else response.writeHead(200).write('x');
    };
    await segment.serve(APISERVER.port, { tls: true, request: dribble });
    const loot = bagWith(['GET', '/api/v1/secrets']);
    const servers = { genuine: APISERVER, apiserver: APISERVER };
    await replayLoot(segment.attackerHost, servers, loot, { answerMs: 1000, altogetherMs: 60_000 });
    const opened = 'GET /api/v1/secrets: x';
    expect(loot.replays).toEqual([{ ...nothing, request: 'GET /api/v1/secrets', status: 200, opened }]);
    expect(loot.down().toString()).toBe('x');
  });

  test('after so many tokens, however many a victim sends', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: apiserver });
    const loot = bagWith(
      ...Array.from({ length: 500 }, (_, at) => ['POST', '/api/v1/events', `token-${at}`] as const),
    );
    await expect(replay(segment, loot)).resolves.toHaveLength(8);
  });

  test('after so long, however many tokens are left', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: () => undefined });
    const loot = bagWith(
      ...Array.from({ length: 8 }, (_, at) => ['GET', '/api/v1/events', `token-${at}`] as const),
    );
    const servers = { genuine: APISERVER, apiserver: APISERVER };
    await replayLoot(segment.attackerHost, servers, loot, { answerMs: 60_000, altogetherMs: 200 });
    expect(loot.replays).toEqual([{ ...nothing, request: 'GET /api/v1/events' }]);
  });

  test('without using what no header can carry', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: apiserver });
    const loot = new LootBag();
    for (const token of ['a\r\nX-Injected: b', 'töken', '\u{1f600}', 'two words', '']) {
      const encoded = Buffer.from(token).toString('base64url');
      const protocol = `base64url.bearer.authorization.k8s.io.${encoded}`;
      const headers = [['Sec-WebSocket-Protocol', protocol]] as const;
      loot.noteRequest({ connection: 'c', method: 'GET', path: '/api/v1/secrets', headers });
    }
    expect(loot.credentials.length).toBeGreaterThan(3);
    await expect(replay(segment, loot)).resolves.toEqual([]);
  });
});

describe('what is replayed besides', () => {
  test('a token in an answer that passed, as well as one in a header', async () => {
    await using segment = await startSegment();
    await segment.serve(APISERVER.port, { tls: true, request: apiserver });
    const loot = bagWith(['GET', '/api/v1/namespaces/default/secrets/x', 'stale']);
    const secret = `{"data":{"config":"${Buffer.from(`user:\n  token: ${TOKEN}aaaaaaaaaaaaaaaaaaaa\n`).toString('base64')}"}}`;
    loot.keep('down', 'c', Buffer.from(secret));
    const replayed = await replay(segment, loot);
    expect(replayed.map(({ credential, identity }) => [credential, identity])).toEqual([
      ['bearer token in a header', null],
      ['bearer token in an answer of the genuine endpoint', null],
    ]);
  });

  test('basic authentication, and a cookie that the apiserver is not asked about', async () => {
    await using segment = await startSegment();
    const asked: string[] = [];
    await segment.serve(APISERVER.port, {
      tls: true,
      request: ({ headers, url = '' }, response) => {
        asked.push(`${url} ${headers.cookie ?? headers.authorization ?? 'nothing'}`);
        send(response, headers.cookie === 'session=1' ? 200 : 401, { welcome: 'back' });
      },
    });
    const loot = new LootBag();
    const head = { connection: 'c', method: 'GET', path: '/page' };
    loot.noteRequest({ ...head, headers: [['Authorization', 'Basic YTpi']] });
    loot.noteRequest({ ...head, headers: [['Cookie', 'session=1']] });
    const [basic, cookie] = await replay(segment, loot);
    expect(basic).toMatchObject({
      credential: 'Authorization in a request',
      request: 'GET /page',
      status: 401,
    });
    expect(cookie).toMatchObject({ status: 200, identity: null, opened: 'GET /page: {"welcome":"back"}' });
    expect(asked.filter((it) => it.startsWith('/apis')).join()).not.toContain('session=1');
    expect(loot.resent).toEqual([]);
  });

  test('a certificate that passed with its key is shown, and one without is accounted for', async () => {
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, {
      tls: true,
      request: (_request, response) => send(response, 401),
    });
    const { certPem, keyPem } = segment.serving;
    const loot = new LootBag();
    loot.keep('down', 'c', Buffer.from(`${certPem}\n${keyPem}`));
    loot.keepHandshake({
      connection: 'c',
      completed: true,
      version: 'TLSv1.3',
      alert: null,
      serverName: null,
      clientCertificateAsked: true,
      clientCertificate: { subject: 'CN=victim', organizations: [] },
    });
    const [pair, keyless] = await replay(segment, loot, KUBELET);
    expect(pair?.credential).toMatch(/^certificate of .*CN=system:node:node-1 with its key in an answer/);
    expect(keyless).toMatchObject({
      credential: 'client certificate of CN=victim, without its key',
      why: expect.stringContaining('never left the client'),
    });
    expect(replayWorked(keyless ?? nothing)).toBe(false);
  });

  test('requests without a credential, as they were: questions to an apiserver, anything to others', async () => {
    const heard: string[] = [];
    const listening: RequestListener = (request, response) => {
      let body = '';
      request.on('data', (bytes: Buffer) => {
        body += bytes.toString();
      });
      request.on('end', () => {
        heard.push(`${request.method} ${request.url} ${body}`);
        send(response, 401, 'Unauthorized');
      });
    };
    const loot = new LootBag();
    const note = (method: string, path: string, body: string, length = body.length): void => {
      const headers = [['Content-Length', String(length)]] as const;
      loot.noteRequest({ connection: 'c', method, path, headers }).addText('body', Buffer.from(body));
    };
    note('GET', '/pods', '');
    note('GET', '/pods', '');
    note('POST', '/run/a/b/c?cmd=id', 'x');
    // Of which not all is there.
    note('POST', '/run/a/b/c?cmd=cut', 'x', 99);
    note('GET', '/api/v1/pods?watch=1', '');
    await using segment = await startSegment();
    await segment.serve(KUBELET.port, { tls: true, request: listening });
    await segment.serve(APISERVER.port, { tls: true, request: listening });
    await replay(segment, loot, KUBELET);
    expect(heard).toEqual(['GET /pods ', 'POST /run/a/b/c?cmd=id x']);
    expect(loot.resent.map(({ request, status }) => `${request} ${status}`)).toEqual([
      'GET /pods 401',
      'POST /run/a/b/c?cmd=id 401',
    ]);
    heard.length = 0;
    await replay(segment, loot, APISERVER);
    expect(heard).toEqual(['GET /pods ']);
  });
});
