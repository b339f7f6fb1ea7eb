import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';
import type { ApiServerAssignment } from './testing-apiserver-process';

/** What was acknowledged is there after the process was killed in the middle of its writes. */
let scratch: string;
let authority: Awaited<ReturnType<typeof createAuthority>>;
let admin: KeyPair;
let serving: KeyPair;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'midplane-kill-'));
  authority = await createAuthority({ commonName: 'kill-ca' });
  admin = await authority.issue({
    commonName: 'admin',
    organizations: ['system:masters'],
    usages: ['clientAuth'],
  });
  serving = await authority.issue({
    commonName: 'apiserver',
    ipAddresses: ['127.0.0.1'],
    usages: ['serverAuth'],
  });
});
afterAll(() => rm(scratch, { recursive: true }));

const path = '/api/v1/namespaces/default/configmaps';

test('a kill in the middle of writes loses nothing that was acknowledged', async () => {
  const acknowledged = new Map<string, string>();
  const deleted = new Set<string>();
  let newest = 0;
  for (const round of [1, 2, 3]) {
    const server = await start();
    const ask = client(server.port);
    // Everything from the round before, and nothing that was deleted.
    const list = await ask('GET', path);
    const there = new Map(list.items?.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
    for (const [name, version] of acknowledged) expect(there.get(name)).toBe(version);
    for (const name of deleted) expect(there.has(name)).toBe(false);
    expect(Number(list.metadata?.resourceVersion)).toBeGreaterThanOrEqual(newest);

    const exited = once(server.child, 'exit');
    let answers = 0;
    const write = async (writer: number): Promise<void> => {
      for (let index = 0; ; index += 1) {
        const name = `r${round}-w${writer}-${index}`;
        const created = await ask('POST', path, { metadata: { name } });
        newest = Math.max(newest, Number(created.metadata?.resourceVersion));
        if (index % 5 === 4) {
          await ask('DELETE', `${path}/${name}`);
          deleted.add(name);
        } else acknowledged.set(name, created.metadata?.resourceVersion ?? '');
        answers += 1;
        if (answers === 60) server.child.kill('SIGKILL');
      }
    };
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(write));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    await exited;
  }
  expect(acknowledged.size).toBeGreaterThan(100);
}, 60_000);

async function start(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(join(__dirname, 'testing-apiserver-process.js'));
  const assignment: ApiServerAssignment = {
    dataDir: join(scratch, 'data'),
    serving,
    clientCaPem: authority.certPem,
  };
  child.send(assignment);
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

type Answer = Partial<KubeObject> & { items?: KubeObject[] };

function client(port: number) {
  const agent = new Agent({
    keepAlive: true,
    ca: authority.certPem,
    cert: admin.certPem,
    key: admin.keyPem,
    maxSockets: 4,
  });
  return (method: string, to: string, body?: object): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const asked = request({ agent, host: '127.0.0.1', port, method, path: to, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as Answer));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
}
