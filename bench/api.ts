import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiServerAssignment } from '../apiserver/testing-apiserver-process';
import { createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';

/** The apiserver as clients feel it: latency, watches by the thousand, a long list, writes. Clients are this process. */
export interface ApiRow {
  readonly what: string;
  readonly unit: string;
  readonly values: number[];
  readonly goal?: string;
}

const WATCHES = 1000;
const PODS = 10_000;
const pods = '/api/v1/namespaces/default/pods';
/** What kubectl get sends. */
const asTable =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

interface Credentials {
  readonly caPem: string;
  readonly admin: KeyPair;
  readonly serving: KeyPair;
}

export async function benchApi(rounds: number, progress: (text: string) => void): Promise<ApiRow[]> {
  const authority = await createAuthority({ commonName: 'LAB bench' });
  const credentials: Credentials = {
    caPem: authority.certPem,
    admin: await authority.issue({
      commonName: 'admin',
      organizations: ['system:masters'],
      usages: ['clientAuth'],
    }),
    serving: await authority.issue({
      commonName: 'bench',
      ipAddresses: ['127.0.0.1'],
      usages: ['serverAuth'],
    }),
  };
  const directory = mkdtempSync(join(tmpdir(), 'midplane-bench-'));
  try {
    progress('API in memory');
    const rows = await withServer(credentials, '', (server) => inMemory(server, rounds, progress));
    progress('API on disk');
    const writes = await withServer(credentials, directory, (server) => benchWrites(server, rounds));
    return [...rows, ...named(writes, 'with --data-dir')];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function inMemory(server: Server, rounds: number, progress: (text: string) => void): Promise<ApiRow[]> {
  const rows: ApiRow[] = [];
  await many(server, 10, 10, (index) => server.ask('POST', pods, pod(`small-${index}`)));
  for (const clients of [1, 50]) {
    progress(`get pods, ${clients} clients`);
    rows.push(...(await benchLatency(server, clients, rounds)));
  }
  progress(`${WATCHES} watches`);
  rows.push(...(await benchWatches(server, rounds)));
  progress('writes');
  rows.push(...named(await benchWrites(server, rounds), 'in memory'));
  progress(`${PODS} pods`);
  rows.push(...(await benchLongList(server, rounds)));
  return rows;
}

async function benchLatency(server: Server, clients: number, rounds: number): Promise<ApiRow[]> {
  const each = clients === 1 ? 300 : 20;
  const [p50, p99]: [number[], number[]] = [[], []];
  // Round 0 warms up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    const times: number[] = [];
    await many(server, clients, clients * each, async () => {
      const began = performance.now();
      await server.ask('GET', `${pods}?limit=500`, undefined, { accept: asTable });
      times.push(performance.now() - began);
    });
    if (round === 0) continue;
    times.sort((a, b) => a - b);
    p50.push(times[times.length >> 1] ?? Number.NaN);
    p99.push(times[Math.floor(times.length * 0.99)] ?? Number.NaN);
  }
  const what = `get pods (10, as a Table), ${clients} ${clients === 1 ? 'client' : 'clients'}`;
  return [
    { what: `${what}: p50`, unit: 'ms', values: p50, ...(clients === 1 ? { goal: '< 5 ms' } : {}) },
    { what: `${what}: p99`, unit: 'ms', values: p99 },
  ];
}

async function benchWatches(server: Server, rounds: number): Promise<ApiRow[]> {
  const before = await server.residentMiB();
  server.agent.maxSockets = WATCHES + 1;
  const version = (await server.ask('GET', pods)).metadata?.resourceVersion;
  const watches = await Promise.all(
    Array.from({ length: WATCHES }, () =>
      server.open('GET', `${pods}?watch=true&resourceVersion=${version}`),
    ),
  );
  const memory = (await server.residentMiB()) - before;
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const seen = Promise.all(watches.map((watch) => once(watch, 'data')));
    const began = performance.now();
    await server.ask('POST', pods, pod(`watched-${round}`));
    await seen;
    if (round > 0) times.push(performance.now() - began);
  }
  for (const watch of watches) watch.destroy();
  return [
    { what: `${WATCHES} watches: memory more than before`, unit: 'MiB', values: [memory], goal: '< 100 MiB' },
    { what: `${WATCHES} watches: until all saw a change`, unit: 'ms', values: times, goal: '< 100 ms' },
  ];
}

/** Small objects, as many writers as answers wait for. */
async function benchWrites(server: Server, rounds: number): Promise<ApiRow[]> {
  const rows: ApiRow[] = [];
  for (const writers of [1, 50]) {
    const values: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const count = writers * (writers === 1 ? 100 : 20);
      const took = await seconds(() =>
        many(server, writers, count, (index) =>
          server.ask('POST', '/api/v1/namespaces/default/configmaps', {
            metadata: { name: `w${writers}-${round}-${index}` },
            data: { key: 'value' },
          }),
        ),
      );
      if (round > 0) values.push(count / took);
    }
    rows.push({ what: `${writers} ${writers === 1 ? 'writer' : 'writers'}`, unit: 'writes/s', values });
  }
  return rows;
}

async function benchLongList(server: Server, rounds: number): Promise<ApiRow[]> {
  await many(server, 50, PODS, (index) => server.ask('POST', pods, pod(`many-${index}`)));
  const ways = {
    'JSON, whole': { path: pods, headers: {} },
    'JSON, gzip': { path: pods, headers: { 'accept-encoding': 'gzip' } },
    'as a Table': { path: pods, headers: { accept: asTable } },
    'a page of 500': { path: `${pods}?limit=500`, headers: {} },
  };
  const rows: ApiRow[] = [];
  for (const [way, { path, headers }] of Object.entries(ways)) {
    const values: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const took = await seconds(() => server.download(path, headers));
      if (round > 0) values.push(took * 1000);
    }
    rows.push({ what: `list of 10,000 pods: ${way}`, unit: 'ms', values });
  }
  return rows;
}

function pod(name: string): object {
  const container = {
    name: 'app',
    image: 'web:1',
    ports: [{ containerPort: 8080 }],
    env: [{ name: 'A', value: 'b' }],
  };
  return { metadata: { name, labels: { app: 'web' } }, spec: { containers: [container] } };
}

function named(rows: readonly ApiRow[], where: string): ApiRow[] {
  return rows.map((row) => ({ ...row, what: `writes ${where}, ${row.what}` }));
}

type Answer = { readonly metadata?: { readonly resourceVersion?: string } };
type Headers = Record<string, string>;

interface Server {
  readonly agent: Agent;
  ask(method: string, path: string, body?: object, headers?: Headers): Promise<Answer>;
  /** Reads the answer and throws it away. */
  download(path: string, headers: Headers): Promise<void>;
  open(method: string, path: string): Promise<IncomingMessage>;
  residentMiB(): Promise<number>;
}

async function withServer<T>(
  credentials: Credentials,
  dataDir: string,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const { caPem, admin, serving } = credentials;
  const child = fork(join(__dirname, '../apiserver/testing-apiserver-process.js'), {
    execArgv: ['--expose-gc'],
  });
  const agent = new Agent({ keepAlive: true, ca: caPem, cert: admin.certPem, key: admin.keyPem });
  try {
    child.send({ serving, clientCaPem: caPem, dataDir } satisfies ApiServerAssignment);
    const port = Number(await replyOf(child));
    return await work(serverAt(port, agent, child));
  } finally {
    agent.destroy();
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
}

function serverAt(port: number, agent: Agent, child: ChildProcess): Server {
  const open = (method: string, path: string, body?: object, headers: Headers = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const options = { agent, host: '127.0.0.1', port, method, path };
      const asked = request(
        { ...options, headers: { 'content-type': 'application/json', ...headers } },
        resolve,
      );
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const read = async (answer: IncomingMessage): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    if ((answer.statusCode ?? 500) > 299) throw new Error(Buffer.concat(chunks).toString());
    return Buffer.concat(chunks);
  };
  return {
    agent,
    open,
    ask: async (method, path, body, headers) =>
      JSON.parse((await read(await open(method, path, body, headers))).toString()) as Answer,
    download: async (path, headers) => {
      await read(await open('GET', path, undefined, headers));
    },
    residentMiB: async () => {
      child.send('memory');
      return Number(await replyOf(child)) / 1024 / 1024;
    },
  };
}

async function replyOf(child: ChildProcess): Promise<unknown> {
  const [reply] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the apiserver ended with ${code}`);
    }),
  ]);
  return reply;
}

/** Runs `count` pieces of work, so many at once. */
async function many(
  server: Server,
  atOnce: number,
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  server.agent.maxSockets = atOnce;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
