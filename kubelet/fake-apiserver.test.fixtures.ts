import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Pod } from '../api/objects';
import type { Host, Listener } from '../network/network';
import { TlsAcceptor } from '../network/secure-server';
import type { Authority } from '../pki/authority';

export interface ReviewedAccess {
  readonly user: string;
  readonly resourceAttributes: { readonly verb: string; readonly subresource: string };
}

/** A scripted apiserver: the few paths a kubelet uses, and everything it was asked, in order. */
export class FakeApiserver {
  readonly asked: { line: string; body: unknown; contentType: string | undefined }[] = [];
  readonly pods = new Map<string, Pod>();
  /** What a SubjectAccessReview comes to, by `verb subresource`. */
  allowed = new Set<string>();
  /** The same by who asks; decides alone when it is there. */
  permits: ((spec: ReviewedAccess) => boolean) | null = null;
  /** The users that tokens belong to. */
  readonly tokens = new Map<string, string>();
  /** Answers to give instead, by the beginning of the request line. */
  readonly failures = new Map<string, number>();
  /** The same with the status 200. */
  readonly bodies = new Map<string, unknown>();
  nodeUid = '';
  nodeReady: 'True' | 'Unknown' = 'True';
  #version = 100;
  readonly #watchers = new Set<ServerResponse>();
  readonly #waiting = new Set<() => void>();
  readonly #http = createServer((request, response) => void this.#answer(request, response));
  #listener: Listener | null = null;

  async listen(host: Host, authority: Authority): Promise<void> {
    const keyPair = await authority.issue({
      commonName: 'kube-apiserver',
      ipAddresses: ['10.0.0.10'],
      usages: ['serverAuth'],
    });
    const acceptor = new TlsAcceptor({ keyPair, requestClientCertificate: true, alpn: ['http/1.1'] });
    this.#listener = await host.listen({ address: '10.0.0.10', port: 6443 }, async (connection) => {
      const accepted = await acceptor.accept(connection);
      if (accepted.kind === 'secure-connection') this.#http.emit('connection', accepted.socket);
    });
  }

  async close(): Promise<void> {
    await this.#listener?.close();
    this.#watchers.clear();
  }

  put(pod: Pod): void {
    const type = this.pods.has(pod.metadata.name) ? 'MODIFIED' : 'ADDED';
    this.#version += 1;
    pod.metadata.resourceVersion = String(this.#version);
    this.pods.set(pod.metadata.name, pod);
    this.#send(type, pod);
  }

  remove(name: string): void {
    const pod = this.pods.get(name);
    this.pods.delete(name);
    if (pod !== undefined) this.#send('DELETED', pod);
  }

  /** Ends every watch, as an apiserver does that is restarted. */
  breakWatches(): void {
    for (const response of this.#watchers) response.socket?.destroy();
    this.#watchers.clear();
  }

  lines(): string[] {
    return this.asked.map((it) => it.line);
  }

  /** Resolves when a request with this beginning, and with this in its body, has come, `times` times in all. */
  whenAsked(start: string, times = 1, says = ''): Promise<void> {
    return new Promise((resolve) => {
      const fits = (it: { line: string; body: unknown }): boolean =>
        it.line.startsWith(start) && JSON.stringify(it.body).includes(says);
      const look = (): void => {
        if (this.asked.filter(fits).length < times) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #send(type: string, object: Pod): void {
    for (const response of this.#watchers) response.write(`${JSON.stringify({ type, object })}\n`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${request.url}`;
    const hasBody = request.headers['content-length'] !== undefined;
    const body: unknown = hasBody ? await json(request) : null;
    this.asked.push({ line, body, contentType: request.headers['content-type'] });
    const failure = [...this.failures].find(([start]) => line.startsWith(start));
    const given = [...this.bodies].find(([start]) => line.startsWith(start));
    if (failure !== undefined) this.#reply(response, failure[1], {});
    else if (given !== undefined) this.#reply(response, 200, given[1]);
    else if (line.includes('watch=true')) {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.flushHeaders();
      this.#watchers.add(response);
    } else if (line.startsWith('GET /api/v1/pods?')) {
      const metadata = { resourceVersion: String(this.#version) };
      this.#reply(response, 200, { kind: 'PodList', metadata, items: [...this.pods.values()] });
    } else if (line.startsWith('GET /apis/coordination.k8s.io/')) {
      this.#reply(response, 404, {});
    } else if (line.startsWith('GET /api/v1/nodes/')) {
      const conditions = [{ type: 'Ready', status: this.nodeReady }];
      const metadata = { name: 'node-1', uid: this.nodeUid };
      this.#reply(response, 200, { kind: 'Node', metadata, status: { conditions } });
    } else if (line.includes('/subjectaccessreviews')) {
      const { spec } = body as { spec: ReviewedAccess };
      const { verb, subresource } = spec.resourceAttributes;
      const allowed = this.permits?.(spec) ?? this.allowed.has(`${verb} ${subresource}`);
      this.#reply(response, 201, { status: { allowed } });
    } else if (line.includes('/tokenreviews')) {
      const username = this.tokens.get((body as { spec: { token: string } }).spec.token);
      const status =
        username === undefined ? { authenticated: false } : { authenticated: true, user: { username } };
      this.#reply(response, 201, { status });
    } else this.#reply(response, request.method === 'POST' ? 201 : 200, body ?? {});
    for (const look of [...this.#waiting]) look();
  }

  #reply(response: ServerResponse, code: number, body: unknown): void {
    response.writeHead(code, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  }
}
