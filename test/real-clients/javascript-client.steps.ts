import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import * as k8s from '@kubernetes/client-node';
import { extract } from 'tar-stream';

/**
 * `node javascript-client.steps.js KUBECONFIG STEP`: does one thing with the official JavaScript client and prints what
 * came of it as JSON. A program of its own, because the client is an ES module and Jest loads none.
 */
const [, , kubeconfigFile = '', step = ''] = process.argv;
const config = new k8s.KubeConfig();
config.loadFromString(readFileSync(kubeconfigFile, 'utf8'));
const core = config.makeApiClient(k8s.CoreV1Api);
const namespace = 'default';

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

function exec(
  pod: string,
  command: string[],
  stdout: Writable,
  stdin: PassThrough | null,
): Promise<k8s.V1Status> {
  return new Promise((resolve, reject) => {
    new k8s.Exec(config)
      .exec(namespace, pod, pod, command, stdout, null, stdin, false, resolve)
      .catch(reject);
  });
}

const steps: Record<string, () => Promise<unknown>> = {
  list: async () =>
    (await core.listNamespacedPod({ namespace })).items.map(
      (pod) => `${pod.metadata?.name} ${pod.status?.phase}`,
    ),

  missing: () =>
    core.readNamespacedPod({ namespace, name: 'absent' }).then(
      () => 'found',
      (error: { code: number; body: string }) => ({ code: error.code, body: error.body }),
    ),

  informer: async () => {
    const list = () => core.listNamespacedConfigMap({ namespace });
    const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list);
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
    await core.createNamespacedConfigMap({ namespace, body });
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'watched',
      body: { ...body, data: { key: 'two' } },
    });
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
    await heard;
    await informer.stop();
    return seen;
  },

  exec: async () => {
    const stdout = collector();
    const stdin = new PassThrough();
    stdin.end('hello\n');
    const status = await exec('web', ['sh', '-c', 'cat; exit 7'], stdout.stream, stdin);
    return {
      stdout: stdout.text(),
      status: status.status,
      reason: status.reason,
      causes: status.details?.causes,
    };
  },

  attach: async () => {
    const stdin = new PassThrough();
    let said = '';
    let heard: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        said += chunk.toString();
        done();
        if (said.includes('attached-here')) heard();
      },
    });
    const socket = await new k8s.Attach(config).attach(namespace, 'box', 'box', stdout, null, stdin, false);
    stdin.write('echo attached-here\n');
    await answered;
    socket.close();
    return said;
  },

  log: async () => {
    const log = collector();
    const ended = new Promise<void>((resolve) => log.stream.once('finish', resolve));
    await new k8s.Log(config).log(namespace, 'web', 'web', log.stream, { tailLines: 1 });
    await ended;
    return log.text();
  },

  'port-forward': async () => {
    const forward = new k8s.PortForward(config);
    const server = createServer((socket) => {
      void forward.portForward(namespace, 'web', [8080], socket, null, socket);
    });
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('through-the-port')) resolve(text);
      });
      socket.on('error', reject);
      socket.write('GET /canary HTTP/1.1\r\nHost: web\r\n\r\n');
    });
    return answer.split('\r\n')[0];
  },

  cp: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'midplane-cp-'));
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
    writeFileSync(join(folder, 'there.bin'), content);
    await new k8s.Cp(config).cpToPod(namespace, 'box', 'box', folder, '/tmp');
    // cpToPod resolves before it has begun.
    const complete = 'until [ "$(wc -c < /tmp/there.bin)" = 100000 ]; do sleep 0.05; done 2>/dev/null';
    await exec('box', ['sh', '-c', complete], collector().stream, null);
    // Its cpFromPod asks tar for gzip and reads the answer as plain tar (1.4.0), so that cannot work anywhere.
    const archive = collector();
    const status = await exec('box', ['tar', 'cf', '-', '-C', '/tmp', 'there.bin'], archive.stream, null);
    const entries = extract();
    entries.end(archive.bytes());
    let same = false;
    for await (const entry of entries) same = (await buffer(entry)).equals(content);
    rmSync(folder, { recursive: true, force: true });
    return { status: status.status, same };
  },

  apply: async () => {
    const objects = k8s.KubernetesObjectApi.makeApiClient(config);
    const spec = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', namespace } };
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
    const conflict = await apply('second', 'two').then(
      () => 'none',
      (error: { code: number; body: string }) => ({ code: error.code, body: error.body }),
    );
    await apply('second', 'two', true);
    const { data } = (await objects.read(spec)) as k8s.V1ConfigMap;
    await objects.delete(spec);
    return { conflict, data };
  },
};

steps[step]?.().then(
  (result) => {
    process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
  },
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
