import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createSecureContext, type TLSSocket, TLSSocket as Tls, connect as tlsConnect } from 'node:tls';
import { decodeLootReport, encodeOrder } from '../../attacker/control-protocol';
import type { LootReport } from '../../attacker/loot-report';
import { createAuthority } from '../../pki/authority';
import type { Told } from './attacker-process';

type Mode = 'tap' | 'impersonate' | 'relay';

/** An attacker in a process of its own, and what hostile victims and hostile endpoints need to get at it. */
export interface Attacked extends AsyncDisposable {
  /** Orders an attack on this endpoint of the test's, and says where its traffic arrives. */
  attack(mode: Mode, genuinePort: number): Promise<Ordered>;
  /** What the attacker's process holds once its garbage is collected. */
  memory(): Promise<number>;
  /** What ended it, or null while it lives. */
  readonly ended: string | null;
}

export interface Ordered extends AsyncDisposable {
  /** A connection as the victim makes it, in clear. */
  dial(): Promise<Socket>;
  /** The same with TLS, believing whoever answers. */
  dialTls(): Promise<TLSSocket>;
  withdraw(): Promise<LootReport>;
}

export async function startAttacked(): Promise<Attacked> {
  const child = fork(join(__dirname, 'attacker-process.js'), {
    execArgv: ['--expose-gc'],
    silent: true,
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const state = { ended: null as string | null };
  child.once('exit', (code, signal) => {
    state.ended = `exit ${code ?? signal}: ${said}`;
  });
  const ready = await told(child, 'ready');
  const order = async (method: string, path: string, body = ''): Promise<string> => {
    const request = httpRequest({
      port: ready.port,
      method,
      path,
      headers: { authorization: `Bearer ${ready.token}` },
    });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const answer = await text(response);
    if ((response.statusCode ?? 500) >= 300) throw new Error(`${method} ${path}: ${answer}`);
    return answer;
  };
  return {
    get ended() {
      return state.ended;
    },
    async attack(mode, genuinePort) {
      const takesAt = told(child, 'takes-at');
      // An order that is refused has a better answer.
      takesAt.catch(() => undefined);
      const answer = await order(
        'POST',
        '/attacks',
        encodeOrder({
          technique: mode === 'impersonate' ? 'self-signed' : mode,
          mode,
          target: { address: '127.0.0.1', port: genuinePort },
          present: null,
          forged: 'FORGED',
          tampered: 'TAMPERED',
        }),
      );
      const { port } = await takesAt;
      const host = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';
      // Asked twice, the attacker says the same again.
      const withdraw = async (): Promise<LootReport> => {
        const report = decodeLootReport(await order('DELETE', `/attacks/${JSON.parse(answer).id}`));
        if (report.kind === 'malformed') throw new Error(report.text);
        return report.value;
      };
      const dial = async (): Promise<Socket> => {
        const socket = connect({ host, port, noDelay: true });
        socket.on('error', () => undefined);
        await settled(socket, 'connect');
        return socket;
      };
      return {
        dial,
        async dialTls() {
          const socket = tlsConnect({ host, port, rejectUnauthorized: false });
          socket.on('error', () => undefined);
          await settled(socket, 'secureConnect');
          return socket;
        },
        withdraw,
        [Symbol.asyncDispose]: async () => void (await withdraw()),
      };
    },
    async memory() {
      const memory = told(child, 'memory');
      child.send('memory');
      return (await memory).bytes;
    },
    async [Symbol.asyncDispose]() {
      if (state.ended !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** It is connected, or was turned away. */
function settled(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve) => {
    socket.once(event, () => resolve());
    socket.once('close', () => resolve());
  });
}

/** The next message of this kind; fails when the process ends before it. */
function told<Kind extends Told['kind']>(child: ChildProcess, kind: Kind): Promise<Told & { kind: Kind }> {
  return new Promise((resolve, reject) => {
    const listen = (message: unknown): void => {
      if ((message as Told).kind !== kind) return;
      child.off('message', listen);
      child.off('exit', left);
      resolve(message as Told & { kind: Kind });
    };
    const left = (code: number | null, signal: string | null): void =>
      reject(new Error(`the attacker's process ended: ${code ?? signal}`));
    child.on('message', listen);
    child.once('exit', left);
  });
}

export interface Genuine extends AsyncDisposable {
  readonly port: number;
}

/** A genuine endpoint in clear that does with each connection what it is told. */
export async function genuineSockets(serve: (socket: Socket) => void): Promise<Genuine> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    serve(socket);
  });
  return listening(server, open);
}

/** A genuine endpoint in good faith that speaks TLS and HTTP, and says `pong` and how much it was sent. */
export async function genuineHttps(): Promise<Genuine> {
  const authority = await createAuthority({ commonName: 'LAB kubernetes' });
  const { certPem, keyPem } = await authority.issue({
    commonName: 'system:node:node-1',
    ipAddresses: ['127.0.0.1'],
    usages: ['serverAuth'],
  });
  const secureContext = createSecureContext({ cert: certPem, key: keyPem });
  const http = createHttpServer((request, response) => {
    void text(request).then(
      (body) => response.end(`pong ${body.length}`),
      () => response.destroy(),
    );
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  return genuineSockets((socket) => {
    socket.once('readable', () => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      if (first[0] !== 0x16) {
        http.emit('connection', socket);
        return;
      }
      const secure = new Tls(socket, { isServer: true, secureContext });
      secure.on('error', () => socket.destroy());
      secure.once('secure', () => http.emit('connection', secure));
    });
  });
}

async function listening(server: ReturnType<typeof createServer>, open: Set<Socket>): Promise<Genuine> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Says it on a connection of its own, and what comes back until that is closed or `enough`. */
export function say(
  socket: Socket,
  bytes: Buffer | string,
  enough: RegExp | ((heard: string) => boolean) = () => false,
): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const done = (): void => {
      socket.destroy();
      resolve(heard);
    };
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (typeof enough === 'function' ? enough(heard) : enough.test(heard)) done();
    });
    socket.once('close', done);
    socket.once('end', done);
    socket.write(bytes);
    if (socket.destroyed) done();
  });
}
