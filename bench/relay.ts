import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { createAuthority } from '../pki/authority';
import { type OtherRelay, startHaproxy, startMitmproxy } from './other-relays';
import {
  CONNECTIONS,
  connectMany,
  DOWNLOAD_BYTES,
  download,
  type Protocol,
  REQUESTS,
  requestAll,
} from './relay-clients';
import type { Assignment } from './role';

/**
 * What passes through the attacker, beside a direct connection, a plain TCP relay, the attacker's bare TLS relay, and,
 * where they are installed, HAProxy and mitmproxy: each a process of its own, in turns.
 */
export type Way = 'direct' | 'tcp-relay' | 'tls-relay' | 'attacker' | 'haproxy' | 'mitmproxy';

export interface RelayFigure {
  readonly way: Way;
  readonly measure: 'connections' | 'requests' | Protocol;
  readonly unit: 'connections/s' | 'requests/s' | 'MB/s';
  readonly values: number[];
}

export interface RelayFigures {
  readonly figures: readonly RelayFigure[];
  /** What else was measured, with its version, and what is not installed. */
  readonly others: readonly string[];
}

const UNITS = { connections: 'connections/s', requests: 'requests/s' } as const;

/** What is measured of whom: mitmproxy knows nothing but HTTP, and the bare relays do not care what passes. */
const MEASURED: Readonly<Record<Way, readonly RelayFigure['measure'][]>> = {
  direct: ['connections', 'requests', 'raw'],
  'tcp-relay': ['connections', 'raw'],
  'tls-relay': ['connections', 'requests', 'raw', 'http', 'websocket', 'spdy'],
  attacker: ['connections', 'requests', 'raw', 'http', 'websocket', 'spdy'],
  haproxy: ['connections', 'requests', 'raw'],
  mitmproxy: ['connections', 'requests', 'http'],
};

export async function benchRelay(rounds: number, onRound: (text: string) => void): Promise<RelayFigures> {
  const authority = await createAuthority({ commonName: 'LAB bench' });
  const keyPair = await authority.issue({
    commonName: 'bench',
    ipAddresses: ['127.0.0.1'],
    usages: ['serverAuth'],
  });
  const children: ChildProcess[] = [];
  const start = (role: Assignment['role'], upstreamPort: number): Promise<number> =>
    startRole(children, { role, keyPair, upstreamPort });
  const others: OtherRelay[] = [];
  try {
    const direct = await start('endpoint', 0);
    const ports = new Map<Way, number>([
      ['direct', direct],
      ['tcp-relay', await start('tcp-relay', direct)],
      ['tls-relay', await start('tls-relay', direct)],
      ['attacker', await start('attacker', direct)],
    ]);
    const said: string[] = [];
    for (const [way, starting] of [
      ['haproxy', startHaproxy(keyPair, direct)],
      ['mitmproxy', startMitmproxy(direct)],
    ] as const) {
      const other = await starting;
      said.push(other === null ? `${way} is not installed: NOT MEASURED` : other.version);
      if (other === null) continue;
      others.push(other);
      ports.set(way, other.port);
    }
    const figures = [...ports.keys()].flatMap((way) =>
      MEASURED[way].map((measure): RelayFigure => {
        const unit = measure === 'connections' || measure === 'requests' ? UNITS[measure] : 'MB/s';
        return { way, measure, unit, values: [] };
      }),
    );
    // Those that are compared stand side by side in time too.
    figures.sort((a, b) => order.indexOf(a.measure) - order.indexOf(b.measure));
    // Round 0 warms up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const figure of figures) {
        const value = await measureOnce(ports.get(figure.way) ?? 0, figure.measure);
        if (round > 0) figure.values.push(value);
        onRound(`relay, round ${round}/${rounds}: ${figure.measure}, ${figure.way}`);
      }
    }
    return { figures, others: said };
  } finally {
    for (const child of children) child.disconnect();
    for (const { child } of others) child.kill();
  }
}

const order: readonly RelayFigure['measure'][] = [
  'connections',
  'requests',
  'raw',
  'http',
  'websocket',
  'spdy',
];

async function measureOnce(port: number, measure: RelayFigure['measure']): Promise<number> {
  switch (measure) {
    case 'connections':
      return CONNECTIONS / (await seconds(() => connectMany(port)));
    case 'requests':
      return REQUESTS / (await seconds(() => requestAll(port)));
    default:
      return DOWNLOAD_BYTES / 1e6 / (await seconds(() => download(port, measure)));
  }
}

function startRole(children: ChildProcess[], assignment: Assignment): Promise<number> {
  const child = fork(join(__dirname, 'role.js'));
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once('message', (port) => resolve(Number(port)));
    child.once('exit', (code) => reject(new Error(`${assignment.role} ended with ${code}`)));
    child.send(assignment);
  });
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
