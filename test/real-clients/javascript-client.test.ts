import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as k8s from '@kubernetes/client-node';
import { extract } from 'tar-stream';
import { formatKubeconfig } from '../../client/kubeconfig';
import { openWorkplace, type Workplace } from './standing.fixture';

/** The official JavaScript client, which speaks JSON and WebSocket only, against the lab. */
let workplace: Workplace;
let config: k8s.KubeConfig;

beforeAll(async () => {
  workplace = await openWorkplace();
  config = new k8s.KubeConfig();
  config.loadFromString(formatKubeconfig(workplace.lab.kubeconfig('admin'), 'midplane'));
}, 30_000);

afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

/** A stream that keeps what it is given. */
function collector(): { readonly stream: Writable; text(): string; bytes(): Buffer } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString(), bytes: () => Buffer.concat(chunks) };
}

async function unpack(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const entries = extract();
  entries.end(archive);
  for await (const entry of entries) files.set(entry.header.name, await buffer(entry));
  return files;
}

describe('@kubernetes/client-node', () => {
  test('lists pods', async () => {
    const { items } = await config.makeApiClient(k8s.CoreV1Api).listNamespacedPod({ namespace: 'default' });
    expect(items.map((pod) => pod.metadata?.name)).toEqual(expect.arrayContaining(['box', 'web']));
    expect(items.find((pod) => pod.metadata?.name === 'web')?.status?.phase).toBe('Running');
  });

  test('a missing object is a 404 with its Status', async () => {
    const asked = config
      .makeApiClient(k8s.CoreV1Api)
      .readNamespacedPod({ namespace: 'default', name: 'absent' });
    await expect(asked).rejects.toMatchObject({
      code: 404,
      body: expect.stringContaining('pods \\"absent\\" not found'),
    });
  });

  test('an informer sees objects come, change and go', async () => {
    const core = config.makeApiClient(k8s.CoreV1Api);
    const list = () => core.listNamespacedConfigMap({ namespace: 'default' });
    const informer = k8s.makeInformer(config, '/api/v1/namespaces/default/configmaps', list);
    const seen: string[] = [];
    const heard = new Promise<void>((resolve, reject) => {
      const note = (what: string) => (object: k8s.V1ConfigMap) => {
        if (object.metadata?.name !== 'watched') return;
        seen.push(`${what} ${object.data?.['key'] ?? ''}`);
        if (what === 'delete') resolve();
      };
      informer.on('add', note('add'));
      informer.on('update', note('update'));
      informer.on('delete', note('delete'));
      informer.on('error', reject);
    });
    await informer.start();
    const body = { metadata: { name: 'watched' }, data: { key: 'one' } };
    await core.createNamespacedConfigMap({ namespace: 'default', body });
    await core.replaceNamespacedConfigMap({
      namespace: 'default',
      name: 'watched',
      body: { ...body, data: { key: 'two' } },
    });
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'watched' });
    await heard;
    await informer.stop();
    expect(seen).toEqual(['add one', 'update two', 'delete two']);
  });

  test('executes, with stdin to its end and the exit code in the status', async () => {
    const stdout = collector();
    const stdin = new PassThrough();
    stdin.end('hello\n');
    const status = await new Promise<k8s.V1Status>((resolve, reject) => {
      new k8s.Exec(config)
        .exec(
          'default',
          'web',
          'web',
          ['sh', '-c', 'cat; exit 7'],
          stdout.stream,
          null,
          stdin,
          false,
          resolve,
        )
        .catch(reject);
    });
    expect(stdout.text()).toBe('hello\n');
    expect(status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode' });
    expect(status.details?.causes).toEqual([{ reason: 'ExitCode', message: '7' }]);
  });

  test('attaches to a container and is answered by its shell', async () => {
    const stdin = new PassThrough();
    let said = '';
    const socket = await new Promise<{ close(): void }>((resolve, reject) => {
      const stdout = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          said += chunk.toString();
          done();
          if (said.includes('attached-here')) resolve(attached);
        },
      });
      let attached: { close(): void };
      new k8s.Attach(config).attach('default', 'box', 'box', stdout, null, stdin, false).then((it) => {
        attached = it;
        stdin.write('echo attached-here\n');
      }, reject);
    });
    socket.close();
    expect(said).toContain('attached-here\n');
  });

  test('reads logs', async () => {
    workplace.lab.cluster
      .container({ namespace: 'default', pod: 'web', container: 'web' })
      .plant('for-the-client');
    const log = collector();
    const ended = new Promise<void>((resolve) => log.stream.once('finish', resolve));
    await new k8s.Log(config).log('default', 'web', 'web', log.stream, { tailLines: 1 });
    await ended;
    expect(log.text()).toBe('canary for-the-client\n');
  });

  test('forwards a port by the old WebSocket protocol', async () => {
    workplace.lab.cluster
      .container({ namespace: 'default', pod: 'web', container: 'web' })
      .plant('through-the-port');
    const forward = new k8s.PortForward(config);
    const server = createServer((socket) => {
      void forward.portForward('default', 'web', [8080], socket, null, socket);
    });
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('through-the-port')) {
          resolve(text);
          socket.destroy();
        }
      });
      socket.on('error', reject);
      socket.write('GET /canary HTTP/1.1\r\nHost: web\r\n\r\n');
    });
    await new Promise((resolve) => server.close(resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('copies files into a pod, and out of it by way of tar', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'midplane-cp-'));
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
    writeFileSync(join(folder, 'there.bin'), content);
    const inPod = (command: string[], stdout: Writable): Promise<k8s.V1Status> =>
      new Promise((resolve, reject) => {
        const exec = new k8s.Exec(config);
        exec.exec('default', 'box', 'box', command, stdout, null, null, false, resolve).catch(reject);
      });
    await new k8s.Cp(config).cpToPod('default', 'box', 'box', folder, '/tmp');
    // cpToPod resolves before it has begun.
    const complete = 'until [ "$(wc -c < /tmp/there.bin)" = 100000 ]; do sleep 0.05; done 2>/dev/null';
    await inPod(['sh', '-c', complete], collector().stream);
    // Its cpFromPod asks tar for gzip and reads the answer as plain tar (1.4.0), so that cannot work anywhere.
    const archive = collector();
    const status = await inPod(['tar', 'cf', '-', '-C', '/tmp', 'there.bin'], archive.stream);
    expect(status.status).toBe('Success');
    const unpacked = await unpack(archive.bytes());
    expect(unpacked.get('there.bin')?.equals(content)).toBe(true);
    rmSync(folder, { recursive: true, force: true });
  });

  test('applies by the server, and meets a conflict', async () => {
    const objects = k8s.KubernetesObjectApi.makeApiClient(config);
    const spec = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', namespace: 'default' } };
    const apply = (manager: string, value: string, force = false) =>
      objects.patch(
        { ...spec, data: { key: value } } as k8s.KubernetesObject,
        undefined,
        undefined,
        manager,
        force,
        k8s.PatchStrategy.ServerSideApply,
      );
    await apply('first', 'one');
    await expect(apply('second', 'two')).rejects.toMatchObject({
      code: 409,
      body: expect.stringContaining('conflict with \\"first\\"'),
    });
    await apply('second', 'two', true);
    const now = (await objects.read(spec)) as k8s.V1ConfigMap;
    expect(now.data).toEqual({ key: 'two' });
    await objects.delete(spec);
  });
});
