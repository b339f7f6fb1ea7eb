import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import pino from 'pino';
import type { KubeObject } from '../api/objects';
import { Fabric, type FabricHost } from '../network/fabric';
import type { SecureConnection, Trust } from '../network/secure';
import { TlsAcceptor } from '../network/secure-server';
import type { TimelineEvent } from '../network/timeline';
import { Timeline } from '../network/timeline';
import { exchange, type HttpResponse, Transport } from '../network/transport';
import { type Authority, createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';
import { parseApiserverFlags } from './flags';
import { type Apiserver, type ApiserverOptions, startApiserver } from './server';

/** A control plane and one node on a fabric: a real apiserver, and in the place of the kubelet and the pod whatever a test puts there. */

export const controlPlane = { address: '10.0.0.10', port: 6443 };
export const kubeletAt = { address: '10.0.0.11', port: 10250 };
export const podAddress = '10.244.1.2';

export interface Keys {
  readonly ca: Authority;
  readonly otherCa: Authority;
  readonly serving: KeyPair;
  readonly admin: KeyPair;
  readonly jane: KeyPair;
  readonly kubeletClient: KeyPair;
  /** For 10.0.0.11, by the cluster's CA. */
  readonly kubelet: KeyPair;
}

export async function mintKeys(): Promise<Keys> {
  const [ca, otherCa] = await Promise.all([
    createAuthority({ commonName: 'lab-ca' }),
    createAuthority({ commonName: 'other-ca' }),
  ]);
  const client = (commonName: string, ...organizations: string[]) =>
    ca.issue({ commonName, organizations, usages: ['clientAuth'] });
  const server = (commonName: string, address: string) =>
    ca.issue({ commonName, ipAddresses: [address], usages: ['serverAuth'] });
  const [serving, admin, jane, kubeletClient, kubelet] = await Promise.all([
    server('kube-apiserver', controlPlane.address),
    client('admin', 'system:masters'),
    client('jane', 'dev'),
    client('kube-apiserver-kubelet-client', 'kubeadm:cluster-admins'),
    server('system:node:node-1', kubeletAt.address),
  ]);
  return { ca, otherCa, serving, admin, jane, kubeletClient, kubelet };
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: Record<string, unknown> & {
    message?: string;
    reason?: string;
    code?: number;
    items?: KubeObject[];
  };
}

export interface AskOptions {
  readonly as?: KeyPair | null;
  readonly body?: unknown;
  readonly headers?: readonly (readonly [string, string])[];
}

export class TestCluster implements AsyncDisposable {
  readonly fabric: Fabric;
  readonly host: FabricHost;
  readonly node: FabricHost;
  readonly pod: FabricHost;
  readonly workstation: FabricHost;
  readonly events: TimelineEvent[] = [];
  readonly keys: Keys;
  readonly apiserver: Apiserver;

  static async start(
    keys: Keys,
    argv: readonly string[] = [],
    files: Record<string, string> = {},
    options: Pick<ApiserverOptions, 'now'> = {},
  ): Promise<TestCluster> {
    const timeline = new Timeline();
    const fabric = new Fabric({ timeline });
    const host = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
    const given: Record<string, string> = {
      's.crt': keys.serving.certPem,
      's.key': keys.serving.keyPem,
      'ca.crt': keys.ca.certPem,
      'k.crt': keys.kubeletClient.certPem,
      'k.key': keys.kubeletClient.keyPem,
      ...files,
    };
    const flags = parseApiserverFlags([
      '--tls-cert-file=s.crt',
      '--tls-private-key-file=s.key',
      '--client-ca-file=ca.crt',
      '--kubelet-client-certificate=k.crt',
      '--kubelet-client-key=k.key',
      ...(argv.some((word) => word.startsWith('--authorization-mode'))
        ? []
        : ['--authorization-mode=Node,RBAC']),
      '--kubelet-preferred-address-types=InternalIP',
      ...(argv.some((word) => word.includes('-admission-plugins'))
        ? []
        : ['--disable-admission-plugins=ServiceAccount']),
      ...argv,
    ]);
    const readFile = async (path: string): Promise<string> => {
      const text = given[path];
      if (text === undefined) throw new Error(`no such file: ${path}`);
      return text;
    };
    try {
      const apiserver = await startApiserver({
        host,
        flags,
        readFile,
        log: pino({ level: 'silent' }),
        ...options,
      });
      return new TestCluster(fabric, host, keys, apiserver);
    } catch (error) {
      await fabric.close();
      throw error;
    }
  }

  private constructor(fabric: Fabric, host: FabricHost, keys: Keys, apiserver: Apiserver) {
    this.fabric = fabric;
    this.host = host;
    this.keys = keys;
    this.apiserver = apiserver;
    this.node = fabric.addHost({
      name: 'node-1',
      addresses: ['10.0.0.11/24', '10.244.1.1/24'],
      forwards: true,
    });
    this.pod = fabric.addHost({ name: 'web', addresses: [`${podAddress}/24`], gateway: '10.244.1.1' });
    this.workstation = fabric.addHost({ name: 'workstation', addresses: ['10.0.0.5/24'] });
    host.routes.add({ to: '10.244.1.0/24', via: '10.0.0.11' });
    fabric.timeline.subscribe((event) => this.events.push(event));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.apiserver.close();
    await this.fabric.close();
  }

  client(as: KeyPair | null = this.keys.admin): Transport {
    const trust = (host: string): Trust => ({ kind: 'verify', bundlePem: this.keys.ca.certPem, host });
    return new Transport({
      from: this.workstation,
      trust,
      ...(as === null ? {} : { clientCertificate: as }),
    });
  }

  async connect(as: KeyPair | null = this.keys.admin): Promise<SecureConnection> {
    const connection = await this.client(as).connect({
      host: controlPlane.address,
      port: controlPlane.port,
      scheme: 'https',
    });
    if (connection.kind !== 'secure-connection') throw new Error(`no TLS: ${JSON.stringify(connection)}`);
    return connection;
  }

  async ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const body =
      options.body === undefined
        ? undefined
        : Buffer.from(typeof options.body === 'string' ? options.body : JSON.stringify(options.body));
    const answer = await exchange(await this.connect(options.as), {
      method,
      path,
      headers: [
        ['Host', '10.0.0.10:6443'],
        ...(body === undefined ? [] : [['Content-Length', String(body.length)] as const]),
        ...(options.headers ?? [['Content-Type', 'application/json']]),
      ],
      ...(body === undefined ? {} : { body }),
    });
    if (answer.kind !== 'response') throw new Error(`no response: ${JSON.stringify(answer)}`);
    return readAnswer(answer);
  }

  /** Creates an object and fails the test when the apiserver refuses it. */
  async create(path: string, object: object): Promise<Record<string, unknown>> {
    const answer = await this.ask('POST', path, { body: object });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.json;
  }

  /** Node node-1 at 10.0.0.11:10250 and the running pod `web` with two ports on it. */
  async addWorkload(): Promise<void> {
    const addresses = [{ type: 'InternalIP', address: kubeletAt.address }];
    await this.create('/api/v1/nodes', {
      metadata: { name: 'node-1' },
      status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port: kubeletAt.port } } },
    });
    await this.addPod('web', [{ name: 'app', image: 'web:1', ports: [{ containerPort: 8080 }] }], 'node-1');
    const status = { phase: 'Running', podIP: podAddress, podIPs: [{ ip: podAddress }] };
    const patched = await this.ask('PATCH', '/api/v1/namespaces/default/pods/web/status', {
      body: { status },
      headers: [['Content-Type', 'application/merge-patch+json']],
    });
    if (patched.status !== 200) throw new Error(patched.text);
  }

  async addPod(name: string, containers: object[], nodeName?: string): Promise<void> {
    const spec = { containers, ...(nodeName === undefined ? {} : { nodeName }) };
    await this.create('/api/v1/namespaces/default/pods', { metadata: { name }, spec });
  }

  told(kind: string): Record<string, unknown>[] {
    return this.events.filter((event) => event.kind === kind).map((event) => ({ ...event.data }));
  }
}

export async function readAnswer(answer: HttpResponse): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer.body as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  let json: Answer['json'] = {};
  try {
    json = JSON.parse(text) as Answer['json'];
  } catch {
    // A body that is no JSON is looked at as text.
  }
  return { status: answer.status, headers: answer.headers, text, json };
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly alpn: string | null;
  readonly showedCertificate: boolean;
  readonly body: string;
}

/** A server of the test's own, with TLS when it has a key pair; remembers every request. */
export class Backend {
  readonly seen: Seen[] = [];
  readonly handshakeAlerts: (string | null)[] = [];
  readonly #server: Server;

  static async at(
    host: FabricHost,
    at: { address: string; port: number },
    keyPair: KeyPair | null,
    handlers: {
      readonly request?: (request: IncomingMessage, response: ServerResponse) => void;
      readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
    },
  ): Promise<Backend> {
    const backend = new Backend(handlers);
    const tls =
      keyPair === null
        ? null
        : new TlsAcceptor({ keyPair, requestClientCertificate: true, alpn: ['http/1.1'] });
    await host.listen(at, (connection) => {
      if (tls === null) {
        backend.#serve(connection.socket, null, false);
        return;
      }
      void tls.accept(connection).then((secure) => {
        if (secure.kind === 'handshake-failure') backend.handshakeAlerts.push(secure.alert);
        else backend.#serve(secure.socket, secure.alpn, secure.peerCertificates.length > 0);
      });
    });
    return backend;
  }

  readonly #about = new WeakMap<Duplex, { alpn: string | null; showedCertificate: boolean }>();

  private constructor(handlers: Parameters<typeof Backend.at>[3]) {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      this.#remember(request, Buffer.concat(chunks).toString('utf8'));
      if (handlers.request === undefined) response.end('hello');
      else handlers.request(request, response);
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#remember(request, '');
      socket.on('error', () => undefined);
      if (handlers.upgrade === undefined) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
      else handlers.upgrade(request, socket, head);
    });
  }

  #serve(socket: Duplex, alpn: string | null, showedCertificate: boolean): void {
    this.#about.set(socket, { alpn, showedCertificate });
    this.#server.emit('connection', socket);
  }

  #remember(request: IncomingMessage, body: string): void {
    const headers: [string, string][] = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2)
      headers.push([request.rawHeaders[at] ?? '', request.rawHeaders[at + 1] ?? '']);
    const about = this.#about.get(request.socket) ?? { alpn: null, showedCertificate: false };
    this.seen.push({ method: request.method ?? '', url: request.url ?? '', headers, ...about, body });
  }
}

/** Resolves with the next chunk that a stream gives, as text. */
export async function nextChunk(stream: Readable): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  return chunk.toString('utf8');
}
