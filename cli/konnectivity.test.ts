import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dialThrough } from '../apiserver/connect-egress';
import { hostNetwork } from '../network/host-network';
import type { Refusal } from '../network/network';
import { exchange } from '../network/transport';
import { type Authority, createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';
import { type ComponentName, runComponent } from './components';
import { freePort } from './free-port.test.fixtures';

let folder: string;
let authority: Authority;
let apiserver: KeyPair;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midplane-konnectivity-'));
  authority = await createAuthority({ commonName: 'LAB konnectivity' });
  const server = await authority.issue({
    commonName: 'konnectivity-server',
    ipAddresses: ['127.0.0.1'],
    usages: ['serverAuth'],
  });
  apiserver = await authority.issue({ commonName: 'kube-apiserver', usages: ['clientAuth'] });
  const agent = await authority.issue({ commonName: 'agent', usages: ['clientAuth'] });
  await writeFile(file('ca.crt'), authority.certPem);
  await writeFile(file('server.crt'), server.certPem);
  await writeFile(file('server.key'), server.keyPem);
  await writeFile(file('agent.crt'), agent.certPem);
  await writeFile(file('agent.key'), agent.keyPem);
});
afterAll(() => rm(folder, { recursive: true }));

interface Program extends AsyncDisposable {
  /** The next line of its log that says this. */
  said(text: string): Promise<Readonly<Record<string, unknown>>>;
}

function run(name: ComponentName, flags: readonly string[]): Program {
  const stop = new AbortController();
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const running = runComponent(name, flags, {
    write: () => undefined,
    warn: (text) => {
      lines.push(JSON.parse(text) as Record<string, unknown>);
      for (const look of waiting) look();
    },
    signal: stop.signal,
    colour: false,
    width: null,
    progress: false,
  });
  const said = (text: string): Promise<Record<string, unknown>> =>
    new Promise((resolve) => {
      const look = (): void => {
        const line = lines.find(({ msg }) => String(msg).includes(text));
        if (line === undefined) return;
        waiting.delete(look);
        resolve(line);
      };
      waiting.add(look);
      look();
    });
  return {
    said: (text) =>
      Promise.race([said(text), running.then((code) => Promise.reject(new Error(`ended with ${code}`)))]),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running.catch(() => undefined);
    },
  };
}

const serverFlags = (): string[] => [
  `--server-cert=${file('server.crt')}`,
  `--server-key=${file('server.key')}`,
  `--server-ca-cert=${file('ca.crt')}`,
  `--cluster-cert=${file('server.crt')}`,
  `--cluster-key=${file('server.key')}`,
];

async function get(port: number, path: string): Promise<string> {
  const connection = await hostNetwork().dial({ host: '127.0.0.1', port });
  if (connection.kind === 'refusal') throw new Error(connection.text);
  const answer = await exchange(connection, { method: 'GET', path, headers: [['Host', 'x']] });
  if (answer.kind !== 'response') throw new Error((answer as Refusal).text);
  let text = `${answer.status} `;
  for await (const chunk of answer.body) text += String(chunk);
  return text;
}

describe('konnectivity as programs of this machine', () => {
  test('carry an apiserver to what the agent reaches, and tell how they are', async () => {
    const [frontend, agents, health, agentHealth] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    await using server = run('konnectivity-server', [
      ...serverFlags(),
      `--cluster-ca-cert=${file('ca.crt')}`,
      `--server-port=${frontend}`,
      `--agent-port=${agents}`,
      `--health-port=${health}`,
    ]);
    expect(await server.said('serving')).toMatchObject({
      frontend: `127.0.0.1:${frontend}`,
      agents: `127.0.0.1:${agents}`,
    });
    expect(await get(health, '/readyz')).toBe('500 no connection to any proxy agent');
    await using agent = run('konnectivity-agent', [
      `--ca-cert=${file('ca.crt')}`,
      `--agent-cert=${file('agent.crt')}`,
      `--agent-key=${file('agent.key')}`,
      '--agent-id=agent-1',
      `--proxy-server-port=${agents}`,
      `--health-server-port=${agentHealth}`,
    ]);
    expect(await server.said('Agent connected')).toMatchObject({ agentID: 'agent-1' });
    await agent.said('Connect to server');
    expect(await get(health, '/readyz')).toBe('200 ok');
    expect(await get(health, '/metrics')).toContain(
      'konnectivity_network_proxy_server_ready_backend_connections 1\n',
    );
    expect(await get(agentHealth, '/readyz')).toBe('200 ok');

    // What the agent reaches is here its own health port, by way of the server.
    const proxy = {
      host: '127.0.0.1',
      port: frontend,
      bundlePem: authority.certPem,
      clientCertificate: apiserver,
    };
    const connection = await dialThrough(hostNetwork(), proxy, { host: '127.0.0.1', port: agentHealth });
    if (connection.kind === 'refusal') throw new Error(connection.text);
    const answer = await exchange(connection, {
      method: 'GET',
      path: '/healthz',
      headers: [['Host', 'x']],
    });
    expect(answer).toMatchObject({ kind: 'response', status: 200 });
    if (answer.kind === 'response') answer.body.destroy();
  });

  const wrong: readonly (readonly [string, ComponentName, () => string[], string])[] = [
    [
      'a mode that does not exist',
      'konnectivity-server',
      () => ['--mode=http'],
      `mode must be set to either 'grpc' or 'http-connect' not "http"`,
    ],
    ['the mode that midplane has not', 'konnectivity-server', () => ['--mode=grpc'], 'not in mode grpc'],
    [
      'no CA for the apiserver',
      'konnectivity-server',
      () => [],
      'server ca cert must be set when in TCP mode (uds-name is empty)',
    ],
    [
      'a certificate without its key',
      'konnectivity-server',
      () => [`--server-ca-cert=${file('ca.crt')}`, `--server-cert=${file('server.crt')}`],
      'cannot have server key empty when server cert is set to ',
    ],
    [
      'an unknown strategy',
      'konnectivity-server',
      () => [...serverFlags(), '--proxy-strategies=destHost,random'],
      'unknown proxy strategy "random"',
    ],
    [
      'tokens and certificates of agents at once',
      'konnectivity-server',
      () => [...serverFlags(), `--cluster-ca-cert=${file('ca.crt')}`, '--agent-namespace=kube-system'],
      '--cluster-ca-cert can not be used when agent authentication is enabled',
    ],
    [
      'half of what tokens need',
      'konnectivity-server',
      () => [...serverFlags(), '--agent-namespace=kube-system'],
      '--agent-service-account cannot be empty when agent authentication is enabled',
    ],
    ['no CA for the server', 'konnectivity-agent', () => [], 'the CA of the proxy server is missing'],
    [
      'an identifier of no kind',
      'konnectivity-agent',
      () => [`--ca-cert=${file('ca.crt')}`, '--agent-identifiers=ip=10.0.0.1'],
      'agent address is invalid: unknown address type: ip',
    ],
    [
      'a token that is not there',
      'konnectivity-agent',
      () => [`--ca-cert=${file('ca.crt')}`, `--service-account-token-path=${file('token')}`],
      'no such file or directory',
    ],
    [
      'an interval beyond its cap',
      'konnectivity-agent',
      () => [`--ca-cert=${file('ca.crt')}`, '--sync-interval=1m'],
      'sync interval 1m must be less than sync interval cap 10s',
    ],
  ];
  test.each(wrong)('are not started with %s', async (_, name, flags, message) => {
    const terminal = {
      write: () => undefined,
      warn: () => undefined,
      signal: new AbortController().signal,
      colour: false,
      width: null,
      progress: false,
    };
    await expect(runComponent(name, flags(), terminal)).rejects.toMatchObject({
      name: 'MidplaneError',
      message: expect.stringContaining(message),
    });
  });
});
