import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { startTls } from '../network/secure-client';
import { portForwardHeaders } from '../wire/port-forward';
import { SpdySession } from '../wire/spdy-session';
import { clientOf, type Lab, NODE, PORT_FORWARD, pod, startLab, textOf } from './kubelet.test.fixtures';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ kubelet: { staticPods: [pod('web', { image: 'midplane/web' })] } });
  await lab.kubelet.whenRunning('default', 'web');
});
afterAll(() => lab[Symbol.asyncDispose]());

const REQUEST = 'POST /echo HTTP/1.0\r\nContent-Length: 6\r\n\r\ncanary';

async function openSession(): Promise<SpdySession> {
  const upgraded = await clientOf(lab).upgrade('/portForward/default/web', PORT_FORWARD);
  if (upgraded.kind !== 'upgraded') throw new Error('not upgraded');
  return new SpdySession(upgraded.socket, { role: 'client' });
}

async function connect(session: SpdySession, port: number, requestId: number) {
  const error = await session.open(portForwardHeaders('error', port, requestId));
  error.end();
  const data = await session.open(portForwardHeaders('data', port, requestId));
  return { error, data };
}

describe('port-forward over SPDY', () => {
  test('carries connections to the pod, with half-close, several at a time', async () => {
    const session = await openSession();
    const box = lab.kubelet.container('default', 'web', 'c');
    box?.forget();
    const answers = [0, 1, 2].map(async (requestId) => {
      const { error, data } = await connect(session, 8080, requestId);
      data.end(REQUEST);
      return [await textOf(data), await textOf(error)];
    });
    for (const [answer, problem] of await Promise.all(answers)) {
      expect(answer).toContain('200 OK');
      expect(answer?.endsWith('POST /echo\ncanary')).toBe(true);
      expect(problem).toBe('');
    }
    expect(box?.heard().toString()).toContain(REQUEST);
    session.close();
    await session.ended;
  });

  test('answers after the client has ended its side only because the backend did', async () => {
    const session = await openSession();
    const { data } = await connect(session, 8080, 0);
    data.write(REQUEST);
    expect(await textOf(data)).toContain('POST /echo\ncanary');
    session.close();
    await session.ended;
  });

  test('says that nothing listens, in the words of the runtime, and keeps the session', async () => {
    const session = await openSession();
    const { error, data } = await connect(session, 9, 0);
    expect(await textOf(error)).toMatch(
      new RegExp(
        '^error forwarding port 9 to pod ([0-9a-f]{64}), uid : failed to execute portforward in network namespace ' +
          '"/var/run/netns/cni-[0-9a-f]+": failed to connect to localhost:9 inside namespace "\\1", ' +
          'IPv4: dial tcp4 127\\.0\\.0\\.1:9: connect: connection refused ' +
          'IPv6 dial tcp6 \\[::1\\]:9: connect: connection refused $',
      ),
    );
    expect(await textOf(data)).toBe('');
    const { data: next } = await connect(session, 8080, 1);
    next.end(REQUEST);
    expect(await textOf(next)).toContain('canary');
    session.close();
    await session.ended;
  });

  test('resets a stream without a port', async () => {
    const session = await openSession();
    const stream = await session
      .open({ streamtype: 'data', requestid: '0' })
      .catch((error: Error) => error.message);
    expect(stream).toContain('reset by the peer');
    session.close();
    await session.ended;
  });
});

describe('port-forward over WebSocket', () => {
  test('begins both channels with the port', async () => {
    const connection = await lab.controlPlane.dial({ host: NODE, port: 10250 });
    if (connection.kind === 'refusal') throw new Error(connection.text);
    const secure = await startTls(connection, { trust: { kind: 'verify-nobody' } });
    if (secure.kind === 'refusal') throw new Error(secure.text);
    const socket = new WebSocket(
      `ws://${NODE}:10250/portForward/default/web?port=8080`,
      ['v4.channel.k8s.io'],
      {
        createConnection: () => secure.socket,
      },
    );
    const messages: Buffer[] = [];
    const answered = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        messages.push(data);
        if (messages.length === 2) socket.send(Buffer.concat([Buffer.of(0), Buffer.from(REQUEST)]));
        if (data.includes('canary')) resolve();
      });
    });
    await answered;
    expect(messages[0]).toEqual(Buffer.from([0, 0x90, 0x1f]));
    expect(messages[1]).toEqual(Buffer.from([1, 0x90, 0x1f]));
    await new Promise((resolve) => socket.once('close', resolve));
  });
});

describe('a pod with a web server', () => {
  const ask = async (port: number, path: string, method = 'GET') => {
    const { Transport } = await import('../network/transport');
    const transport = new Transport({ from: lab.node, trust: () => ({ kind: 'verify-nobody' }) });
    const scheme = port === 8443 ? ('https' as const) : ('http' as const);
    const body = method === 'POST' ? { body: Buffer.from('canary-up') } : {};
    const target = { host: '10.244.1.5', port, scheme };
    const answer = await transport.roundTrip(target, { method, path, headers: [['Host', 'web']], ...body });
    if (answer.kind === 'refusal') throw new Error(answer.text);
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    return { status: answer.status, text: Buffer.concat(chunks).toString() };
  };

  test.each([8080, 8443])('tells its secret on port %d and takes down what it was told', async (port) => {
    const box = lab.kubelet.container('default', 'web', 'c');
    box?.plant('s3cret');
    box?.forget();
    expect(await ask(port, '/canary', 'POST')).toEqual({ status: 200, text: 's3cret\n' });
    expect(box?.heard().toString()).toBe('POST /canary HTTP/1.1\ncanary-up');
    expect((await ask(port, '/')).text).toContain('<h1>web</h1>');
    expect(await ask(port, '/other?x=1', 'POST')).toEqual({
      status: 200,
      text: 'POST /other?x=1\ncanary-up',
    });
  });
});
