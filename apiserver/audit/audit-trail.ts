import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { answeredStatus, keepBody, keptBody, notedAnnotations, notedObject } from '../answered-status';
import type { Attributes, User } from '../authorize';
import { isLongRunning } from '../long-running';
import type { RequestInfo } from '../request-info';
import { type AuditOutcome, auditEvent } from './audit-event';
import type { AuditLog } from './audit-log';
import { type AuditLevel, type AuditPolicy, type AuditStage, evaluateAuditPolicy } from './audit-policy';

/** What the audit log tells of one request, as it goes on. Source: k8s.io/apiserver pkg/endpoints/filters/audit.go. */
export interface Auditor {
  readonly policy: AuditPolicy;
  readonly log: AuditLog;
  readonly now: () => Date;
}

export class AuditTrail {
  readonly id: string;
  readonly #auditor: Auditor | null;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #info: RequestInfo;
  readonly #requestUri: string;
  readonly #received: Date;
  readonly #sourceIps: readonly string[];
  readonly #annotations: Record<string, string> = {};
  #user: User | null = null;
  #impersonated: User | null = null;
  #level: AuditLevel = 'None';
  #omitted: readonly string[] = [];
  #answer: Buffer | null = null;

  constructor(
    auditor: Auditor | null,
    request: IncomingMessage,
    response: ServerResponse,
    info: RequestInfo,
    client: string,
    newId: () => string,
  ) {
    const given = request.headers['audit-id'];
    this.id = typeof given === 'string' && given !== '' ? given.slice(0, 64) : newId();
    this.#auditor = auditor;
    this.#request = request;
    this.#response = response;
    this.#info = info;
    this.#requestUri = request.url ?? '';
    this.#received = auditor?.now() ?? new Date(0);
    this.#sourceIps = auditor === null ? [] : sourceIps(request, client);
  }

  /** Begins when it is known who asks. */
  begin(attributes: Attributes): void {
    if (this.#auditor === null) return;
    this.#user = attributes.user;
    const { level, omitStages } = evaluateAuditPolicy(this.#auditor.policy, attributes);
    this.#level = level;
    this.#omitted = omitStages;
    if (level === 'None') return;
    this.#emit('RequestReceived', null);
    if (level !== 'Metadata') keepBody(this.#request);
    const longRunning = isLongRunning(this.#info);
    if (level === 'RequestResponse' && !longRunning) this.#keepAnswer();
    if (longRunning) {
      const started = (): void => this.#emit('ResponseStarted', this.#outcome());
      this.#whenAnswering(started);
      this.#response.once('upgraded', started);
    }
    this.#response.once('close', () => this.#emit('ResponseComplete', this.#outcome()));
  }

  /** A request that nobody is let in with has one line, of its own. */
  refuseUnauthenticated(attributes: Attributes, authorization: string): void {
    if (this.#auditor === null) return;
    const { level, omitStages } = evaluateAuditPolicy(this.#auditor.policy, attributes);
    this.#level = level;
    this.#omitted = omitStages;
    const scheme = authorization.split(' ')[0]?.toLowerCase();
    const message =
      scheme === 'bearer' || scheme === 'basic'
        ? `Authentication failed, attempted: ${scheme}`
        : 'Authentication failed, no credentials provided';
    const outcome = { code: 401, status: { message }, requestObject: undefined, responseObject: undefined };
    this.#emit('ResponseStarted', outcome);
  }

  impersonated(user: User): void {
    this.#impersonated = user;
  }

  annotate(key: string, value: string): void {
    this.#annotations[key] = value;
  }

  panicked(): void {
    this.#emit('Panic', this.#outcome());
  }

  #emit(stage: AuditStage, outcome: AuditOutcome | null): void {
    const auditor = this.#auditor;
    if (auditor === null || this.#level === 'None' || this.#omitted.includes(stage)) return;
    const facts = {
      level: this.#level,
      auditId: this.id,
      requestUri: this.#requestUri,
      info: this.#info,
      object: notedObject(this.#request),
      user: this.#user,
      impersonatedUser: this.#impersonated,
      sourceIps: this.#sourceIps,
      userAgent: this.#request.headers['user-agent'] ?? '',
      received: this.#received,
      annotations: { ...this.#annotations, ...notedAnnotations(this.#request) },
    };
    auditor.log.write(auditEvent(facts, stage, outcome, auditor.now()));
  }

  #outcome(): AuditOutcome {
    return {
      code: this.#response.statusCode,
      status: answeredStatus(this.#response),
      // A patch and the options of a deletion are told as they were sent.
      requestObject: notedObject(this.#request) ?? objectOf(keptBody(this.#request)),
      responseObject: objectOf(this.#answer),
    };
  }

  #whenAnswering(act: () => void): void {
    const response = this.#response;
    const writeHead = response.writeHead.bind(response);
    let first = true;
    response.writeHead = ((...head: Parameters<typeof writeHead>) => {
      const answered = writeHead(...head);
      if (first) act();
      first = false;
      return answered;
    }) as typeof response.writeHead;
  }

  #keepAnswer(): void {
    const response = this.#response;
    const end = response.end.bind(response);
    response.end = ((...last: Parameters<typeof end>) => {
      const [chunk] = last as unknown[];
      if (Buffer.isBuffer(chunk))
        this.#answer = response.getHeader('content-encoding') === 'gzip' ? gunzipSync(chunk) : chunk;
      return end(...last);
    }) as typeof response.end;
  }
}

/** An object of the API; a body in another format is left out. */
function objectOf(body: Buffer | null): unknown {
  if (body === null || body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** k8s.io/apimachinery pkg/util/net/http.go, SourceIPs. */
function sourceIps({ headers }: IncomingMessage, client: string): string[] {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  const ips = forwarded
    .split(',')
    .map((ip) => ip.trim())
    .filter((ip) => ip !== '');
  const real = [headers['x-real-ip'] ?? []].flat()[0];
  if (real !== undefined && real !== '' && !ips.includes(real)) ips.push(real);
  if (ips.at(-1) !== client) ips.push(client);
  return ips;
}
