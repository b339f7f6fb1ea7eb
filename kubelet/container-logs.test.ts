import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientOf, type Lab, pod, startLab, untilSays, whenEvent } from './kubelet.test.fixtures';

let lab: Lab;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  const writes = { command: ['sh', '-c', 'echo one; echo two; echo three; sleep inf'] };
  lab = await startLab({ kubelet: { staticPods: [pod('box', writes)] } });
  client = clientOf(lab);
  await lab.kubelet.whenRunning('default', 'box');
  const box = lab.kubelet.container('default', 'box', 'c');
  // The last of three lines has been written.
  await box?.log.reached(2, new AbortController().signal);
});
afterAll(() => lab[Symbol.asyncDispose]());

const STAMP = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z';

describe('container logs', () => {
  test.each([
    ['', 'one\ntwo\nthree\n'],
    ['?tailLines=2', 'two\nthree\n'],
    ['?tailLines=0', ''],
    ['?limitBytes=6', 'one\ntw'],
    ['?tailLines=1&limitBytes=3', 'thr'],
    ['?sinceSeconds=3600', 'one\ntwo\nthree\n'],
    ['?sinceTime=2999-01-01T00%3A00%3A00Z', ''],
  ])('%s', async (query, text) => {
    const answer = await client.request('GET', `/containerLogs/default/box/c${query}`);
    expect([answer.status, answer.text]).toEqual([200, text]);
    expect(answer.headers.get('transfer-encoding')).toBe('chunked');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  test('have a time with nine digits before each line', async () => {
    const { text } = await client.request('GET', '/containerLogs/default/box/c?timestamps=true&tailLines=2');
    expect(text).toMatch(new RegExp(`^${STAMP} two\n${STAMP} three\n$`));
  });

  test('are followed until the container ends', async () => {
    await using other = await startLab({ kubelet: { staticPods: [pod('box', {})] } });
    await other.kubelet.whenRunning('default', 'box');
    const answer = await clientOf(other).open('/containerLogs/default/box/c?follow=true&tailLines=1');
    if (answer.kind !== 'response') throw new Error('no answer');
    other.kubelet.container('default', 'box', 'c')?.plant('first');
    await untilSays(answer.body, 'canary first\n');
    other.kubelet.container('default', 'box', 'c')?.plant('second');
    await untilSays(answer.body, 'canary second\n');
    other.kubelet.container('default', 'box', 'c')?.stop();
    expect(await buffer(answer.body)).toHaveLength(0);
  });

  test('the run before a restart can still be read', async () => {
    await using other = await startLab({
      kubelet: { staticPods: [pod('box', { command: ['echo', 'run'] })] },
    });
    await whenEvent(other, (it) => it.kind === 'container-started' && it.data['restarts'] === 1);
    const { text } = await clientOf(other).request('GET', '/containerLogs/default/box/c?previous=true');
    expect(text).toBe('run\n');
  });
});
