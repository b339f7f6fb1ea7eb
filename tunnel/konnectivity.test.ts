import { connect as http2Connect } from 'node:http2';
import { beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { Fabric, type FabricHost } from '../network/fabric';
import type { Connection, Refusal } from '../network/network';
import type { SecureConnection } from '../network/secure';
import { startTls } from '../network/secure-client';
import { timeLimit } from '../network/time-limit';
import { type Authority, createAuthority } from '../pki/authority';
import { grpcFrame } from '../wire/grpc-frames';
import type { KeyPair } from '../wire/pem';
import {
  type KonnectivityAgent,
  type KonnectivityAgentOptions,
  startKonnectivityAgent,
} from './konnectivity-agent';
import {
  type KonnectivityServer,
  type KonnectivityServerOptions,
  startKonnectivityServer,
} from './konnectivity-server';

const WITHIN_MS = 5_000;
const log = pino({ level: 'silent' });

let authority: Authority;
let stranger: Authority;
let server: KeyPair;
let apiserver: KeyPair;

beforeAll(async () => {
  authority = await createAuthority({ commonName: 'LAB konnectivity' });
  stranger = await createAuthority({ commonName: 'LAB stranger' });
  server = await authority.issue({
    commonName: 'konnectivity-server',
    ipAddresses: ['10.0.0.30'],
    usages: ['serverAuth'],
  });
  apiserver = await authority.issue({ commonName: 'kube-apiserver', usages: ['clientAuth'] });
});

interface Bench extends AsyncDisposable {
  readonly fabric: Fabric;
  readonly controlPlane: FabricHost;
  readonly node: FabricHost;
  readonly other: FabricHost;
  readonly server: KonnectivityServer;
  agent(options?: Partial<KonnectivityAgentOptions>): KonnectivityAgent;
  connect(from?: FabricHost, certificate?: KeyPair | null): Promise<SecureConnection>;
}

/** An apiserver's machine, the proxy server's, two nodes; on the first one an echo at port 7 and nobody at port 8. */
async function bench(options: Partial<KonnectivityServerOptions> = {}): Promise<Bench> {
  const fabric = new Fabric();
  const controlPlane = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const middle = fabric.addHost({ name: 'konnectivity-server', addresses: ['10.0.0.30/24'] });
  const node = fabric.addHost({ name: 'node-1', addresses: ['10.0.0.11/24'] });
  const other = fabric.addHost({ name: 'node-2', addresses: ['10.0.0.12/24'] });
  await node.listen({ address: '10.0.0.11', port: 7 }, ({ socket }) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  const running = await startKonnectivityServer({
    host: middle,
    frontend: {
      at: { address: '10.0.0.30', port: 8090 },
      tls: { keyPair: server, clientCaPem: authority.certPem },
    },
    agents: {
      at: { address: '10.0.0.30', port: 8091 },
      tls: { keyPair: server, clientCaPem: null },
      token: null,
    },
    strategies: ['default'],
    serverId: 'server-1',
    serverCount: 1,
    log,
    choose: () => 0,
    ...options,
  });
  const opened: AsyncDisposable[] = [running];
  return {
    fabric,
    controlPlane,
    node,
    other,
    server: running,
    agent: (more = {}) => {
      const agent = startKonnectivityAgent({
        host: node,
        server: { host: '10.0.0.30', port: 8091 },
        caPem: authority.certPem,
        clientCertificate: null,
        token: null,
        agentId: 'agent-1',
        identifiers: '',
        syncIntervalMs: 20,
        syncIntervalCapMs: 100,
        log,
        ...more,
      });
      opened.push(agent);
      return agent;
    },
    connect: async (from = controlPlane, certificate = apiserver) => {
      const secure = await tls(await from.dial({ host: '10.0.0.30', port: 8090 }), from, certificate);
      if (secure.kind === 'refusal') throw new Error(secure.text);
      return secure;
    },
    [Symbol.asyncDispose]: async () => {
      for (const part of opened.reverse()) await part[Symbol.asyncDispose]();
      await fabric.close();
    },
  };
}

async function tls(
  connection: Connection | Refusal,
  at: FabricHost,
  certificate: KeyPair | null,
): Promise<SecureConnection | Refusal> {
  if (connection.kind === 'refusal') throw new Error(connection.text);
  return startTls(connection, {
    at,
    trust: { kind: 'verify', bundlePem: authority.certPem, host: '10.0.0.30' },
    ...(certificate === null ? {} : { clientCertificate: certificate }),
  });
}

/** Sends a head and reads until `until` is in what came, or the other end closes. */
async function exchange({ socket }: SecureConnection, send: string, until: string): Promise<string> {
  let got = '';
  const done = new Promise<string>((resolve, reject) => {
    const look = (bytes: Buffer): void => {
      got += bytes.toString('latin1');
      if (until === '' || !got.includes(until)) return;
      socket.off('data', look);
      socket.pause();
      resolve(got);
    };
    socket.on('data', look);
    socket.once('close', () => resolve(got));
    timeLimit(WITHIN_MS).addEventListener('abort', () =>
      reject(new Error(`only ${JSON.stringify(got)} came`)),
    );
  });
  socket.on('error', () => undefined);
  socket.write(send);
  socket.resume();
  return done;
}

const connectTo = (address: string): string => `CONNECT ${address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';

describe('the proxy server of Konnectivity', () => {
  test('has an agent dial, and carries bytes both ways', async () => {
    await using lab = await bench();
    lab.agent();
    await lab.server.whenConnected('agent-1', timeLimit(WITHIN_MS));
    const connection = await lab.connect();
    expect(await exchange(connection, connectTo('10.0.0.11:7'), '\r\n\r\n')).toBe(ESTABLISHED);
    expect(await exchange(connection, 'ping', 'ping')).toBe('ping');
    expect(lab.server.counts).toEqual({ established: 1, pending: 0, dialFailures: 0 });
  });

  test('carries more than any window or buffer holds', async () => {
    await using lab = await bench();
    lab.agent();
    await lab.server.whenConnected('agent-1', timeLimit(WITHIN_MS));
    const connection = await lab.connect();
    await exchange(connection, connectTo('10.0.0.11:7'), '\r\n\r\n');
    const megabytes = Buffer.alloc(3 * 1024 * 1024, 'x');
    let received = 0;
    const all = new Promise<void>((resolve) => {
      connection.socket.on('data', (bytes: Buffer) => {
        received += bytes.length;
        if (received >= megabytes.length) resolve();
      });
    });
    connection.socket.resume();
    connection.socket.write(megabytes);
    await all;
    expect(received).toBe(megabytes.length);
  });

  test('says so when no agent is there', async () => {
    await using lab = await bench();
    expect(lab.server.notReady).toBe('no connection to any proxy agent');
    expect(await exchange(await lab.connect(), connectTo('10.0.0.11:7'), '')).toBe(
      'HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n' +
        'currently no tunnels available: No backend available',
    );
  });

  test('passes on why the agent could not dial', async () => {
    await using lab = await bench();
    lab.agent();
    await lab.server.whenConnected('agent-1', timeLimit(WITHIN_MS));
    expect(await exchange(await lab.connect(), connectTo('10.0.0.11:8'), '')).toBe(
      'HTTP/0.0 503 Service Unavailable\r\n\r\ndial tcp 10.0.0.11:8: connect: connection refused',
    );
    expect(lab.server.counts.dialFailures).toBe(1);
  });

  test('knows CONNECT and nothing else', async () => {
    await using lab = await bench();
    const answer = await exchange(
      await lab.connect(),
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      '',
    );
    expect(answer).toContain('HTTP/1.1 405 Method Not Allowed\r\n');
    expect(answer).toContain('this proxy only supports CONNECT passthrough\n');
  });

  test.each([
    ['without a certificate', () => null],
    [
      "with another authority's",
      () => stranger.issue({ commonName: 'kube-apiserver', usages: ['clientAuth'] }),
    ],
  ])('hangs up on who comes %s', async (_, certificate) => {
    await using lab = await bench();
    lab.agent();
    await lab.server.whenConnected('agent-1', timeLimit(WITHIN_MS));
    const connection = await lab.connect(lab.controlPlane, await certificate());
    expect(await exchange(connection, connectTo('10.0.0.11:7'), '')).toBe('');
  });

  test('takes any certificate of the CA for the apiserver', async () => {
    await using lab = await bench();
    const anybody = await authority.issue({ commonName: 'system:node:node-2', usages: ['clientAuth'] });
    const connection = await lab.connect(lab.other, anybody);
    expect(await exchange(connection, connectTo('10.0.0.11:7'), '')).toContain(
      'currently no tunnels available',
    );
  });

  test('gives a host to the agent that claims it, and the rest to any', async () => {
    await using lab = await bench({ strategies: ['destHost', 'default'] });
    lab.agent({ agentId: 'agent-1', host: lab.node });
    await lab.server.whenConnected('agent-1', timeLimit(WITHIN_MS));
    lab.agent({ agentId: 'agent-2', host: lab.other, identifiers: 'ipv4=10.0.0.11' });
    await lab.server.whenConnected('agent-2', timeLimit(WITHIN_MS));
    const carriers: unknown[] = [];
    lab.fabric.timeline.subscribe(({ kind, data }) => {
      if (kind === 'tunnel-dialled') carriers.push(data);
    });
    await exchange(await lab.connect(), connectTo('10.0.0.11:7'), '\r\n\r\n');
    await exchange(await lab.connect(), connectTo('10.0.0.12:7'), '');
    expect(carriers).toEqual([
      { to: '10.0.0.11:7', agent: 'agent-2' },
      { to: '10.0.0.12:7', agent: 'agent-1' },
    ]);
  });

  test('hangs up on both ends when the agent leaves', async () => {
    await using lab = await bench();
    const agent = lab.agent();
    await lab.server.whenConnected('agent-1', timeLimit(WITHIN_MS));
    const connection = await lab.connect();
    await exchange(connection, connectTo('10.0.0.11:7'), '\r\n\r\n');
    const over = new Promise((resolve) => connection.socket.once('close', resolve));
    connection.socket.resume();
    await agent.close();
    await over;
    expect(lab.server.agentIds).toEqual([]);
  });
});

describe('an agent of Konnectivity', () => {
  test('believes no server whose certificate is not from its --ca-cert', async () => {
    const impostor = await stranger.issue({
      commonName: 'konnectivity-server',
      ipAddresses: ['10.0.0.30'],
      usages: ['serverAuth'],
    });
    await using lab = await bench({
      agents: {
        at: { address: '10.0.0.30', port: 8091 },
        tls: { keyPair: impostor, clientCaPem: null },
        token: null,
      },
    });
    expect(await lab.agent().nextAttempt()).toBe(
      'rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: ' +
        'tls: failed to verify certificate: x509: certificate signed by unknown authority"',
    );
    expect(lab.server.agentIds).toEqual([]);
  });

  test('is turned away when its token is no agent’s, and hears why', async () => {
    await using lab = await bench({
      agents: {
        at: { address: '10.0.0.30', port: 8091 },
        tls: { keyPair: server, clientCaPem: null },
        token: async (authorization) => ({ text: `no: ${authorization.join()}` }),
      },
    });
    const agent = lab.agent({ token: async () => 'secret' });
    expect(await agent.nextAttempt()).toBe('rpc error: code = Unknown desc = no: Bearer secret');
    expect(agent.connections).toBe(0);
  });

  test('comes back when the connection is lost', async () => {
    await using lab = await bench();
    const agent = lab.agent();
    await agent.nextAttempt();
    expect(agent.connections).toBe(1);
    const lost = new Promise<void>((resolve) => {
      lab.fabric.timeline.subscribe(({ kind }) => {
        if (kind === 'agent-connected') resolve();
      });
    });
    lab.server.dropAgents();
    await lost;
    await lab.server.whenConnected('agent-1', timeLimit(WITHIN_MS));
  });
});

describe('a hostile agent', () => {
  /** Says these octets to the server as an agent's stream, and waits until it was hung up on. */
  async function say(lab: Bench, frames: readonly Buffer[]): Promise<void> {
    const connection = await lab.other.dial({ host: '10.0.0.30', port: 8091 });
    if (connection.kind === 'refusal') throw new Error(connection.text);
    const secure = await startTls(connection, {
      trust: { kind: 'verify-nobody' },
      serverName: '10.0.0.30',
      alpn: ['h2'],
    });
    if (secure.kind === 'refusal') throw new Error(secure.text);
    const session = http2Connect('https://10.0.0.30:8091', { createConnection: () => secure.socket });
    session.on('error', () => undefined);
    const stream = session.request(
      { ':method': 'POST', ':path': '/AgentService/Connect', agentid: 'hostile', agentidentifiers: '' },
      { endStream: false },
    );
    stream.on('error', () => undefined);
    stream.resume();
    const over = new Promise<void>((resolve, reject) => {
      stream.once('close', resolve);
      timeLimit(WITHIN_MS).addEventListener('abort', () => reject(new Error('it was not hung up on')));
    });
    for (const frame of frames) stream.write(frame);
    await over;
    session.destroy();
  }

  const packet = (hex: string): Buffer => grpcFrame(Buffer.from(hex, 'hex'));

  test.each([
    ['no packets', [packet('1218' + '0a03')]],
    ['a message beyond all bounds', [Buffer.from('007fffffff', 'hex'), Buffer.alloc(70_000)]],
    ['something compressed', [Buffer.from('0100000000', 'hex')]],
    [
      'answers that nobody waits for, and then no packets',
      [
        packet('0801' + '1a04' + '1001' + '1805'),
        packet('0804' + '2205' + '0807' + '1a0178'),
        packet('0803' + '3202' + '1007'),
        packet('0805' + '3a02' + '0805'),
        packet('0809'),
        packet('ff'),
      ],
    ],
  ])('that sends %s is hung up on, and nobody else is', async (_, frames) => {
    await using lab = await bench();
    lab.agent();
    await lab.server.whenConnected('agent-1', timeLimit(WITHIN_MS));
    await say(lab, frames);
    expect(lab.server.agentIds).toEqual(['agent-1']);
    expect(await exchange(await lab.connect(), connectTo('10.0.0.11:7'), '\r\n\r\n')).toBe(ESTABLISHED);
  });
});
