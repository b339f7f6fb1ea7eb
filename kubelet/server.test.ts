import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../pki/authority';
import {
  certificates,
  clientOf,
  type Lab,
  NODE,
  OPEN,
  pod,
  REMOTE_COMMAND,
  startLab,
} from './kubelet.test.fixtures';

const STATIC = { staticPods: [pod('web', { image: 'midplane/web' }), pod('box', {})] };

let lab: Lab;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  lab = await startLab({ kubelet: STATIC, settings: { readOnlyPort: 10255 } });
  client = clientOf(lab);
  await Promise.all([lab.kubelet.whenRunning('default', 'web'), lab.kubelet.whenRunning('default', 'box')]);
});
afterAll(() => lab[Symbol.asyncDispose]());

describe('the TLS port, open to everybody', () => {
  test.each([
    ['GET', '/healthz', 200, 'ok'],
    ['GET', '/healthz?verbose', 200, '[+]ping ok\n[+]log ok\n[+]syncloop ok\nhealthz check passed\n'],
    [
      'GET',
      '/healthz?verbose&exclude=log&exclude=etcd',
      200,
      '[+]ping ok\n[+]log excluded: ok\n[+]syncloop ok\nwarn: some health checks cannot be excluded: no matches for "etcd"\nhealthz check passed\n',
    ],
    ['GET', '/nope', 404, '404 page not found\n'],
    ['GET', '/pods/x', 404, '404: Page Not Found'],
    ['GET', '/logs', 301, '<a href="/logs/">Moved Permanently</a>.\n\n'],
    ['POST', '/stats', 301, ''],
    ['GET', '/%zz', 400, '400 Bad Request'],
    ['GET', '/containerLogs/default/nope/c', 404, 'pod "nope" does not exist'],
    ['GET', '/containerLogs/default/box/nope', 404, 'container "nope" not found in pod "box"'],
    [
      'GET',
      '/containerLogs/default/box/c?previous=true',
      400,
      'previous terminated container "c" in pod "box" not found',
    ],
    ['GET', '/containerLogs/default/box/c?tailLines=x', 400, '{"message": "Unable to decode query."}'],
    ['POST', '/exec/default/nope/c?output=1', 404, 'pod does not exist'],
    ['POST', '/exec/default/box/nope?output=1', 500, 'container not found ("nope")'],
    ['POST', '/attach/default/box/nope?output=1', 500, 'container nope not found in pod box_default'],
    ['POST', '/exec/default/box/other-uid/c?output=1', 500, 'container not found ("c")'],
    ['POST', '/exec/default/box/c', 400, 'you must specify at least 1 of stdin, stdout, stderr'],
    ['GET', '/exec/default/box/c?output=1&command=id', 500, 'Upgrade request required\n'],
    ['POST', '/attach/default/box/c?output=1', 500, 'Upgrade request required\n'],
    ['POST', '/portForward/default/nope', 404, 'pod does not exist'],
    ['POST', '/portForward/default/box/other-uid', 404, 'pod not found'],
    ['POST', '/portForward/default/box', 500, 'Upgrade request required\n'],
    ['GET', '/run/default/box/c?cmd=id', 405, '405: Method Not Allowed'],
    ['POST', '/run/default/box/c?cmd=hostname', 200, 'box\n'],
    ['POST', '/run/default/box/uid-box/c?cmd=echo+a++b', 200, 'a  b\n'],
    ['POST', '/run/default/nope/c?cmd=id', 404, 'pod does not exist'],
    ['POST', '/run/default/box/nope?cmd=id', 500, 'container not found ("nope")'],
    [
      'POST',
      '/run/default/box/c?cmd=cat+/x',
      500,
      "command 'cat /x' exited with 1: cat: can't open '/x': No such file or directory\n",
    ],
    ['GET', '/logs/', 200, '<!doctype html>\n<pre>\n</pre>\n'],
    ['GET', '/logs/syslog', 404, '404 page not found\n'],
    ['GET', '/debug/pprof/heap', 404, 'Unknown profile\n'],
    ['GET', '/debug/flags/v', 406, 'unsupported http method\n'],
    ['DELETE', '/metrics/slis', 200, 'metrics reset\n'],
    ['POST', '/checkpoint/default/nope/c', 404, 'pod does not exist'],
    ['POST', '/checkpoint/default/box/nope', 404, 'container nope does not exist'],
    ['POST', '/checkpoint/default/box/c?timeout=x', 404, 'cannot parse value of timeout parameter'],
    [
      'POST',
      '/checkpoint/default/box/c',
      500,
      'checkpointing of default/box/c failed (rpc error: code = Unimplemented desc = method CheckpointContainer not implemented)',
    ],
  ])('%s %s is %d %j', async (method, path, status, text) => {
    const answer = await client.request(method, path);
    expect([answer.status, answer.text]).toEqual([status, text]);
  });

  test('a 404 and a 405 have the headers that Go gives them', async () => {
    const nope = (await client.request('GET', '/nope')).headers;
    expect(nope.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(nope.get('x-content-type-options')).toBe('nosniff');
    expect((await client.request('GET', '/pods/x')).headers.has('x-content-type-options')).toBe(false);
    // A command's last line ends as http.Error's texts do, and is none.
    const failed = await client.request('POST', '/run/default/box/c?cmd=cat+/x');
    expect(failed.headers.has('x-content-type-options')).toBe(false);
    expect((await client.request('GET', '/stats?a=b')).headers.get('location')).toBe('/stats/?a=b');
    expect((await client.request('GET', '/run/default/box/c')).headers.get('allow')).toBe('POST');
    const disabled = await client.request('POST', '/portForward/default/box');
    expect(disabled.headers.get('x-content-type-options')).toBe('nosniff');
    expect(disabled.headers.has('keep-alive')).toBe(false);
  });

  test('an encoded path is the same path for authorization and routing, a winding one is sent back', async () => {
    expect((await client.request('GET', '/%70ods')).status).toBe(200);
    for (const path of ['/stats/../pods', '//pods']) {
      const { status, headers } = await client.request('GET', path);
      expect([status, headers.get('location')]).toEqual([301, '/pods']);
    }
  });

  test('shows its pods', async () => {
    const pods = JSON.parse((await client.request('GET', '/pods')).text);
    expect(pods).toMatchObject({ kind: 'PodList', apiVersion: 'v1' });
    expect(pods.items.map((it: { metadata: { name: string } }) => it.metadata.name)).toEqual(['web', 'box']);
    expect(pods.items[0].status).toMatchObject({
      phase: 'Running',
      hostIP: '10.0.0.11',
      podIP: '10.244.1.5',
    });
    const running = JSON.parse((await client.request('GET', '/runningpods/')).text);
    expect(running.items[1]).toMatchObject({
      metadata: { name: 'box', uid: 'uid-box' },
      spec: { containers: [{ name: 'c', image: 'midplane/shell' }] },
    });
  });

  test('shows its configuration, its statistics and its metrics', async () => {
    const { kubeletconfig } = JSON.parse((await client.request('GET', '/configz')).text);
    expect(kubeletconfig).toMatchObject({ authorization: { mode: 'AlwaysAllow' }, port: 10250 });
    const summary = JSON.parse((await client.request('GET', '/stats/summary')).text);
    expect(summary).toMatchObject({ node: { nodeName: 'node-1' }, pods: [{ podRef: { name: 'web' } }, {}] });
    const metrics = (await client.request('GET', '/metrics')).text;
    expect(metrics).toContain('kubelet_running_pods 2\n');
    expect(metrics).toContain('kubelet_running_containers{container_state="running"} 2\n');
    expect(metrics).toMatch(/kubelet_http_requests_total\{.*path="configz",server_type="readwrite"\} 1\n/);
    expect((await client.request('GET', '/metrics/resource')).text).toContain('resource_scrape_error 0\n');
  });

  test('writes down who asked for what', async () => {
    const before = lab.events.length;
    await client.request('GET', '/pods?x=1');
    const events = lab.events.slice(before);
    const opened = events.find((it) => it.kind === 'connection-opened');
    expect(events.find((it) => it.kind === 'request-received')).toMatchObject({
      host: 'node-1',
      connection: opened?.connection,
      data: { method: 'GET', path: '/pods?x=1', user: 'system:anonymous' },
    });
    const started = lab.events.filter((it) => it.kind === 'container-started').map((it) => it.data['pod']);
    expect(started.sort()).toEqual(['box', 'web']);
  });
});

describe('the read-only port', () => {
  test.each([
    ['/healthz', 200, 'ok'],
    ['/containerLogs/default/box/c', 405, 'Debug endpoints are disabled.\n'],
    ['/runningpods/', 405, 'Debug endpoints are disabled.\n'],
    ['/configz', 404, '404 page not found\n'],
  ])('GET %s is %d %j', async (path, status, text) => {
    const answer = await clientOf(lab, undefined, 10255).request('GET', path);
    expect([answer.status, answer.text]).toEqual([status, text]);
  });

  test('shows pods to anybody', async () => {
    expect((await clientOf(lab, undefined, 10255).request('GET', '/pods')).status).toBe(200);
  });
});

describe('who may come in', () => {
  const authentication = {
    ...OPEN.authentication,
    anonymous: { enabled: false },
  } as typeof OPEN.authentication;

  test('the apiserver by its certificate; nobody without one, or with a foreign one', async () => {
    const { apiserver } = await certificates();
    const rogue = await createAuthority({ commonName: 'LAB rogue' });
    const foreign = await rogue.issue({
      commonName: 'kube-apiserver-kubelet-client',
      usages: ['clientAuth'],
    });
    await using closed = await startLab({ settings: authentication === undefined ? {} : { authentication } });
    expect((await clientOf(closed, apiserver).request('GET', '/pods')).status).toBe(200);
    for (const pair of [undefined, foreign]) {
      const answer = await clientOf(closed, pair).request('GET', '/pods');
      expect([answer.status, answer.text]).toEqual([401, 'Unauthorized']);
    }
    const denied = closed.events.filter((it) => it.kind === 'request-denied');
    expect(denied.map((it) => it.data)).toEqual([
      { code: 401, text: 'Unauthorized' },
      { code: 401, text: 'Unauthorized' },
    ]);
  });

  test('a foreign or a serving certificate is refused although anonymous is allowed', async () => {
    const { serving } = await certificates();
    expect((await clientOf(lab, serving).request('GET', '/pods')).status).toBe(401);
    expect((await client.request('GET', '/pods')).status).toBe(200);
  });

  test('without a client CA no certificate is asked for', async () => {
    const { apiserver } = await certificates();
    await using other = await startLab({ kubelet: { clientCaPem: null } });
    await clientOf(other, apiserver).request('GET', '/pods');
    expect(other.events.find((it) => it.kind === 'request-received')?.data['user']).toBe('system:anonymous');
  });
});

describe('clients that misbehave', () => {
  const exec = '/exec/default/box/c?command=cat&input=1&output=1';

  test.each([
    ['frames that are none', Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(100))],
    ['a frame longer than any', Buffer.from('80030001ffffffff', 'hex')],
    ['half a frame', Buffer.from('8003', 'hex')],
    ['nothing at all', Buffer.alloc(0)],
  ])('%s after the upgrade end that session and nothing else', async (_name, bytes) => {
    const upgraded = await client.upgrade(exec, REMOTE_COMMAND);
    if (upgraded.kind !== 'upgraded') throw new Error(upgraded.kind);
    const closed = new Promise((resolve) => upgraded.socket.once('close', resolve));
    upgraded.socket.on('error', () => undefined);
    upgraded.socket.resume();
    upgraded.socket.end(bytes);
    await closed;
    expect((await client.request('GET', '/healthz')).status).toBe(200);
  });

  test.each([
    ['no HTTP', 'rubbish\r\n\r\n'],
    ['a head past 1 MiB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(1 << 20)}\r\n\r\n`],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ])('%s is answered with a status and hung up on', async (_name, text) => {
    const connection = await lab.controlPlane.dial({ host: NODE, port: 10255 });
    if (connection.kind === 'refusal') throw new Error(connection.text);
    connection.socket.on('error', () => undefined);
    connection.socket.write(text);
    let answer = '';
    connection.socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    await new Promise((resolve) => connection.socket.once('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await client.request('GET', '/healthz')).status).toBe(200);
  });
});

describe('an upgrade that is refused', () => {
  test('leaves its connection to further requests, as with Go’s server', async () => {
    const peer = await lab.controlPlane.dial({ host: NODE, port: 10255 });
    if (peer.kind === 'refusal') throw new Error(peer.text);
    const upgrade = `POST /exec/default/nope/c?output=1 HTTP/1.1\r\nHost: ${NODE}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n`;
    // The second comes behind the first without waiting; the third is no upgrade, and asks for the end.
    peer.socket.write(upgrade + upgrade);
    peer.socket.write(`GET /healthz HTTP/1.1\r\nHost: ${NODE}\r\nConnection: close\r\n\r\n`);
    let answer = '';
    for await (const bytes of peer.socket as AsyncIterable<Buffer>) answer += bytes.toString('latin1');
    expect(answer.match(/(?<=^HTTP\/1\.1 )\d+/gm)).toEqual(['405', '405', '200']);
    expect(answer).not.toMatch(/^Connection: (?!close)/m);
  });
});

describe('the serving certificate', () => {
  test('without one the handshake fails, until there is one', async () => {
    const { serving } = await certificates();
    await using waiting = await startLab({ kubelet: { servingKeyPair: null } });
    await expect(clientOf(waiting).request('GET', '/healthz')).rejects.toThrow(
      'remote error: tls: internal error',
    );
    waiting.kubelet.replaceServingKeyPair(serving);
    expect((await clientOf(waiting).request('GET', '/healthz')).status).toBe(200);
  });
});

describe('starting', () => {
  test('a port that is taken is a mistake with a hint, and nothing stays open', async () => {
    await expect(
      startLab({
        prepare: async ({ fabric }) => {
          await fabric.host('node-1')?.listen({ address: '10.0.0.11', port: 10250 }, () => undefined);
        },
      }),
    ).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });

  test('webhook modes without an apiserver are a mistake', async () => {
    const settings = { authorization: { ...OPEN.authorization, mode: 'Webhook' } } as typeof OPEN;
    await expect(startLab({ settings })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'no client provided, cannot use webhook authorization',
    });
  });
});
