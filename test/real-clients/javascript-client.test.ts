import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openWorkplace, running, type Workplace } from './standing.fixture';

/** The official JavaScript client, which speaks JSON and WebSocket only, against the lab. */
const program = resolve(__dirname, 'javascript-client.steps.js');

let workplace: Workplace;
beforeAll(async () => {
  workplace = await openWorkplace();
}, 30_000);
afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

async function step(name: string): Promise<unknown> {
  const args = ['--no-warnings', program, join(workplace.folder, 'admin.kubeconfig'), name];
  const said = await running(spawn(process.execPath, args, { timeout: 20_000 })).ended;
  if (said.code !== 0) throw new Error(`${name} ended with ${said.code}: ${said.stderr}`);
  return JSON.parse(said.stdout);
}

const plant = (secret: string): void =>
  workplace.lab.cluster.container({ namespace: 'default', pod: 'web', container: 'web' }).plant(secret);

describe('@kubernetes/client-node', () => {
  test('lists pods', async () => {
    expect(await step('list')).toEqual(expect.arrayContaining(['box Running', 'web Running']));
  });

  test('is told of a missing object by a 404 with its Status', async () => {
    expect(await step('missing')).toEqual({
      code: 404,
      body: expect.stringContaining('pods \\"absent\\" not found'),
    });
  });

  test('has an informer that sees objects come, change and go', async () => {
    expect(await step('informer')).toEqual(['add one', 'update two', 'delete two']);
  });

  test('executes, with stdin to its end and the exit code in the status', async () => {
    expect(await step('exec')).toEqual({
      stdout: 'hello\n',
      status: 'Failure',
      reason: 'NonZeroExitCode',
      causes: [{ reason: 'ExitCode', message: '7' }],
    });
  });

  test('attaches to a container and is answered by its shell', async () => {
    expect(await step('attach')).toContain('attached-here\n');
  });

  test('reads logs', async () => {
    plant('for-the-client');
    expect(await step('log')).toBe('canary for-the-client\n');
  });

  test('forwards a port by the old WebSocket protocol', async () => {
    plant('through-the-port');
    expect(await step('port-forward')).toBe('HTTP/1.1 200 OK');
  });

  test('copies files into a pod, and out of it by way of tar', async () => {
    expect(await step('cp')).toEqual({ status: 'Success', same: true });
  });

  test('applies by the server, and meets a conflict', async () => {
    expect(await step('apply')).toEqual({
      conflict: { code: 409, body: expect.stringContaining('conflict with \\"first\\"') },
      data: { key: 'two' },
    });
  });
});
