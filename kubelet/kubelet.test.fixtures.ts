import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import type { Container, Pod } from '../api/objects';
import { Fabric, type FabricHost } from '../network/fabric';
import type { TimelineEvent } from '../network/timeline';
import { Transport, type Upgraded } from '../network/transport';
import { type Authority, createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import { type Kubelet, type KubeletOptions, startKubelet } from './kubelet';
import { defaultSettings, type KubeletSettings } from './settings';

/** A node on a fabric with a kubelet, its pods, and somebody on the control plane who talks to it. */

export const silent = pino({ level: 'silent' });
export const NODE = '10.0.0.11';
export const POD_IP = '10.244.1.5';

export interface Certificates {
  readonly authority: Authority;
  readonly serving: KeyPair;
  readonly apiserver: KeyPair;
  readonly web: KeyPair;
}

let minted: Promise<Certificates> | null = null;

/** One authority for a test file: minting is what takes time. */
export function certificates(): Promise<Certificates> {
  minted ??= mint();
  return minted;
}

async function mint(): Promise<Certificates> {
  const authority = await createAuthority({ commonName: 'LAB kubelet test' });
  const [serving, apiserver, web] = await Promise.all([
    authority.issue({ commonName: 'node-1', ipAddresses: [NODE], usages: ['serverAuth'] }),
    authority.issue({
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['kubeadm:cluster-admins'],
      usages: ['clientAuth'],
    }),
    authority.issue({ commonName: 'web', dnsNames: ['web'], usages: ['serverAuth'] }),
  ]);
  return { authority, serving, apiserver, web };
}

export function pod(name: string, ...containers: Partial<Container>[]): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: {
      nodeName: 'node-1',
      containers: containers.map((it) => ({ name: 'c', image: 'midplane/shell', ...it })),
    },
  };
}

export const OPEN: Partial<KubeletSettings> = {
  authentication: {
    ...defaultSettings('config-file').authentication,
    anonymous: { enabled: true },
    webhook: { enabled: false, cacheTtlMs: 0 },
  },
  authorization: { ...defaultSettings('config-file').authorization, mode: 'AlwaysAllow' },
};

export interface Lab extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>;
  readonly fabric: Fabric;
  readonly controlPlane: FabricHost;
  readonly node: FabricHost;
  readonly kubelet: Kubelet;
  readonly events: TimelineEvent[];
}

export interface LabOptions {
  readonly settings?: Partial<KubeletSettings>;
  readonly kubelet?: Partial<KubeletOptions>;
  /** Runs before the kubelet starts. */
  readonly prepare?: (network: { fabric: Fabric; controlPlane: FabricHost }) => Promise<void>;
}

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { serving, authority, web } = await certificates();
  const fabric = new Fabric();
  const events: TimelineEvent[] = [];
  fabric.timeline.subscribe((event) => events.push(event));
  const controlPlane = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const node = fabric.addHost({ name: 'node-1', addresses: [`${NODE}/24`], forwards: true });
  node.addAddress('10.244.1.1/24');
  let pods = 4;
  await options.prepare?.({ fabric, controlPlane });
  const kubelet = await startKubelet({
    host: node,
    nodeName: 'node-1',
    config: { ...defaultSettings('config-file'), ...OPEN, ...options.settings },
    apiserver: null,
    sandbox: {
      attachPod: (each) => {
        pods += 1;
        const address = `10.244.1.${pods}`;
        return fabric.addHost({
          name: each.metadata.name,
          addresses: [`${address}/24`],
          gateway: '10.244.1.1',
        });
      },
      detachPod: (each) => fabric.removeHost(each.metadata.name),
    },
    servingKeyPair: serving,
    clientCaPem: authority.certPem,
    webKeyPair: async () => web,
    log: silent,
    ...options.kubelet,
  }).catch(async (error: unknown) => {
    await fabric.close();
    throw error;
  });
  return {
    fabric,
    controlPlane,
    node,
    kubelet,
    events,
    [Symbol.asyncDispose]: async () => {
      await kubelet.close();
      await fabric.close();
    },
  };
}

export type Headers = readonly (readonly [string, string])[];

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** A client of the kubelet, as the apiserver is one. */
export function clientOf({ controlPlane }: Lab, clientCertificate?: KeyPair, port = 10250) {
  const transport = new Transport({
    from: controlPlane,
    trust: () => ({ kind: 'verify-nobody' }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  });
  const scheme = port === 10255 ? ('http' as const) : ('https' as const);
  const target = { host: NODE, port, scheme };
  const head: Headers = [['Host', `${NODE}:${port}`]];
  const request = async (method: string, path: string, headers: Headers = []): Promise<Answer> => {
    const answer = await transport.roundTrip(target, { method, path, headers: [...head, ...headers] });
    if (answer.kind === 'refusal') throw new Error(answer.text);
    const all = answer.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
    return { status: answer.status, text: (await buffer(answer.body)).toString(), headers: new Map(all) };
  };
  const open = (path: string) => transport.roundTrip(target, { method: 'GET', path, headers: head });
  const upgrade = (path: string, headers: Headers) =>
    transport.upgrade(target, {
      method: 'POST',
      path,
      headers: [...head, ...headers, ['Content-Length', '0']],
    });
  return { request, open, upgrade, target };
}

export const SPDY: Headers = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'SPDY/3.1'],
];
export const REMOTE_COMMAND: Headers = [
  ...SPDY,
  ['X-Stream-Protocol-Version', 'v5.channel.k8s.io'],
  ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'],
];
export const PORT_FORWARD: Headers = [...SPDY, ['X-Stream-Protocol-Version', 'portforward.k8s.io']];

export interface RemoteSession {
  readonly upgraded: Upgraded;
  readonly session: SpdySession;
  readonly streams: Readonly<Record<string, SpdyStream>>;
}

/** Opens the streams of an exec or attach in the order in which clients do. */
export async function openRemote(
  client: ReturnType<typeof clientOf>,
  path: string,
  types: readonly string[],
): Promise<RemoteSession> {
  const upgraded = await client.upgrade(path, REMOTE_COMMAND);
  if (upgraded.kind !== 'upgraded') throw new Error(`not upgraded: ${JSON.stringify(upgraded.kind)}`);
  const session = new SpdySession(upgraded.socket, { role: 'client' });
  const streams: Record<string, SpdyStream> = {};
  for (const type of types) streams[type] = await session.open({ streamtype: type });
  return { upgraded, session, streams };
}

export async function textOf(stream: SpdyStream | undefined): Promise<string> {
  return stream === undefined ? '' : (await buffer(stream)).toString();
}

/** Reads a stream until it has delivered something. */
export function untilSays(stream: NodeJS.ReadableStream | undefined, wanted: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.includes(wanted)) return;
      stream?.off('data', take);
      resolve(text);
    };
    stream?.on('data', take);
    stream?.once('end', () => reject(new Error(`ended after ${JSON.stringify(text)}`)));
  });
}

/** Resolves when the lab's timeline has such an event, also one of the past. */
export function whenEvent({ events, fabric }: Lab, wanted: (event: TimelineEvent) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const undo = fabric.timeline.subscribe((event) => {
      if (!wanted(event)) return;
      undo();
      resolve();
    });
    if (!events.some(wanted)) return;
    undo();
    resolve();
  });
}
