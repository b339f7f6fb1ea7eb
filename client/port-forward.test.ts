import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { createWebSocketStream } from 'ws';
import { PORT_FORWARD_TUNNEL_PROTOCOL, PortForwardPairing } from '../wire/port-forward';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import type { PortForward } from './kube-client';
import {
  acceptWebSocket,
  DIAL_FAILED,
  refuseUpgrade,
  type ScriptedApiserver,
  scriptedApiserver,
  signalled,
} from './kube-client.test.fixtures';

const AT = { namespace: 'default', pod: 'web' };

/** What serves one forwarded connection. */
type Serve = (connection: { port: number; error: SpdyStream; data: SpdyStream }) => void;

function serveSession(transport: Duplex, serve: Serve): SpdySession {
  const pairing = new PortForwardPairing<SpdyStream>();
  return new SpdySession(transport, {
    role: 'server',
    onStream: (stream) => {
      const step = pairing.offer(stream);
      if (step.kind === 'refused') {
        stream.reset();
        return;
      }
      stream.reply();
      if (step.kind === 'paired') serve(step);
    },
  });
}

interface Seen {
  request: IncomingMessage | null;
  session: SpdySession | null;
}

/** Serves both ways of port-forward. */
async function forwardingServer(serve: Serve): Promise<ScriptedApiserver & { seen: Seen }> {
  const seen: Seen = { request: null, session: null };
  const server = await scriptedApiserver({
    onUpgrade: (request, socket, head) => {
      seen.request = request;
      if (request.headers.upgrade === 'SPDY/3.1') {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n',
        );
        seen.session = serveSession(socket, serve);
        return;
      }
      expect(request.headers['sec-websocket-protocol']).toBe(PORT_FORWARD_TUNNEL_PROTOCOL);
      acceptWebSocket(request, socket, head, PORT_FORWARD_TUNNEL_PROTOCOL, (webSocket) => {
        // Message boundaries carry no meaning, and Go's framer sends empty messages.
        webSocket.send(Buffer.alloc(0));
        seen.session = serveSession(createWebSocketStream(webSocket), serve);
      });
    },
  });
  return { ...server, seen, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function forwarded(server: ScriptedApiserver, by: 'websocket' | 'spdy'): Promise<PortForward> {
  const result = await server.client.portForward({ ...AT, by });
  if (result.kind === 'outcome') throw new Error(result.words);
  return result;
}

/** Reads to the end and leaves the writing half alone. */
function readAll(stream: Duplex): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
  });
}

describe.each(['websocket', 'spdy'] as const)('port-forward by %s', (by) => {
  test('50 connections at once, each with its own bytes both ways', async () => {
    await using server = await forwardingServer(({ port, error, data }) => {
      const hash = createHash('md5');
      data.on('data', (chunk: Buffer) => hash.update(chunk));
      data.on('end', () => {
        data.end(`${port} ${hash.digest('hex')}`);
        error.end();
      });
    });
    await using forward = await forwarded(server, by);
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const sent = Buffer.alloc(20_000 + index * 1000, `connection ${index} `);
        const connection = await forward.connect(8000 + index);
        const answer = readAll(connection);
        connection.end(sent);
        return [(await answer).toString(), `${8000 + index} ${createHash('md5').update(sent).digest('hex')}`];
      }),
    );
    for (const [answer, expected] of answers) expect(answer).toBe(expected);
  });

  test('asks as kubectl does', async () => {
    await using server = await forwardingServer(({ error, data }) => {
      error.end();
      data.end(JSON.stringify([error.headers, data.headers]));
    });
    await using forward = await forwarded(server, by);
    expect(server.seen.request?.method).toBe(by === 'spdy' ? 'POST' : 'GET');
    expect(server.seen.request?.url).toBe('/api/v1/namespaces/default/pods/web/portforward');
    await forward.connect(1).then((connection) => connection.destroy());
    const connection = await forward.connect(8080);
    expect(JSON.parse((await readAll(connection)).toString())).toEqual([
      { streamtype: 'error', port: '8080', requestid: '1' },
      { streamtype: 'data', port: '8080', requestid: '1' },
    ]);
  });

  test('the server may end its half first', async () => {
    const heard = signalled<string>();
    await using server = await forwardingServer(({ data, error }) => {
      error.end();
      data.end('greeting');
      void readAll(data).then((bytes) => heard.resolve(bytes.toString()));
    });
    await using forward = await forwarded(server, by);
    const connection = await forward.connect(80);
    expect((await readAll(connection)).toString()).toBe('greeting');
    const closed = once(connection, 'close');
    connection.end('said after your end');
    expect(await heard.promise).toBe('said after your end');
    await closed;
  });

  test('a reported failure destroys the connection with kubectl’s words and ends the session', async () => {
    const text =
      'error forwarding port 9 to pod web, uid 1: dial tcp4 127.0.0.1:9: connect: connection refused';
    await using server = await forwardingServer(({ error, data }) => {
      error.end(text);
      data.reset();
    });
    await using forward = await forwarded(server, by);
    const connection = await forward.connect(9, { localPort: 41695 });
    await expect(readAll(connection)).rejects.toThrow(`an error occurred forwarding 41695 -> 9: ${text}`);
    expect(await forward.ended).toMatchObject({ ok: false, words: 'error: lost connection to pod' });
    await expect(forward.connect(10)).rejects.toThrow('error creating forwarding stream for port 10 -> 10');
  });

  test('a connection that breaks off without a word simply ends', async () => {
    await using server = await forwardingServer(({ error, data }) => {
      error.end();
      data.write('half', () => data.reset());
    });
    await using forward = await forwarded(server, by);
    expect((await readAll(await forward.connect(80))).toString()).toBe('half');
  });

  test('a session that the server ends is lost, with its connections', async () => {
    await using server = await forwardingServer(({ data }) => data.write('up'));
    await using forward = await forwarded(server, by);
    const connection = await forward.connect(80);
    await once(connection, 'readable');
    const rest = readAll(connection);
    server.seen.session?.close();
    expect((await rest).toString()).toBe('up');
    expect((await forward.ended).words).toBe('error: lost connection to pod');
  });

  test('closing it resets what is open and says goodbye', async () => {
    const broken = signalled<void>();
    await using server = await forwardingServer(({ data }) => {
      data.resume();
      data.once('close', () => broken.resolve());
    });
    const forward = await forwarded(server, by);
    const connection = await forward.connect(80);
    forward.close();
    await broken.promise;
    expect(connection.destroyed).toBe(true);
    expect(await forward.ended).toMatchObject({ ok: true, words: '' });
    expect(await server.seen.session?.ended).toEqual({ kind: 'peer-left' });
  });

  test('an abort ends it', async () => {
    await using server = await forwardingServer(() => {});
    const stop = new AbortController();
    const forward = await server.client.portForward({ ...AT, by, signal: stop.signal });
    if (forward.kind === 'outcome') throw new Error(forward.words);
    stop.abort();
    expect(await forward.ended).toMatchObject({ ok: false, exitCode: 130, words: '' });
    expect(await server.seen.session?.ended).toEqual({ kind: 'peer-left' });
  });

  test.each([
    [
      'a Status',
      500,
      DIAL_FAILED,
      'application/json',
      'error dialing backend: dial tcp 10.0.0.11:10250: connect: connection refused',
    ],
    ['text', 403, 'Forbidden (user=x)', 'text/plain', 'unable to upgrade connection: Forbidden (user=x)'],
  ])('a refusal is told from %s', async (_case, status, body, contentType, text) => {
    await using server = await scriptedApiserver({
      onUpgrade: (_request, socket) => refuseUpgrade(socket, status, body, contentType),
    });
    expect(await server.client.portForward({ ...AT, by })).toMatchObject({
      kind: 'outcome',
      exitCode: 1,
      words: `error: error upgrading connection: ${text}`,
    });
  });

  test('a server that hangs up is told', async () => {
    await using server = await scriptedApiserver({ onUpgrade: (_request, socket) => void socket.end() });
    const url = `https://${server.server}/api/v1/namespaces/default/pods/web/portforward`;
    const text = by === 'spdy' ? `error sending request: Post "${url}": unexpected EOF` : 'unexpected EOF';
    expect(await server.client.portForward({ ...AT, by })).toMatchObject({
      words: `error: error upgrading connection: ${text}`,
    });
  });
});

test('a pod that does not run is not forwarded to', async () => {
  await using server = await scriptedApiserver({
    onRequest: (_request, response) => void response.end('{"status":{"phase":"Pending"}}'),
  });
  expect(await server.client.portForward({ ...AT, by: 'websocket', lookUpPod: true })).toMatchObject({
    words: 'error: unable to forward port because pod is not running. Current status=Pending',
  });
});
