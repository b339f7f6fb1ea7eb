import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { KubeClient } from '../client/kube-client';
import { type Cluster, startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';

/** The streams through all three parts: the lab's client, its apiserver, its kubelet, with the flag set. */
let cluster: Cluster;
let client: KubeClient;

beforeAll(async () => {
  const settings = defenceSettings('kubelet-ca');
  if (settings === null) throw new Error('kubelet-ca is run by every release');
  cluster = await startCluster({ pki: await mintLabPki(), settings, log: pino({ level: 'silent' }) });
  client = cluster.admin;
});
afterAll(() => cluster.close());

const web = { namespace: 'default', pod: 'web', container: 'web' };
const shell = (script: string): { command: string[] } => ({ command: ['sh', '-c', script] });

describe('exec', () => {
  test('gives stdout, stderr and the exit code of the command', async () => {
    const outcome = await client.exec({ ...web, ...shell('echo out; echo err >&2; exit 7') });
    expect(outcome).toMatchObject({ ok: false, exitCode: 7, words: 'command terminated with exit code 7' });
    expect([outcome.stdout.toString(), outcome.stderr.toString()]).toEqual(['out\n', 'err\n']);
  });

  test('tells the command the end of stdin, and still hears its answer', async () => {
    const stdin = Buffer.alloc(300_000, 'midplane\n');
    const outcome = await client.exec({ ...web, ...shell('wc -c; echo done'), stdin });
    expect(outcome.stdout.toString().replace(/\s+/g, ' ').trim()).toBe('300000 done');
  });

  test('passes on each size of the terminal', async () => {
    const stdin = new PassThrough();
    async function* sizes() {
      yield { Width: 100, Height: 40 };
      await new Promise((resolve) => stdin.once('resized', resolve));
      yield { Width: 60, Height: 20 };
      stdin.emit('told');
    }
    let said = '';
    const outcome = client.exec({
      ...web,
      command: ['sh'],
      stdin,
      tty: true,
      sizes: sizes(),
      onStdout: (chunk) => {
        said += chunk.toString();
        if (said.includes('40 100') && !said.includes('asked')) {
          stdin.once('told', () => stdin.write('echo asked; stty size; exit\n'));
          stdin.emit('resized');
          said += 'asked';
        }
      },
    });
    stdin.write('stty size\n');
    expect((await outcome).stdout.toString()).toMatch(/40 100[\s\S]*20 60/);
  });
});

describe('logs', () => {
  test('follow the container while it writes, until the reader has had enough', async () => {
    const container = cluster.container(web);
    const enough = new AbortController();
    let said = '';
    const stop = cluster.fabric.timeline.subscribe(({ kind }) => {
      if (kind === 'backend-answered') container.plant('one');
    });
    await client.logs({
      ...web,
      follow: true,
      tailLines: 0,
      signal: enough.signal,
      onData: (chunk) => {
        said += chunk.toString();
        if (said === 'canary one\n') container.plant('two');
        if (said.includes('canary two')) enough.abort();
      },
    });
    stop();
    expect(said).toBe('canary one\ncanary two\n');
  });
});

describe.each(['websocket', 'spdy'] as const)('port-forward by %s', (by) => {
  test('carries many connections, each with an end of its own', async () => {
    cluster.container(web).plant('the-answer');
    const forward = await client.portForward({ namespace: 'default', pod: 'web', by });
    if (forward.kind === 'outcome') throw new Error(forward.words);
    const ask = async (body: string): Promise<string> => {
      const connection = await forward.connect(8080);
      // Half-closed by the asker: the answer comes all the same.
      connection.end(
        `POST /canary HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      return text(connection as Readable);
    };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(`question ${index}`)));
    expect(answers.every((answer) => answer.endsWith('the-answer\n'))).toBe(true);
    forward.close();
    await forward.ended;
  });

  test('says which port nobody listens on', async () => {
    const forward = await client.portForward({ namespace: 'default', pod: 'web', by });
    if (forward.kind === 'outcome') throw new Error(forward.words);
    const connection = await forward.connect(9);
    const words = await text(connection as Readable).then(
      () => 'ended',
      (error: Error) => error.message,
    );
    expect(words).toMatch(/error forwarding port 9 to pod .*connection refused/);
    forward.close();
  });
});
