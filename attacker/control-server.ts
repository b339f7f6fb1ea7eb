import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { MidplaneError } from '../error';
import { type Endpoint, type Host, joinHostPort } from '../network/network';
import { AttackDesk, type Prepared } from './attack-desk';
import type { Attacker } from './attacker';
import { decodeOrder, encodeLootReport, type OrderedAttack } from './control-protocol';

/**
 * Where attacks are ordered when the attacker is a machine of its own. HTTP without TLS, a bearer token, one exchange a
 * connection; a mistake is answered as `{"error": "…"}`.
 *
 * | request | answer |
 * |---|---|
 * | `GET /healthz` | 200 `{"status", "instance"}`, once orders are taken; needs no token, but a wrong one is told |
 * | `POST /attacks`, an OrderedAttack | 201 `{"id"}` · 400 · 409 while another attack is under way |
 * | `GET /attacks/ID` | 200: still under way, and its lease begins anew · 404 |
 * | `DELETE /attacks/ID` | 200, the LootReport · 410 withdrawn because its owner was away · 404 |
 */
export interface ControlServerOptions {
  readonly host: Host;
  readonly at: Endpoint;
  readonly token: string;
  readonly attacker: Attacker;
  /** What an order does not say. */
  readonly prepare: (order: OrderedAttack) => Promise<Prepared>;
  /** What nobody may attack, because the attacker answers there. Default: the host's addresses. */
  readonly own?: readonly string[];
  readonly log: Logger;
  /** How long an attack lasts after its owner was last heard of. */
  readonly leaseMs?: number;
}

export interface ControlServer extends AsyncDisposable {
  readonly at: Endpoint;
  /** Kept when an attack could not be withdrawn. The machine is of no use then until it is started anew. */
  readonly stuck: Promise<unknown>;
  /** Withdraws the attack that is under way. Idempotent. */
  close(): Promise<void>;
}

const LEASE_MS = 60_000;
/** Two key pairs and two texts fit many times over. */
const MAX_BODY_BYTES = 512 * 1024;
/** Of silence; the slowest answer is that of a withdrawal, which takes half a second. */
const SILENCE_MS = 30_000;

/** Throws MidplaneError LISTEN_FAILED. */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  let tellStuck: (error: unknown) => void = () => undefined;
  const stuck = new Promise<unknown>((resolve) => {
    tellStuck = resolve;
  });
  const { host, at, attacker, prepare, log, leaseMs = LEASE_MS } = options;
  const desk = new AttackDesk({ attacker, prepare, log, leaseMs, onStuck: tellStuck });
  const control = new Control(desk, options);
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void control.serve(request, response);
  });
  server.timeout = SILENCE_MS;
  server.on('clientError', (_error, socket) => socket.destroy());
  const listener = await host.listen(at, ({ socket }) => {
    socket.on('error', () => undefined);
    server.emit('connection', socket);
  });
  const close = async (): Promise<void> => {
    await listener.close();
    await desk.close();
  };
  return { at: listener.at, stuck, close, [Symbol.asyncDispose]: close };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

class Control {
  readonly #desk: AttackDesk;
  readonly #own: readonly string[];
  readonly #log: Logger;
  readonly #token: Buffer;
  /** Whoever sees another one than before knows that this machine lost what it knew. */
  readonly #instance = randomUUID();

  constructor(desk: AttackDesk, { host, own, log, token }: ControlServerOptions) {
    this.#desk = desk;
    this.#own = own ?? host.addresses;
    this.#log = log;
    this.#token = digest(token);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#answer(request, response);
    if (status >= 400) {
      this.#log.warn({ method: request.method, path: request.url, status, answer: body }, 'order refused');
    }
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    });
    response.end(body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const { method = '', url = '', headers } = request;
    const path = url.split('?')[0] ?? '';
    const isHealth = path === '/healthz';
    const mayEnter = isHealth && headers.authorization === undefined;
    if (!mayEnter && !this.#isOwner(headers.authorization))
      return refuse(401, 'the token is missing or wrong');
    if (isHealth) {
      if (method !== 'GET') return refuse(405, 'only GET goes here');
      return say(200, { status: 'ok', instance: this.#instance });
    }
    if (path === '/attacks') {
      if (method !== 'POST') return refuse(405, 'only POST goes here');
      return this.#start(request, response);
    }
    const id = /^\/attacks\/([0-9a-f-]{36})$/.exec(path)?.[1];
    if (id === undefined) return refuse(404, 'there is no such path; see /healthz, /attacks and /attacks/ID');
    switch (method) {
      case 'GET':
        return this.#renew(id);
      case 'DELETE':
        return this.#finish(id);
      default:
        return refuse(405, 'only GET and DELETE go here');
    }
  }

  async #start(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const text = await readBody(request);
    if (text === null) return refuse(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
    const order = decodeOrder(text);
    if (order.kind === 'malformed') return refuse(400, order.text);
    const { target, also = [] } = order.value;
    const own = [target, ...also].find(({ address }) => this.#own.includes(address));
    if (own !== undefined) {
      return refuse(400, `target ${joinHostPort(own.address, own.port)} is the attacker itself`);
    }
    try {
      const started = await this.#desk.start(order.value);
      if (started.kind === 'busy') return refuse(409, 'another attack is under way');
      const { id } = started;
      // Whoever does not hear the id can never give the path back.
      const abandoned = (): void => {
        if (!response.writableFinished) this.#desk.abandon(id);
      };
      response.once('close', abandoned);
      if (response.destroyed) abandoned();
      return say(201, { id });
    } catch (error) {
      if (error instanceof MidplaneError) return refuse(500, error.message);
      if (isRefusedByOpenssl(error)) return refuse(400, `present cannot be used: ${error.message}`);
      throw error;
    }
  }

  #renew(id: string): Answer {
    return this.#desk.renew(id) ? say(200, { id }) : refuse(404, `there is no attack ${id} under way`);
  }

  async #finish(id: string): Promise<Answer> {
    try {
      const finished = await this.#desk.finish(id);
      switch (finished.kind) {
        case 'finished':
          return { status: 200, body: encodeLootReport(finished.report) };
        case 'lapsed':
          return refuse(410, 'the attack was withdrawn because nothing was heard of its owner');
        case 'unknown':
          return refuse(404, `there is no attack ${id}`);
      }
    } catch (error) {
      if (error instanceof MidplaneError) return refuse(500, error.message);
      throw error;
    }
  }

  #isOwner(authorization: string | undefined): boolean {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    return token !== undefined && timingSafeEqual(digest(token), this.#token);
  }
}

/** Equal lengths, for the comparison in constant time. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function say(status: number, body: Record<string, unknown>): Answer {
  return { status, body: `${JSON.stringify(body)}\n` };
}

function refuse(status: number, error: string): Answer {
  return say(status, { error });
}

/** The whole body as text; null when it is too long. What breaks off is short, and then no JSON. */
function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else {
        request.pause();
        resolve(null);
      }
    });
    const end = (): void => resolve(Buffer.concat(chunks).toString('utf8'));
    request.on('end', end);
    request.on('error', end);
    request.on('close', end);
  });
}

/** A key may be well-formed PEM and still too weak, or of a kind that TLS has no use for. */
function isRefusedByOpenssl(error: unknown): error is Error {
  return (
    error instanceof Error && /^ERR_(SSL|OSSL|CRYPTO)_/.test((error as NodeJS.ErrnoException).code ?? '')
  );
}
