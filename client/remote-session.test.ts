import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { failure } from '../api/status';
import { makePair } from '../network/secure.test.fixtures';
import { CHANNEL, decodeChannel, encodeChannel } from '../wire/channel';
import {
  exitStatus,
  internalErrorStatus,
  STREAM_PROTOCOL_V5,
  successStatus,
  type TerminalSize,
} from '../wire/remote-command';
import {
  acceptWebSocket,
  DIAL_FAILED,
  refuseUpgrade,
  type ScriptedApiserver,
  scriptedApiserver,
  signalled,
} from './kube-client.test.fixtures';

const AT = { namespace: 'default', pod: 'web', container: 'web' };

/** What the server end of an exec says. */
class Shell {
  readonly socket: WebSocket;
  constructor(socket: WebSocket) {
    this.socket = socket;
  }
  say(channel: number, text: string, sent: () => void = () => {}): void {
    this.socket.send(encodeChannel(STREAM_PROTOCOL_V5, channel, Buffer.from(text)), sent);
  }
  end(status: string): void {
    this.say(CHANNEL.error, status);
    this.socket.close(1000);
  }
  /** Calls back for every message that names a channel. */
  on(listener: (channel: number, bytes: Buffer | 'closed') => void): void {
    this.socket.on('message', (data, binary) => {
      const message = decodeChannel(STREAM_PROTOCOL_V5, data as Buffer, binary);
      if (message.kind === 'data') listener(message.channel, message.bytes);
      if (message.kind === 'close') listener(message.channel, 'closed');
    });
  }
}

function shellServer(serve: (shell: Shell, url: string) => void): Promise<ScriptedApiserver> {
  return scriptedApiserver({
    onUpgrade: (request, socket, head) => {
      acceptWebSocket(request, socket, head, STREAM_PROTOCOL_V5, (webSocket) =>
        serve(new Shell(webSocket), `${request.method} ${request.url}`),
      );
    },
  });
}

describe('exec', () => {
  test('asks with kubectl’s query and gives back output and success', async () => {
    const asked = signalled<string>();
    await using server = await shellServer((shell, url) => {
      asked.resolve(url);
      shell.say(CHANNEL.stdout, '');
      shell.say(CHANNEL.stdout, 'out');
      shell.say(CHANNEL.stderr, 'err');
      shell.end(successStatus());
    });
    const chunks: string[] = [];
    const outcome = await server.client.exec({
      ...AT,
      command: ['sh', '-c', 'echo a & b'],
      onStdout: (chunk) => chunks.push(chunk.toString()),
    });
    expect(outcome).toMatchObject({ ok: true, exitCode: 0, words: '' });
    expect([outcome.stdout.toString(), outcome.stderr.toString(), chunks]).toEqual(['out', 'err', ['out']]);
    expect(await asked.promise).toBe(
      'GET /api/v1/namespaces/default/pods/web/exec?command=sh&command=-c&command=echo+a+%26+b&container=web&stderr=true&stdout=true',
    );
  });

  test('an exit code becomes kubectl’s own', async () => {
    await using server = await shellServer((shell) => shell.end(exitStatus(3)));
    expect(await server.client.exec({ ...AT, command: ['false'] })).toMatchObject({
      ok: false,
      exitCode: 3,
      words: 'command terminated with exit code 3',
    });
  });

  test.each(['a buffer', 'a stream'])('3 MB of stdin from %s arrive whole, then its end', async (source) => {
    const sent = Buffer.alloc(3 * 1024 * 1024, 'midplane ');
    await using server = await shellServer((shell) => {
      const hash = createHash('md5');
      shell.on((channel, bytes) => {
        if (channel !== CHANNEL.stdin) return;
        if (bytes === 'closed') {
          shell.say(CHANNEL.stdout, hash.digest('hex'));
          shell.end(successStatus());
        } else hash.update(bytes);
      });
    });
    const stream = new PassThrough();
    if (source === 'a stream') stream.end(sent);
    const outcome = await server.client.exec({
      ...AT,
      command: ['md5sum'],
      stdin: source === 'a buffer' ? sent : stream,
    });
    expect(outcome.ok).toBe(true);
    expect(outcome.stdout.toString()).toBe(createHash('md5').update(sent).digest('hex'));
  });

  test('stdin that never ends does not outlive the command', async () => {
    await using server = await shellServer((shell) => {
      shell.on((_channel, bytes) => {
        if (bytes.toString() === 'hello') shell.end(exitStatus(1));
      });
    });
    const stdin = new PassThrough();
    stdin.write('hello');
    expect(await server.client.exec({ ...AT, command: ['sh'], stdin })).toMatchObject({ exitCode: 1 });
    expect(stdin.listenerCount('data')).toBe(0);
    expect(stdin.destroyed).toBe(false);
  });

  test('terminal sizes arrive in order, and a terminal has no stderr', async () => {
    const sizes: TerminalSize[] = [
      { Width: 80, Height: 24 },
      { Width: 120, Height: 40 },
      { Width: 1, Height: 65535 },
    ];
    async function* changing(): AsyncGenerator<TerminalSize> {
      yield* sizes;
    }
    const asked = signalled<string>();
    await using server = await shellServer((shell, url) => {
      asked.resolve(url);
      const heard: string[] = [];
      shell.on((channel, bytes) => {
        if (channel === CHANNEL.resize) heard.push(bytes.toString());
        if (heard.length === 3) {
          shell.say(CHANNEL.stdout, heard.join(''));
          shell.end(successStatus());
        }
      });
    });
    const outcome = await server.client.exec({
      ...AT,
      command: ['sh'],
      tty: true,
      stdin: new PassThrough(),
      sizes: changing(),
    });
    expect(outcome.stdout.toString()).toBe(
      '{"Width":80,"Height":24}\n{"Width":120,"Height":40}\n{"Width":1,"Height":65535}\n',
    );
    expect(await asked.promise).toMatch(/stdin=true&stdout=true&tty=true$/);
  });

  test('a failure on the error channel is told without its reason', async () => {
    const text = 'error sending request: Post "https://10.0.0.11:10250/exec": EOF';
    await using server = await shellServer((shell) => shell.end(internalErrorStatus(text)));
    expect(await server.client.exec({ ...AT, command: ['ls'] })).toMatchObject({
      exitCode: 1,
      words: `error: Internal error occurred: ${text}`,
    });
  });

  test.each([
    [
      'no close frame',
      (shell: Shell) => shell.socket.terminate(),
      'next reader: websocket: close 1006 (abnormal closure): unexpected EOF',
    ],
    [
      'a close frame without a code',
      (shell: Shell) => shell.socket.close(),
      'next reader: websocket: close 1005 (no status)',
    ],
    [
      'another code',
      (shell: Shell) => shell.socket.close(1011, 'boom'),
      'next reader: websocket: close 1011 (internal server error): boom',
    ],
    ['a text message', (shell: Shell) => shell.socket.send('text'), 'unexpected message type: 1'],
  ])('%s fails it although the output was complete', async (_case, act, text) => {
    await using server = await shellServer((shell) => {
      shell.say(CHANNEL.stdout, 'out', () => act(shell));
    });
    const outcome = await server.client.exec({ ...AT, command: ['ls'] });
    expect(outcome).toMatchObject({
      ok: false,
      exitCode: 1,
      words: `error: error reading from error stream: ${text}`,
    });
    expect(outcome.stdout.toString()).toBe('out');
  });

  test('an abort ends it at both ends', async () => {
    const left = signalled<void>();
    const stop = new AbortController();
    await using server = await shellServer((shell) => {
      shell.socket.once('close', () => left.resolve());
      shell.say(CHANNEL.stdout, 'running');
    });
    const outcome = await server.client.exec({
      ...AT,
      command: ['sleep'],
      signal: stop.signal,
      onStdout: () => stop.abort(),
    });
    expect(outcome).toMatchObject({ ok: false, exitCode: 130, words: '' });
    expect(outcome.stdout.toString()).toBe('running');
    await left.promise;
  });
});

describe('attach', () => {
  test('asks without a command, and may leave stdin open', async () => {
    const heard: string[] = [];
    await using server = await shellServer((shell, url) => {
      heard.push(url);
      shell.on((_channel, bytes) => {
        heard.push(bytes.toString());
        shell.say(CHANNEL.stdout, 'answer');
      });
    });
    const stop = new AbortController();
    const outcome = await server.client.attach({
      ...AT,
      stdin: Buffer.from('question'),
      keepStdinOpen: true,
      signal: stop.signal,
      onStdout: () => stop.abort(),
    });
    expect(outcome.stdout.toString()).toBe('answer');
    expect(heard).toEqual([
      'GET /api/v1/namespaces/default/pods/web/attach?container=web&stderr=true&stdin=true&stdout=true',
      'question',
    ]);
  });
});

describe('an upgrade that does not happen', () => {
  test.each([
    [
      'a Status',
      500,
      DIAL_FAILED,
      'application/json',
      'Error from server: error dialing backend: dial tcp 10.0.0.11:10250: connect: connection refused',
    ],
    [
      'text',
      403,
      'Forbidden (user=x)\n',
      'text/plain',
      'error: unable to upgrade connection: Forbidden (user=x)',
    ],
    ['a 200', 200, 'hello', 'text/plain', 'error: unable to upgrade connection: hello'],
  ])('is told from %s', async (_case, status, body, contentType, words) => {
    await using server = await scriptedApiserver({
      onUpgrade: (_request, socket) => refuseUpgrade(socket, status, body, contentType),
    });
    expect(await server.client.exec({ ...AT, command: ['ls'] })).toMatchObject({
      ok: false,
      exitCode: 1,
      words,
    });
  });

  test('is an unexpected end when the server hangs up', async () => {
    await using server = await scriptedApiserver({ onUpgrade: (_request, socket) => void socket.end() });
    expect(await server.client.exec({ ...AT, command: ['ls'] })).toMatchObject({
      words: 'error: unexpected EOF',
    });
  });

  test('is told when the server chose no subprotocol', async () => {
    await using server = await scriptedApiserver({
      onUpgrade: (request, socket, head) => acceptWebSocket(request, socket, head, null, () => {}),
    });
    expect((await server.client.exec({ ...AT, command: ['ls'] })).words).toBe(
      'error: unable to upgrade streaming request: invalid protocol, expected one of ["v5.channel.k8s.io"], got ""',
    );
  });

  test('is told when nobody listens, and when the server is not believed', async () => {
    let server: string;
    let client: ScriptedApiserver['client'];
    {
      await using scripted = await scriptedApiserver({});
      const stranger = scripted.clientWith({
        trust: {
          kind: 'verify',
          bundlePem: makePair('LAB stranger', { authority: true }).certPem,
          host: 'apiserver.lab',
        },
      });
      const outcome = await stranger.exec({ ...AT, command: ['ls'] });
      expect(outcome.words).toMatch(/^Unable to connect to the server: .*x509: /);
      ({ server, client } = scripted);
    }
    expect((await client.exec({ ...AT, command: ['ls'] })).words).toBe(
      `The connection to the server ${server} was refused - did you specify the right host or port?`,
    );
  });
});

describe('looking the pod up first', () => {
  const withPod = (status: number, pod: object): Promise<ScriptedApiserver> =>
    scriptedApiserver({
      onRequest: (_request, response) => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(pod));
      },
      onUpgrade: (request, socket, head) => {
        acceptWebSocket(request, socket, head, STREAM_PROTOCOL_V5, (webSocket) => {
          const shell = new Shell(webSocket);
          shell.say(CHANNEL.stdout, request.url ?? '');
          shell.end(successStatus());
        });
      },
    });
  const asked = { namespace: 'default', pod: 'web', command: ['ls'], lookUpPod: true };

  test('fills in the container', async () => {
    await using server = await withPod(200, {
      spec: { containers: [{ name: 'first' }, { name: 'second' }] },
      status: { phase: 'Running' },
    });
    expect((await server.client.exec(asked)).stdout.toString()).toContain('container=first');
  });

  test('refuses a pod that has ended', async () => {
    await using server = await withPod(200, { status: { phase: 'Succeeded' } });
    expect((await server.client.exec(asked)).words).toBe(
      'error: cannot exec into a container in a completed pod; current phase is Succeeded',
    );
    expect((await server.client.attach(asked)).words).toBe(
      'error: cannot attach a container in a completed pod; current phase is Succeeded',
    );
  });

  test('tells that there is none', async () => {
    await using server = await withPod(404, failure(404, 'pods "web" not found', 'NotFound'));
    expect((await server.client.exec(asked)).words).toBe(
      'Error from server (NotFound): pods "web" not found',
    );
  });
});

test('closing the client ends what is running', async () => {
  const running = signalled<WebSocket>();
  await using server = await shellServer((shell) => running.resolve(shell.socket));
  const outcome = server.client.exec({ ...AT, command: ['sleep'] });
  const socket = await running.promise;
  const closed = once(socket, 'close');
  await server.client.close();
  expect(await outcome).toMatchObject({ ok: false, words: '' });
  await closed;
});
