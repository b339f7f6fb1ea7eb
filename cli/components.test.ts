import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatKubeconfig } from '../client/kubeconfig';
import { type Authority, createAuthority } from '../pki/authority';
import { runComponent } from './components';
import { freePort } from './free-port.test.fixtures';

let folder: string;
let authority: Authority;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midplane-components-'));
  authority = await createAuthority({ commonName: 'LAB test' });
});
afterAll(() => rm(folder, { recursive: true }));

type Line = Readonly<Record<string, unknown>>;

function observe() {
  const stop = new AbortController();
  const out: string[] = [];
  const waiting: { readonly text: string; readonly found: (line: Line) => void }[] = [];
  const terminal = {
    write: (text: string) => void out.push(text),
    warn: (text: string) => {
      const line = JSON.parse(text) as Line;
      for (const it of waiting) if (String(line['msg']).includes(it.text)) it.found(line);
    },
    signal: stop.signal,
    colour: false,
    width: null,
    progress: false,
  };
  const next = (text: string) => new Promise<Line>((found) => waiting.push({ text, found }));
  return { terminal, out, next, stop: (reason?: Error) => stop.abort(reason) };
}

describe('a component as a program', () => {
  test('the kubelet listens on the loopback unless it is told where, and says so', async () => {
    const { terminal, next, stop } = observe();
    const [port, readOnlyPort] = [await freePort(), await freePort()];
    const serving = next('serving');
    const running = runComponent(
      'kubelet',
      [
        `--port=${port}`,
        `--read-only-port=${readOnlyPort}`,
        '--healthz-port=0',
        '--hostname-override=Node-1',
        '--node-ip=127.0.0.1',
      ],
      terminal,
    );
    expect(await Promise.race([serving, running])).toMatchObject({
      at: `127.0.0.1:${port}`,
      readOnly: `127.0.0.1:${readOnlyPort}`,
      node: 'node-1',
    });
    stop();
    expect(await running).toBe(0);
  });

  test('so does the apiserver', async () => {
    const { terminal, next, stop } = observe();
    const port = await freePort();
    const serving = next('serving securely');
    const running = runComponent('apiserver', [`--secure-port=${port}`], terminal);
    expect(await Promise.race([serving, running])).toMatchObject({ at: `127.0.0.1:${port}` });
    stop();
    expect(await running).toBe(0);
  });

  test.each(['apiserver', 'kubelet'] as const)('the help of the %s names that address', async (name) => {
    const { terminal, out } = observe();
    expect(await runComponent(name, ['--help'], terminal)).toBe(0);
    expect(out.join('')).toMatch(/default 127\.0\.0\.1.* own is 0\.0\.0\.0\)/);
  });

  test('the kubelet ends with the signal while its apiserver says nothing', async () => {
    // Takes connections and is silent: neither a refusal nor a handshake ends the wait.
    const taken = new Set<Socket>();
    let dialled: () => void = () => undefined;
    const isDialled = new Promise<void>((resolve) => {
      dialled = resolve;
    });
    const silent = createServer((socket) => {
      taken.add(socket);
      socket.on('error', () => undefined);
      dialled();
    });
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const kubeconfig = join(folder, 'kubelet.conf');
    const clientCertificate = await authority.issue({
      commonName: 'system:node:node-1',
      usages: ['clientAuth'],
    });
    await writeFile(
      kubeconfig,
      formatKubeconfig(
        {
          server: { host: '127.0.0.1', port: (silent.address() as { port: number }).port },
          trust: { kind: 'verify', bundlePem: authority.certPem, host: '127.0.0.1' },
          clientCertificate,
        },
        'system:node:node-1',
      ),
    );
    const { terminal, stop } = observe();
    const ports = [`--port=${await freePort()}`, '--read-only-port=0', '--healthz-port=0'];
    const running = runComponent(
      'kubelet',
      [`--kubeconfig=${kubeconfig}`, '--hostname-override=node-1', ...ports],
      terminal,
    );
    await Promise.race([isDialled, running]);
    const reason = new Error('ended by SIGINT');
    const began = performance.now();
    stop(reason);
    await expect(running).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(1_000);
    for (const socket of taken) socket.destroy();
    await new Promise<void>((done) => silent.close(() => done()));
  });
});
