import type { Duplex } from 'node:stream';
import { addresses, webPodAddress } from '../lab/addresses';
import type { Cluster } from '../lab/cluster';
import { defenceSettings } from '../lab/defences';
import { mintLabPki } from '../lab/lab-pki';
import { startLab } from '../lab/run-matrix';
import type { FabricHost } from '../network/fabric';
import { startTls } from '../network/secure-client';
import { TlsAcceptor } from '../network/secure-server';

/**
 * What goes through the streams of a lab: everything in one process, client, apiserver, kubelet and pod, so the figures
 * are the sum of what each of them costs. The bare relay beside it is one TLS termination between the same two ends.
 */
export interface StreamFigures {
  readonly execMs: number[];
  readonly logsMegabytesPerSecond: number[];
  readonly forwardMegabytesPerSecond: Readonly<Record<ForwardWay, number[]>>;
}

export type ForwardWay = 'bare' | 'spdy' | 'websocket';

const DOWNLOAD_BYTES = 64 * 1024 * 1024;
const LOG_BYTES = 16 * 1024 * 1024;
const EXECS = 50;
const SOURCE_PORT = 9000;
const RELAY_PORT = 9001;

export async function benchStreams(rounds: number, onRound: (text: string) => void): Promise<StreamFigures> {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence none is always run');
  await using lab = await startLab(await mintLabPki(), settings);
  const { cluster } = lab;
  await listenForBench(cluster);
  const figures: StreamFigures = {
    execMs: [],
    logsMegabytesPerSecond: [],
    forwardMegabytesPerSecond: { bare: [], spdy: [], websocket: [] },
  };
  // Round 0 warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const execMs = await timeExec(cluster);
    const logs = LOG_BYTES / 1e6 / (await seconds(() => followLogs(cluster)));
    if (round > 0) {
      figures.execMs.push(execMs);
      figures.logsMegabytesPerSecond.push(logs);
    }
    for (const way of ['bare', 'spdy', 'websocket'] as const) {
      const connection = await (way === 'bare' ? throughRelay(cluster) : throughPortForward(cluster, way));
      const took = await seconds(() => download(connection.socket));
      await connection.close();
      if (round > 0) figures.forwardMegabytesPerSecond[way].push(DOWNLOAD_BYTES / 1e6 / took);
    }
    onRound(`streams, round ${round}/${rounds}`);
  }
  return figures;
}

/** A source of bytes on the pod's machine, and the bare relay on the control plane's. */
async function listenForBench(cluster: Cluster): Promise<void> {
  const pod = cluster.fabric.host('default/web');
  if (pod === undefined) throw new Error('the lab has no pod default/web');
  await pod.listen({ address: webPodAddress, port: SOURCE_PORT }, ({ socket }) => pour(socket));
  const { apiserver, kubeletSelfSigned } = cluster.pki;
  const keyPair = kubeletSelfSigned['node-1'];
  const nodeSide = new TlsAcceptor({ keyPair, requestClientCertificate: false });
  const node = cluster.fabric.host('node-1');
  if (node === undefined) throw new Error('the lab has no node-1');
  await node.listen({ address: addresses.node1, port: RELAY_PORT }, async (connection) => {
    const accepted = await nodeSide.accept(connection);
    if (accepted.kind !== 'secure-connection') return;
    const inner = await node.dial({ host: webPodAddress, port: SOURCE_PORT });
    if (inner.kind === 'connection') join(accepted.socket, inner.socket);
  });
  const relay = new TlsAcceptor({ keyPair: apiserver, requestClientCertificate: false });
  await cluster.controlPlane.listen(
    { address: addresses.controlPlane, port: RELAY_PORT },
    async (connection) => {
      const accepted = await relay.accept(connection);
      if (accepted.kind !== 'secure-connection') return;
      const outer = await dialTls(cluster.controlPlane, addresses.node1, null);
      join(accepted.socket, outer);
    },
  );
}

/** Both ways, at the pace of the slower side. */
function join(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy());
    from.pipe(to);
  }
}

function pour(socket: Duplex): void {
  const block = Buffer.alloc(64 * 1024, 'x');
  let left = DOWNLOAD_BYTES;
  socket.on('error', () => socket.destroy());
  const more = (): void => {
    while (left > 0) {
      const piece = block.subarray(0, Math.min(left, block.length));
      left -= piece.length;
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
    socket.end();
  };
  more();
}

async function dialTls(from: FabricHost, host: string, bundlePem: string | null): Promise<Duplex> {
  const dialled = await from.dial({ host, port: RELAY_PORT });
  if (dialled.kind === 'refusal') throw new Error(dialled.text);
  const trust =
    bundlePem === null
      ? ({ kind: 'verify-nobody' } as const)
      : ({ kind: 'verify', bundlePem, host } as const);
  const secure = await startTls(dialled, { trust });
  if (secure.kind === 'refusal') throw new Error(secure.text);
  return secure.socket;
}

interface Opened {
  readonly socket: Duplex;
  close(): Promise<void>;
}

async function throughRelay({ workstation, pki }: Cluster): Promise<Opened> {
  const socket = await dialTls(workstation, addresses.controlPlane, pki.caPem);
  return { socket, close: async () => void socket.destroy() };
}

async function throughPortForward({ admin }: Cluster, by: 'spdy' | 'websocket'): Promise<Opened> {
  const forward = await admin.portForward({ namespace: 'default', pod: 'web', by });
  if (forward.kind === 'outcome') throw new Error(forward.words);
  const socket = await forward.connect(SOURCE_PORT);
  return {
    socket,
    close: async () => {
      socket.destroy();
      forward.close();
      await forward.ended;
    },
  };
}

function download(socket: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= DOWNLOAD_BYTES) resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`${received} of ${DOWNLOAD_BYTES} bytes arrived`)));
  });
}

/** The median of a number of round trips, in ms. */
async function timeExec({ admin }: Cluster): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < EXECS; at++) {
    const began = performance.now();
    const said = await admin.exec({ namespace: 'default', pod: 'web', container: 'web', command: ['true'] });
    if (!said.ok) throw new Error(said.words);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[EXECS >> 1] ?? Number.NaN;
}

/** Follows a log while something writes lines of 100 bytes into it as fast as they are taken. */
async function followLogs({ admin }: Cluster): Promise<void> {
  const stop = new AbortController();
  let received = 0;
  const line = 'x'.repeat(99);
  const writing = admin.exec({
    namespace: 'default',
    pod: 'web',
    container: 'web',
    command: ['sh', '-c', `yes ${line} > /proc/1/fd/1`],
    signal: stop.signal,
  });
  await admin.logs({
    namespace: 'default',
    pod: 'web',
    container: 'web',
    follow: true,
    tailLines: 0,
    signal: stop.signal,
    onData: (chunk: Buffer) => {
      received += chunk.length;
      if (received >= LOG_BYTES) stop.abort();
    },
  });
  await writing;
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
