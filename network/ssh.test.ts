import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { generateSshKey, type SshKey } from '../pki/ssh-key';
import { Fabric, type FabricHost } from './fabric';
import type { Connection } from './network';
import type { Judgement } from './secure';
import { type SshConnection, startSsh } from './ssh-client';
import { acceptSsh, type ChannelRequest, type SshFailure, type SshSession } from './ssh-server';

let hostKey: SshKey;
let userKey: SshKey;

beforeAll(async () => {
  [hostKey, userKey] = await Promise.all([generateSshKey('ec-p256'), generateSshKey('rsa-2048')]);
});

const believe = (): Judgement => ({ ok: true });

/** Two machines, an SSH server on one of them that only knows `userKey`, and the outcome of its acceptance. */
async function stage(opens: (request: ChannelRequest) => void = () => undefined) {
  const fabric = new Fabric();
  const client = fabric.addHost({ name: 'client', addresses: ['10.0.0.10/24'] });
  const server = fabric.addHost({ name: 'server', addresses: ['10.0.0.11/24'] });
  const known = Buffer.from(userKey.publicKey.split(' ')[1] ?? '', 'base64');
  let accepted: (outcome: SshSession | SshFailure) => void = () => undefined;
  const outcome = new Promise<SshSession | SshFailure>((resolve) => {
    accepted = resolve;
  });
  await server.listen({ address: '10.0.0.11', port: 22 }, (connection) => {
    const options = {
      hostKey: hostKey.privateKeyPem,
      admits: (user: string, key: Buffer) => user === 'core' && key.equals(known),
      opens,
    };
    void acceptSsh(connection, options).then(accepted);
  });
  return { fabric, client, outcome, [Symbol.asyncDispose]: () => fabric.close() };
}

async function connect(from: FabricHost, some: Partial<Parameters<typeof startSsh>[1]> = {}) {
  const connection = await from.dial({ host: '10.0.0.11', port: 22 });
  if (connection.kind === 'refusal') throw new Error(connection.text);
  return startSsh(connection, {
    user: 'core',
    privateKey: userKey.privateKeyPem,
    judgeHostKey: believe,
    ...some,
  });
}

async function connected(from: FabricHost): Promise<SshConnection> {
  const ssh = await connect(from);
  if (ssh.kind === 'refusal') throw new Error(ssh.text);
  return ssh;
}

async function dialled(ssh: SshConnection): Promise<Connection> {
  const connection = await ssh.dial({ host: '10.244.1.2', port: 8080 });
  if (connection.kind === 'refusal') throw new Error(connection.text);
  return connection;
}

/** Until the other end has ended; a consumer of node's would end this end with it. */
async function heardOf(socket: Duplex): Promise<string> {
  let heard = '';
  socket.on('data', (bytes: Buffer) => {
    heard += bytes;
  });
  await once(socket, 'end');
  return heard;
}

describe('SSH over the lab’s network', () => {
  test('lets a user in by his key, and shows the client the host key first', async () => {
    await using lab = await stage();
    const shown: string[] = [];
    const judgeHostKey = (key: Buffer): Judgement => {
      shown.push(key.toString('base64'));
      return { ok: true };
    };
    expect(await connect(lab.client, { judgeHostKey })).toMatchObject({ kind: 'ssh-connection' });
    expect(shown).toEqual([hostKey.publicKey.split(' ')[1]]);
    expect(await lab.outcome).toMatchObject({ kind: 'ssh-session', user: 'core' });
  });

  test('keeps a user who is in, however long he stays, and hangs up on one who takes too long to come in', async () => {
    // An hour in which nothing moves would be a peer that answers no keepalive: their interval is left as it is.
    const real = ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'setInterval'] as const;
    jest.useFakeTimers({ doNotFake: [...real] });
    try {
      await using lab = await stage((request) => request.accept().socket.end('served'));
      const ssh = await connected(lab.client);
      await lab.outcome;
      jest.advanceTimersByTime(3_600_000);
      expect(await heardOf((await dialled(ssh)).socket)).toBe('served');

      const silent = await lab.client.dial({ host: '10.0.0.11', port: 22 });
      if (silent.kind === 'refusal') throw new Error(silent.text);
      await once(silent.socket, 'readable');
      jest.advanceTimersByTime(120_000);
      silent.socket.resume();
      await once(silent.socket, 'close');
    } finally {
      jest.useRealTimers();
    }
  });

  test('hangs up on a host key that is not believed, before it shows who it is', async () => {
    await using lab = await stage();
    const refusal = await connect(lab.client, {
      judgeHostKey: () => ({ ok: false, error: 'knownhosts: key mismatch' }),
    });
    expect(refusal).toMatchObject({
      kind: 'refusal',
      code: 'CERTIFICATE_REFUSED',
      text: 'ssh: handshake failed: knownhosts: key mismatch',
    });
    expect(await lab.outcome).toMatchObject({ kind: 'ssh-failure', hostKeyBelieved: false });
  });

  test.each([
    ['another user', 'root', () => userKey],
    ['another key', 'core', () => hostKey],
  ])('refuses %s, who believed the host', async (_, user, key) => {
    await using lab = await stage();
    const refusal = await connect(lab.client, { user, privateKey: key().privateKeyPem });
    expect(refusal).toMatchObject({
      kind: 'refusal',
      text: 'ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain',
    });
    expect(await lab.outcome).toMatchObject({ kind: 'ssh-failure', hostKeyBelieved: true });
  });

  test('does not wait for ever for a peer that says nothing', async () => {
    await using lab = await stage();
    const mute = lab.fabric.addHost({ name: 'mute', addresses: ['10.0.0.12/24'] });
    await mute.listen({ address: '10.0.0.12', port: 22 }, () => undefined);
    const connection = (await lab.client.dial({ host: '10.0.0.12', port: 22 })) as Connection;
    const refusal = await startSsh(connection, {
      user: 'core',
      privateKey: userKey.privateKeyPem,
      judgeHostKey: believe,
      timeoutMs: 50,
    });
    expect(refusal).toMatchObject({ code: 'TIMED_OUT' });
    expect(refusal.kind === 'refusal' && refusal.text).toMatch(
      /^ssh: handshake failed: read tcp 10\.0\.0\.10:\d+->10\.0\.0\.12:22: i\/o timeout$/,
    );
  });

  test('is nothing that a peer which speaks something else can be taken for', async () => {
    await using lab = await stage();
    const http = lab.fabric.addHost({ name: 'http', addresses: ['10.0.0.12/24'] });
    await http.listen({ address: '10.0.0.12', port: 22 }, ({ socket }) => {
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const connection = (await lab.client.dial({ host: '10.0.0.12', port: 22 })) as Connection;
    const options = { user: 'core', privateKey: userKey.privateKeyPem, judgeHostKey: believe };
    expect(await startSsh(connection, options)).toMatchObject({ kind: 'refusal' });
  });
});

describe('a channel', () => {
  test('carries what both ends say, and half of it ends alone', async () => {
    const requests: string[] = [];
    await using lab = await stage((request) => {
      requests.push(`${request.host}:${request.port}`);
      const { socket } = request.accept();
      void heardOf(socket).then((heard) => socket.end(`heard ${heard}`));
    });
    const connection = await dialled(await connected(lab.client));
    connection.socket.end('a question');
    expect(await heardOf(connection.socket)).toBe('heard a question');
    expect(requests).toEqual(['10.244.1.2:8080']);
    if (!connection.socket.closed) await once(connection.socket, 'close');
  });

  test('has one name on both ends', async () => {
    const names: string[] = [];
    await using lab = await stage((request) => names.push(request.accept().id));
    const ssh = await connected(lab.client);
    const [first, second] = [await dialled(ssh), await dialled(ssh)];
    expect([first.id, second.id]).toEqual(names);
    expect(new Set(names).size).toBe(2);
  });

  test('carries more than its window at the speed of who reads it', async () => {
    const size = 6 * 1024 * 1024;
    await using lab = await stage((request) => request.accept().socket.end(Buffer.alloc(size, 'x')));
    const { socket } = await dialled(await connected(lab.client));
    let read = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) read += chunk.length;
    expect(read).toBe(size);
  });

  test('that is rejected is a refusal in Go’s words', async () => {
    await using lab = await stage((request) => request.reject());
    const ssh = await connected(lab.client);
    expect(await ssh.dial({ host: '10.244.1.2', port: 1 })).toMatchObject({
      kind: 'refusal',
      code: 'CONNECTION_REFUSED',
      text: 'ssh: rejected: connect failed ()',
      peer: { address: '10.244.1.2', port: 1 },
    });
  });

  test('says that it is closed to who destroys it, and to the other end', async () => {
    const accepted: Connection[] = [];
    await using lab = await stage((request) => accepted.push(request.accept()));
    const { socket } = await dialled(await connected(lab.client));
    const other = accepted[0]?.socket;
    if (other === undefined) throw new Error('nothing was accepted');
    const closed = Promise.all([once(socket, 'close'), once(other.resume(), 'close')]);
    socket.destroy();
    await closed;
    expect(socket.destroyed && other.destroyed).toBe(true);
  });

  test('whose peer has gone refuses what is still written', async () => {
    await using lab = await stage((request) => request.accept().socket.destroy());
    const { socket } = await dialled(await connected(lab.client));
    // Not read: what has come holds it open, and the writer must hear of it all the same.
    const failed = new Promise<Error>((resolve) => socket.on('error', resolve));
    const write = (): void => void (socket.destroyed || socket.write('to nobody', () => setImmediate(write)));
    write();
    expect(await failed).toMatchObject({ code: 'EPIPE' });
  });

  test('ends with its connection, and no more are opened', async () => {
    await using lab = await stage((request) => void request.accept());
    const ssh = await connected(lab.client);
    const { socket } = await dialled(ssh);
    socket.on('error', () => undefined);
    const closed = once(socket.resume(), 'close');
    await ssh.close();
    await closed;
    await ssh.closed;
    expect(await ssh.dial({ host: '10.244.1.2', port: 8080 })).toMatchObject({
      kind: 'refusal',
      text: 'EOF',
    });
  });

  test('is not waited for any longer than its caller wants to', async () => {
    await using lab = await stage(() => undefined);
    const ssh = await connected(lab.client);
    const stop = new AbortController();
    const dialling = ssh.dial({ host: '10.244.1.2', port: 8080 }, stop.signal);
    stop.abort();
    expect(await dialling).toMatchObject({ code: 'TIMED_OUT', text: 'operation was canceled' });
  });
});
