import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';
import type { Assignment } from './role';

/** TLS through the attacker's terminating relay, beside a direct connection and a plain TCP relay, in turns. */
export interface RelayFigures {
  readonly way: 'direct' | 'tcp-relay' | 'tls-relay';
  readonly connectionsPerSecond: number[];
  readonly megabytesPerSecond: number[];
}

const CONNECTIONS = 400;
const AT_ONCE = 8;
const DOWNLOAD_BYTES = 128 * 1024 * 1024;

export async function benchRelay(rounds: number, onRound: (text: string) => void): Promise<RelayFigures[]> {
  const authority = await createAuthority({ commonName: 'LAB bench' });
  const keyPair = await authority.issue({
    commonName: 'bench',
    ipAddresses: ['127.0.0.1'],
    usages: ['serverAuth'],
  });
  const children: ChildProcess[] = [];
  const start = (role: Assignment['role'], upstreamPort: number): Promise<number> =>
    startRole(children, { role, keyPair, upstreamPort });
  try {
    const direct = await start('endpoint', 0);
    const ports = {
      direct,
      'tcp-relay': await start('tcp-relay', direct),
      'tls-relay': await start('tls-relay', direct),
    };
    const ways = ['direct', 'tcp-relay', 'tls-relay'] as const;
    const figures = ways.map((way) => ({
      way,
      connectionsPerSecond: [] as number[],
      megabytesPerSecond: [] as number[],
    }));
    // Round 0 warms up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const figure of figures) {
        const port = ports[figure.way];
        const connections = CONNECTIONS / (await seconds(() => connectMany(port)));
        const megabytes = DOWNLOAD_BYTES / 1e6 / (await seconds(() => ask(port, DOWNLOAD_BYTES)));
        if (round === 0) continue;
        figure.connectionsPerSecond.push(connections);
        figure.megabytesPerSecond.push(megabytes);
        onRound(`relay, round ${round}/${rounds}: ${figure.way}`);
      }
    }
    return figures;
  } finally {
    for (const child of children) child.disconnect();
  }
}

function startRole(children: ChildProcess[], assignment: Assignment & { keyPair: KeyPair }): Promise<number> {
  const child = fork(join(__dirname, 'role.js'));
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once('message', (port) => resolve(Number(port)));
    child.once('exit', (code) => reject(new Error(`${assignment.role} ended with ${code}`)));
    child.send(assignment);
  });
}

async function connectMany(port: number): Promise<void> {
  let left = CONNECTIONS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await ask(port, 0);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A connection of its own, a full handshake, one request, everything read. */
function ask(port: number, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    let received = 0;
    socket.on('secureConnect', () => socket.write(`${bytes}\n`));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.on('error', reject);
    socket.on('close', () =>
      received >= bytes && received > 0
        ? resolve()
        : reject(new Error(`${received} of ${bytes} bytes arrived`)),
    );
  });
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
