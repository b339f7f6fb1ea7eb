import type { TimelineEvent } from '../network/timeline';
import { type PathId, paths } from '../scenarios/vocabulary';
import type { Cell } from './outcome';
import { messageOf } from './status-message';
import { bytes } from './story-captured';
import { type Leg, NODE_USER, type Scene } from './story-scene';

/** One sentence and the machine it is about; `tone`: whether it was good news for the user, null for what is neither. */
export interface Told {
  readonly host: string;
  readonly text: string;
  readonly tone: 'good' | 'bad' | null;
}

type Sentence = (
  event: TimelineEvent,
  about: { readonly cell: Cell; readonly scene: Scene },
) => Omit<Told, 'host'> | string | null;
type Data = TimelineEvent['data'];

/** Puts one event after the other into words; null for what the story leaves out, and for kinds that it does not know. */
export function storyTeller(cell: Cell, scene: Scene): (event: TimelineEvent) => Told | null {
  /** Who the node's kubelet last heard from: its question to the apiserver is about that user. */
  let caller = '';
  return (event) => {
    const { kind, host, connection, data } = event;
    const leg = scene.leg(connection);
    if (kind === 'request-received' && scene.isApiserver(host)) {
      if (leg.role === 'asked') return asks(event, leg);
      const ofNode = word(data, 'user').startsWith(NODE_USER);
      if (ofNode && (leg.role === 'aside' || leg.from === null)) return consults(event, caller);
    } else if (kind === 'request-received') caller = word(data, 'user');
    if (leg.role === 'visit') return kind === 'certificate-judged' ? visits(event, leg, scene) : null;
    if (leg.role === 'errand' && !kind.startsWith('request-')) return null;
    if (leg.role === 'aside' || (leg.role === 'asked' && !kind.startsWith('backend-'))) return null;
    const told = sentences[kind]?.(event, { cell, scene }) ?? null;
    if (told === null) return null;
    return typeof told === 'string' ? { host, text: told, tone: null } : { host, ...told };
  };
}

/** How the run began, in the user's own words to the apiserver. */
function asks({ host, data }: TimelineEvent, leg: Leg): Told {
  const user = word(data, 'user');
  const text = `asks ${host}${user === '' ? '' : `, as ${user}`}: ${word(data, 'method')} ${shortened(word(data, 'path'))}`;
  // A connection that was open before the run is the workstation's too: nobody else's requests are passed on.
  return { host: leg.from ?? 'workstation', text, tone: null };
}

/** The other requests of a kubelet to the apiserver have nothing to do with the story. */
function consults({ data }: TimelineEvent, caller: string): Told | null {
  const question = questionOf(word(data, 'path'), caller);
  if (question === null) return null;
  const host = word(data, 'user').slice(NODE_USER.length);
  return { host, text: `its kubelet asks the apiserver ${question}`, tone: null };
}

function questionOf(path: string, caller: string): string | null {
  if (path.endsWith('/tokenreviews')) return 'whose token it was shown (TokenReview)';
  if (!path.endsWith('/subjectaccessreviews')) return null;
  return `whether ${caller === '' ? 'its caller' : caller} may do this (SubjectAccessReview)`;
}

function visits({ host, data }: TimelineEvent, leg: Leg, scene: Scene): Told {
  const whose =
    leg.reaches === null || scene.isApiserver(leg.reaches)
      ? "the apiserver's certificate"
      : `the certificate of ${leg.reaches}`;
  const issuer = word(data, 'issuer');
  return {
    host,
    text: `reads the name of the cluster's authority off ${whose}${issuer === '' ? '' : `: ${issuer}`}`,
    tone: null,
  };
}

/** A query that would take several lines is in the requests that follow. */
function shortened(path: string): string {
  const query = path.indexOf('?');
  return path.length <= 110 || query < 0 ? path : `${path.slice(0, query)}?…`;
}

const sentences: Readonly<Record<string, Sentence>> = {
  'tunnel-dialled': ({ data }) => `has ${word(data, 'agent')} dial ${word(data, 'to')}`,
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
  'backend-dialled': ({ data }, { cell }) => {
    const transport = word(data, 'transport');
    return `needs ${word(data, 'target')}, by its ${transport === '' ? 'own' : transport} transport, which ${trustInWords(word(data, 'trust'), cell)}`;
  },
  'backend-refused': ({ data }) => ({ text: `gives up: ${word(data, 'text')}`, tone: 'good' }),
  'backend-answered': ({ data }) => `gets an answer: status ${word(data, 'status')}`,
  'certificate-shown': ({ data }) => `shows a certificate: subject ${certificateInWords(data)}`,
  'certificate-judged': (event, { cell, scene }) => judged(event, cell, scene),
  'tunnel-chosen': ({ data }) =>
    `asks for ${word(data, 'target')} through the SSH tunnel to ${word(data, 'node')}${data['own'] === true ? '' : ', any will do'}`,
  'host-key-judged': ({ data }) => ({
    text:
      data['accepted'] === true
        ? 'is shown a host key and believes it'
        : `is shown a host key and refuses it: ${word(data, 'error')}`,
    tone: data['accepted'] === true ? null : 'good',
  }),
  'host-key-shown': () => 'poses as the sshd, and shows a host key of its own',
  'host-key-believed': ({ data }) => ({
    text: `is taken for the sshd${word(data, 'user') === '' ? '' : `, and lets ${word(data, 'user')} in`}`,
    tone: 'bad',
  }),
  'tunnel-target-learned': ({ data }) => `reads where the channel is to lead: ${word(data, 'target')}`,
  'alert-sent': ({ data }) => `sends alert ${word(data, 'alert')} and hangs up`,
  'alert-received': ({ data }) => `receives alert ${word(data, 'alert')}`,
  'handshake-finished': ({ data, host, connection }, { scene }) =>
    `has finished the handshake${withPeer(scene.leg(connection), host)}, ${word(data, 'version')}`,
  // The side that refuses says so by its judgement, its alert and its giving up.
  'handshake-failed': ({ data, host: at }) =>
    at === 'attacker' ? `sees the handshake fail: ${word(data, 'text') || word(data, 'alert')}` : null,
  'client-certificate-captured': ({ data }) =>
    `asked for a client certificate and is shown ${word(data, 'subject')}, without its key`,
  'request-received': ({ data }) => {
    const user = word(data, 'user');
    return `receives ${word(data, 'method')} ${word(data, 'path')}${user === '' ? '' : `, from ${user}`}`;
  },
  'request-denied': ({ data }) =>
    `denies it: ${[word(data, 'code'), word(data, 'text')].filter(Boolean).join(' ')}`,
  'request-captured': ({ data }) => `reads the request: ${word(data, 'method')} ${word(data, 'path')}`,
  'connection-steered': ({ data }) => ({
    text: `leads what is meant for ${word(data, 'from')} to ${word(data, 'to')}, untouched`,
    tone: 'bad',
  }),
  redirected: ({ data }) => ({
    text: `sends whoever asks on to ${shortened(word(data, 'location'))}`,
    tone: 'bad',
  }),
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
    text: `is turned away by the real endpoint: ${[word(data, 'status'), messageOf(word(data, 'text'))].filter(Boolean).join(' ')}`,
    tone: 'good',
  }),
  'credential-replayed': ({ data }) => {
    const status = typeof data['status'] === 'number' ? data['status'] : 0;
    const answer = status === 0 ? 'no answer' : `status ${status}`;
    return {
      text: `uses a credential that it captured: ${word(data, 'method')} ${word(data, 'path')}, and gets ${answer}`,
      tone: status >= 200 && status < 300 ? 'bad' : 'good',
    };
  },
  'client-saw': ({ data }) => `the user reads: ${word(data, 'words') || word(data, 'stdout') || 'nothing'}`,
};

function judged(
  { data, host, connection }: TimelineEvent,
  cell: Cell,
  scene: Scene,
): Omit<Told, 'host'> | null {
  const accepted = data['accepted'] === true;
  if (!accepted && word(data, 'error') === '') return null;
  // An impostor's certificate has been told by then.
  const shown = word(data, 'issuer') === '' || scene.leg(connection).shown ? '' : certificateInWords(data);
  const begin = shown === '' ? '' : `is shown ${shown}; `;
  const it = shown === '' ? 'the certificate' : 'it';
  if (!accepted) return { text: `${begin}does not believe ${it}: ${word(data, 'error')}`, tone: 'good' };
  if (word(data, 'trust') === 'verify-nobody') {
    if (host === 'attacker') {
      return { text: 'takes whatever certificate it is shown: it only wants to get through', tone: null };
    }
    return { text: `${begin}believes ${it} without looking at it, because ${whyNobody(cell)}`, tone: 'bad' };
  }
  const dialled = word(data, 'host');
  return {
    text: `${begin}verifies ${it}${dialled === '' ? '' : ` for ${dialled}`}, finds nothing wrong and believes it`,
    tone: null,
  };
}

function certificateInWords(data: Data): string {
  const sans = Array.isArray(data['sans']) ? data['sans'].map(String).join(', ') : '';
  const fingerprint = word(data, 'fingerprint') || word(data, 'fingerprintSha256');
  return [
    word(data, 'subject') || '(no subject)',
    `issuer ${word(data, 'issuer') || '(none)'}`,
    sans === '' ? 'no SANs' : `for ${sans}`,
    ...(fingerprint === '' ? [] : [`SHA-256 ${fingerprint.slice(0, 23)}…`]),
  ].join('; ');
}

/** The other end of a connection, as seen from this machine. */
function withPeer(leg: Leg, host: string): string {
  const peer = host === leg.from ? leg.reaches : leg.from;
  return peer === null ? '' : ` with ${peer}`;
}

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
    case 'client':
      return switchOf(cell.path);
    case undefined:
      return 'its configuration says so';
  }
}

/** Where somebody who dials by himself was told not to look. */
function switchOf(path: PathId): string {
  switch (path) {
    case 'metrics-scrape':
      return 'its configuration says insecure_skip_verify: true';
    case 'pod-api':
      return 'its program was told to skip verification, as by curl --insecure';
    default:
      return 'its kubeconfig says insecure-skip-tls-verify: true';
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
