import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { encodeResize, exitStatus, internalErrorStatus, successStatus } from '../wire/remote-command';
import {
  clientOf,
  type Lab,
  NODE,
  openRemote,
  pod,
  SPDY,
  startLab,
  textOf,
  untilSays,
} from './kubelet.test.fixtures';

let lab: Lab;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  const pods = [pod('box', {}), pod('tty', { tty: true, stdin: true })];
  lab = await startLab({ kubelet: { staticPods: pods } });
  client = clientOf(lab);
  await Promise.all(pods.map((it) => lab.kubelet.whenRunning('default', it.metadata.name)));
});
afterAll(() => lab[Symbol.asyncDispose]());

function execPath(command: readonly string[], streams: string): string {
  const words = command.map((word) => `command=${encodeURIComponent(word)}`).join('&');
  return `/exec/default/box/c?${words}&${streams}`;
}

describe('exec over SPDY', () => {
  test('carries both outputs and the exit code', async () => {
    const path = execPath(['sh', '-c', 'echo out; echo err >&2; exit 3'], 'error=1&output=1');
    const { upgraded, session, streams } = await openRemote(client, path, ['error', 'stdout', 'stderr']);
    expect(upgraded.headers).toContainEqual(['X-Stream-Protocol-Version', 'v4.channel.k8s.io']);
    const texts = Promise.all([
      textOf(streams['stdout']),
      textOf(streams['stderr']),
      textOf(streams['error']),
    ]);
    expect(await texts).toEqual(['out\n', 'err\n', exitStatus(3)]);
    await session.ended;
  });

  test('ends standard input when the client half-closes it, and still answers', async () => {
    const path = execPath(['sh', '-c', 'cat; echo done'], 'input=1&output=1');
    const { streams } = await openRemote(client, path, ['error', 'stdin', 'stdout']);
    streams['stdin']?.write('a');
    expect(await untilSays(streams['stdout'], 'a')).toBe('a');
    streams['stdin']?.end('b\n');
    expect(await textOf(streams['stdout'])).toBe('b\ndone\n');
    expect(await textOf(streams['error'])).toBe(successStatus());
  });

  test('carries megabytes both ways unchanged', async () => {
    const path = execPath(['cat'], 'input=1&output=1');
    const { streams } = await openRemote(client, path, ['error', 'stdin', 'stdout']);
    const sent = Buffer.alloc(3 * 1024 * 1024, 'abcdefghijk');
    streams['stdin']?.end(sent);
    expect((await textOf(streams['stdout'])) === sent.toString()).toBe(true);
    expect(await textOf(streams['error'])).toBe(successStatus());
  });

  test('input that nobody reads does not hold the session up', async () => {
    const { streams } = await openRemote(client, execPath(['true'], 'input=1&output=1'), [
      'error',
      'stdin',
      'stdout',
    ]);
    streams['stdin']?.end(Buffer.alloc(1024 * 1024));
    streams['stdin']?.on('error', () => undefined);
    expect(await textOf(streams['error'])).toBe(successStatus());
  });

  test('has a terminal that knows its size', async () => {
    const path = execPath(['sh'], 'input=1&output=1&tty=1');
    const { streams } = await openRemote(client, path, ['error', 'stdin', 'stdout', 'resize']);
    const said = untilSays(streams['stdout'], '/ # ');
    streams['resize']?.write(encodeResize({ Width: 100, Height: 40 }));
    await said;
    streams['stdin']?.write('stty size\r');
    expect(await untilSays(streams['stdout'], '40 100\r\n')).toContain('stty size\r\n');
    streams['stdin']?.write('exit 7\r');
    expect(await textOf(streams['error'])).toBe(exitStatus(7));
  });

  test('says why a program cannot be started', async () => {
    const { streams } = await openRemote(client, execPath(['nope'], 'output=1'), ['error', 'stdout']);
    const status = JSON.parse(await textOf(streams['error']));
    const { message } = status;
    expect(message).toContain(
      'Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "',
    );
    expect(message).toContain('exec: "nope": executable file not found in $PATH: unknown');
    expect(status).toEqual(JSON.parse(internalErrorStatus(message.replace('Internal error occurred: ', ''))));
  });

  test('kills what it started when the client goes away', async () => {
    const box = lab.kubelet.container('default', 'box', 'c');
    const { session, streams } = await openRemote(
      client,
      execPath(['sh', '-c', 'echo here; sleep inf; echo survived > /proc/1/fd/1'], 'output=1'),
      ['error', 'stdout'],
    );
    await untilSays(streams['stdout'], 'here\n');
    session.destroy();
    await session.ended;
    const { streams: after } = await openRemote(client, execPath(['true'], 'output=1'), ['error', 'stdout']);
    await textOf(after['error']);
    expect(box?.log.select().map((it) => it.bytes.toString())).toEqual([]);
  });

  test('hears what it was given', async () => {
    const box = lab.kubelet.container('default', 'box', 'c');
    box?.forget();
    const { streams } = await openRemote(client, execPath(['sh', '-c', 'cat > /tmp/x'], 'input=1&output=1'), [
      'error',
      'stdin',
      'stdout',
    ]);
    streams['stdin']?.end('canary-up');
    await textOf(streams['error']);
    expect(box?.heard().toString()).toBe('sh\0-c\0cat > /tmp/xcanary-up');
  });

  test.each([
    [SPDY, 400, 'unable to upgrade: X-Stream-Protocol-Version is required\n'],
    [
      [...SPDY, ['X-Stream-Protocol-Version', 'v5.channel.k8s.io'] as const],
      403,
      'unable to upgrade: unable to negotiate protocol: client supports [v5.channel.k8s.io], server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]\n',
    ],
    [
      [
        ['Connection', 'Upgrade'] as const,
        ['Upgrade', 'h2c'] as const,
        ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'] as const,
      ],
      400,
      'unable to upgrade: missing upgrade headers in request: http.Header{"Connection":[]string{"Upgrade"}, "Content-Length":[]string{"0"}, "Upgrade":[]string{"h2c"}, "X-Stream-Protocol-Version":[]string{"v4.channel.k8s.io"}}\n',
    ],
  ])('refuses a bad handshake %#', async (headers, status, text) => {
    const answer = await client.upgrade(execPath(['id'], 'output=1'), headers);
    if (answer.kind !== 'response') throw new Error(answer.kind);
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    expect([answer.status, Buffer.concat(chunks).toString()]).toEqual([status, text]);
  });
});

describe('attach over SPDY', () => {
  test('talks to the main process, which goes on afterwards', async () => {
    const path = '/attach/default/box/c?input=1&output=1&error=1';
    for (const word of ['first', 'second']) {
      const { streams } = await openRemote(client, path, ['error', 'stdin', 'stdout', 'stderr']);
      streams['stdin']?.end(`echo ${word}\n`);
      expect(await textOf(streams['stdout'])).toBe(`${word}\n`);
      expect(await textOf(streams['error'])).toBe(successStatus());
    }
    expect(lab.kubelet.container('default', 'box', 'c')?.restartCount).toBe(0);
  });

  test('reaches the terminal of a container that has one', async () => {
    const { session, streams } = await openRemote(client, '/attach/default/tty/c?input=1&output=1&tty=1', [
      'error',
      'stdin',
      'stdout',
      'resize',
    ]);
    streams['resize']?.write(encodeResize({ Width: 90, Height: 30 }));
    streams['stdin']?.write('stty size\r');
    await untilSays(streams['stdout'], '30 90\r\n');
    session.close();
    await session.ended;
  });
});

describe('exec over WebSocket', () => {
  async function open(protocol: string | null, command: string) {
    const connection = await lab.controlPlane.dial({ host: NODE, port: 10250 });
    if (connection.kind === 'refusal') throw new Error(connection.text);
    const { startTls } = await import('../network/secure-client');
    const secure = await startTls(connection, { trust: { kind: 'verify-nobody' } });
    if (secure.kind === 'refusal') throw new Error(secure.text);
    const url = `ws://${NODE}:10250${execPath(['sh', '-c', command], 'input=1&output=1&error=1')}`;
    const socket = new WebSocket(url, protocol === null ? [] : [protocol], {
      createConnection: () => secure.socket,
    });
    const messages: string[] = [];
    socket.on('message', (data: Buffer, binary) => {
      messages.push(binary ? `${data[0]}:${data.subarray(1)}` : data.toString());
    });
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    const failed = new Promise<string>((resolve) => {
      socket.once('error', (error) => resolve(error.message));
    });
    return { socket, messages, closed, failed };
  }

  test('v4: begins with an empty message, ends with the status and code 1000', async () => {
    const { messages, closed } = await open('v4.channel.k8s.io', 'echo out; echo err >&2; exit 2');
    expect(await closed).toBe(1000);
    expect(messages).toEqual(['1:', '1:out\n', '2:err\n', `3:${exitStatus(2)}`]);
  });

  test('v4 base64: text messages with the channel as a digit', async () => {
    const { socket, messages, closed } = await open('v4.base64.channel.k8s.io', 'head -n 1');
    socket.once('message', () => socket.send(`0${Buffer.from('typed\n').toString('base64')}`));
    expect(await closed).toBe(1000);
    expect(messages).toEqual([
      '1',
      `1${Buffer.from('typed\n').toString('base64')}`,
      `3${Buffer.from(successStatus()).toString('base64')}`,
    ]);
  });

  test.each([null, 'channel.k8s.io'])(
    '%s: no message for success, a text for a failure',
    async (protocol) => {
      const good = await open(protocol, 'echo out');
      expect(await good.closed).toBe(1000);
      expect(good.messages).toEqual(['1:', '1:out\n']);
      const bad = await open(protocol, 'exit 2');
      expect(await bad.closed).toBe(1000);
      expect(bad.messages).toEqual(['1:', '3:command terminated with non-zero exit code: exit status 2']);
    },
  );

  test('v5 is not for kubelets of this version', async () => {
    const { failed } = await open('v5.channel.k8s.io', 'true');
    expect(await failed).toBe('Unexpected server response: 403');
  });
});
