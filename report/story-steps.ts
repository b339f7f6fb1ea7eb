import type { TimelineEvent } from '../network/timeline';
import { paths } from '../scenarios/vocabulary';
import type { Cell } from './outcome';

export interface StoryStep {
  readonly kind: 'heading' | 'step';
  readonly at: number;
  readonly host: string;
  readonly text: string;
  /** Whether a trust decision or its result was good news for the user; null for what is neither. */
  readonly tone: 'good' | 'bad' | null;
}

type Teller = (event: TimelineEvent, cell: Cell) => Told | string | null;
type Told = { readonly text: string; readonly tone: StoryStep['tone'] };
type Data = TimelineEvent['data'];

/**
 * Events → steps. The connections of the user's own client and of the kubelet back to the apiserver are left out: the
 * story is about the leg that is attacked, and about what was decided on it.
 */
export function storySteps(cell: Cell, events: readonly TimelineEvent[]): StoryStep[] {
  const onStage = connectionsOnStage(events);
  const steps: StoryStep[] = [];
  const said = new Set<string>();
  let captured = { up: 0, down: 0 };
  let last: TimelineEvent | null = null;

  const tellCaptured = (): void => {
    if (last === null || captured.up + captured.down === 0) return;
    const text = `keeps ${bytes(captured.up)} of what the client sent and ${bytes(captured.down)} of what came back`;
    steps.push({
      kind: 'step',
      at: Math.max(last.at, steps.at(-1)?.at ?? 0),
      host: last.host,
      text,
      tone: null,
    });
    captured = { up: 0, down: 0 };
  };

  for (const event of events) {
    if (event.kind === 'step') {
      tellCaptured();
      const heading = headingOf(event);
      if (heading !== null)
        steps.push({ kind: 'heading', at: event.at, host: '', text: heading, tone: null });
      said.clear();
      continue;
    }
    if (event.kind === 'bytes-captured') {
      const length = event.data['length'];
      if (event.data['direction'] === 'up') captured.up += typeof length === 'number' ? length : 0;
      else captured.down += typeof length === 'number' ? length : 0;
      last = event;
      continue;
    }
    if (
      event.connection !== null &&
      onStage.offStage.has(event.connection) &&
      !event.kind.startsWith('backend-')
    ) {
      continue;
    }
    const told = tellers[event.kind]?.(event, cell) ?? null;
    if (told === null) continue;
    const { text, tone } = typeof told === 'string' ? { text: told, tone: null } : told;
    // Both ends and several layers report the same thing of one connection; it is told once for each machine.
    const key = `${event.connection}|${event.host}|${text}`;
    if (said.has(key)) continue;
    said.add(key);
    if (event.kind === 'position-withdrawn') tellCaptured();
    steps.push({ kind: 'step', at: event.at, host: event.host, text, tone });
  }
  tellCaptured();
  return steps;
}

/** Connections that were dialled by neither the apiserver's machine nor the attacker's. */
function connectionsOnStage(events: readonly TimelineEvent[]): { offStage: ReadonlySet<string> } {
  const actors = new Set(
    events.filter((event) => event.kind.startsWith('backend-')).map((event) => event.host),
  );
  for (const event of events) {
    if (attackerKinds.has(event.kind)) actors.add(event.host);
  }
  const offStage = new Set<string>();
  for (const event of events) {
    if (event.kind === 'connection-opened' && event.connection !== null && !actors.has(event.host)) {
      offStage.add(event.connection);
    }
  }
  return { offStage: actors.size === 0 ? new Set() : offStage };
}

const attackerKinds = new Set([
  'position-taken',
  'connection-intercepted',
  'request-captured',
  'certificate-shown',
]);

function headingOf(event: TimelineEvent): string | null {
  const { step, text } = event.data;
  if (step === 'control') return 'Without an attacker';
  if (step === 'attack') return 'Under attack';
  return typeof text === 'string' ? text : null;
}

const tellers: Readonly<Record<string, Teller>> = {
  'position-taken': ({ data }) => `takes its position: ${word(data, 'describe')}`,
  'position-withdrawn': () => 'gives its position back',
  'connection-opened': ({ data }) => {
    const to = endpoint(data['to']);
    const at = data['deliveredTo'];
    const through = Array.isArray(data['through']) ? data['through'].map(String) : [];
    const by = through.length === 0 ? '' : `, by way of ${through.join(', ')}`;
    return `connects to ${to}${by}${typeof at === 'string' ? `, and reaches ${at}` : ''}`;
  },
  'connection-redirected': ({ data }) => `is led to ${endpoint(data['to'])} instead`,
  'connection-refused': ({ data }) => `cannot connect to ${endpoint(data['to'])}: ${word(data, 'text')}`,
  'connection-intercepted': ({ data }) =>
    data['to'] === undefined
      ? 'forwards the connection and listens'
      : `takes a connection that was meant for ${endpoint(data['to'])}`,
  'backend-dialled': ({ data }, cell) => {
    const transport = word(data, 'transport');
    return `needs ${word(data, 'target')}, by its ${transport === '' ? 'own' : transport} transport, which ${trustInWords(word(data, 'trust'), cell)}`;
  },
  'backend-refused': ({ data }) => ({ text: `gives up: ${word(data, 'text')}`, tone: 'good' }),
  'backend-answered': ({ data }) => `gets an answer: status ${word(data, 'status')}`,
  'certificate-shown': ({ data }) => {
    const sans = Array.isArray(data['sans']) ? data['sans'].map(String).join(', ') : '';
    const fingerprint = word(data, 'fingerprint') || word(data, 'fingerprintSha256');
    return [
      `shows a certificate: subject ${word(data, 'subject') || '(none)'}`,
      `issuer ${word(data, 'issuer') || '(none)'}`,
      sans === '' ? 'no SANs' : `for ${sans}`,
      ...(fingerprint === '' ? [] : [`SHA-256 ${fingerprint.slice(0, 23)}…`]),
    ].join('; ');
  },
  'certificate-judged': ({ data, host: at }, cell) => {
    if (data['accepted'] !== true) {
      if (word(data, 'error') === '') return null;
      return { text: `does not believe the certificate: ${word(data, 'error')}`, tone: 'good' };
    }
    if (word(data, 'trust') === 'verify-nobody') {
      if (at === 'attacker') return 'takes whatever certificate it is shown: it only wants to get through';
      return {
        text: `believes the certificate without looking at it, because ${whyNobody(cell)}`,
        tone: 'bad',
      };
    }
    const host = word(data, 'host');
    return {
      text: `verifies the certificate${host === '' ? '' : ` for ${host}`}, finds nothing wrong and believes it`,
      tone: null,
    };
  },
  'alert-sent': ({ data }) => `sends alert ${word(data, 'alert')} and hangs up`,
  'alert-received': ({ data }) => `receives alert ${word(data, 'alert')}`,
  'handshake-finished': ({ data }) => `has finished the handshake, ${word(data, 'version')}`,
  // The side that refuses says so by its judgement, its alert and its giving up.
  'handshake-failed': ({ data, host: at }) =>
    at === 'attacker' ? `sees the handshake fail: ${word(data, 'text') || word(data, 'alert')}` : null,
  'client-certificate-captured': ({ data }) =>
    `asked for a client certificate and is shown ${word(data, 'subject')}, without its key`,
  'request-received': ({ data }) => `receives ${word(data, 'method')} ${word(data, 'path')}`,
  'request-captured': ({ data }) => `reads the request: ${word(data, 'method')} ${word(data, 'path')}`,
  'answer-forged': ({ data }) => {
    const status = word(data, 'status');
    const length = typeof data['length'] === 'number' ? `, ${bytes(data['length'])}` : '';
    return {
      text: `answers with words of its own${length}${status === '' ? '' : `, status ${status}`}`,
      tone: 'bad',
    };
  },
  'relay-answered': ({ data }) => ({
    text: `gets the real endpoint's answer, status ${word(data, 'status')}, and passes it on`,
    tone: 'bad',
  }),
  'relay-refused': ({ data }) => ({
    text: `is turned away by the real endpoint: ${[word(data, 'status'), word(data, 'text')].filter(Boolean).join(' ')}`,
    tone: 'good',
  }),
  'client-saw': ({ data }) => `the user reads: ${word(data, 'words') || word(data, 'stdout') || 'nothing'}`,
};

function trustInWords(trust: string, cell: Cell): string {
  if (trust === 'verify') return 'verifies the other side against the configured CA';
  if (trust === 'plaintext') return 'speaks plain http here';
  return `verifies nobody: ${whyNobody(cell)}`;
}

/** Which decision of Kubernetes lies behind an unverified connection on this path. */
function whyNobody(cell: Cell): string {
  switch (paths.find((entry) => entry.id === cell.path)?.transport) {
    case 'kubelet-unverified':
      return cell.defence === 'none'
        ? '--kubelet-certificate-authority is not set, and the request would switch verification off anyway'
        : 'the request carries insecureSkipTLSVerifyBackend=true';
    case 'proxy':
      return 'the proxy transport is built that way, and no flag changes it';
    case 'kubelet':
      return '--kubelet-certificate-authority is not set';
    default:
      return 'its configuration says so';
  }
}

/** A field as text, empty when it is not there: other folders own the events, and may say less than we know how to tell. */
function word(data: Data, field: string): string {
  const value = data[field];
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function endpoint(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return 'somewhere';
  const { address, host, port } = value as { address?: unknown; host?: unknown; port?: unknown };
  const name = String(address ?? host ?? '');
  return name.includes(':') ? `[${name}]:${String(port)}` : `${name}:${String(port)}`;
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
