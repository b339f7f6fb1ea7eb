import type { Connection, Host, Refusal } from '../network/network';
import type { SecureConnection } from '../network/secure';
import {
  type CallOptions,
  exchange,
  type HttpResponse,
  type OutgoingRequest,
  type Target,
  type Transport,
  type Upgraded,
} from '../network/transport';
import type { EmulatedCve, EmulatedCves } from './emulated-cves';

/**
 * The second leg: from the apiserver to a kubelet, a node or a pod. Which of the three transports carries a request is
 * the whole question of this project, so every use of one is told to the timeline.
 */
export type TransportName = 'kubelet' | 'kubelet-insecure' | 'proxy';

export interface Backend {
  readonly name: TransportName;
  readonly transport: Transport;
  readonly target: Target;
  /** `verify` with the configured bundle, or nobody; a plain http target has no one to verify. */
  readonly trust: 'verify' | 'verify-nobody' | 'plaintext';
}

/** One request's view of its backends: what it is for, and the client connection it belongs to. */
export interface Caller {
  readonly host: Host;
  /** Id of the client's connection. */
  readonly connection: string | null;
  /** A path of the lab's vocabulary: `logs`, `exec`, `node-proxy-https`, … */
  readonly path: string;
  /** Bugs of old releases that it is carried with; none by default. */
  readonly emulated?: EmulatedCves;
}

export async function roundTrip(
  caller: Caller,
  backend: Backend,
  request: OutgoingRequest,
  options: CallOptions = {},
): Promise<HttpResponse | Refusal> {
  recordDial(caller, backend);
  return recordAnswer(caller, await backend.transport.roundTrip(backend.target, request, options));
}

/** Upgrades offer `http/1.1` by ALPN; plain requests of the kubelet transport offer nothing. */
const upgradeAlpn = ['http/1.1'];

export type DialledPeer = SecureConnection | Connection;

/** Only dials, so that what fails here can be told from what fails later. */
export async function dialForUpgrade(
  caller: Caller,
  backend: Backend,
  signal?: AbortSignal,
): Promise<DialledPeer | Refusal> {
  recordDial(caller, backend);
  const options = { alpn: upgradeAlpn, ...(signal === undefined ? {} : { signal }) };
  const peer = await backend.transport.connect(backend.target, options);
  if (peer.kind === 'refusal') recordAnswer(caller, peer);
  return peer;
}

export async function upgradeOver(
  caller: Caller,
  peer: DialledPeer,
  request: OutgoingRequest,
  signal?: AbortSignal,
): Promise<Upgraded | HttpResponse | Refusal> {
  return recordAnswer(caller, await exchange(peer, request, signal));
}

function recordDial({ host, connection, path }: Caller, { name, target, trust }: Backend): void {
  host.timeline.record(host.name, connection, 'backend-dialled', {
    path,
    target: `${target.scheme}://${target.host}:${target.port}`,
    transport: name,
    trust,
  });
}

function recordAnswer<Answer extends Upgraded | HttpResponse | Refusal>(
  { host, connection, path }: Caller,
  answer: Answer,
): Answer {
  if (answer.kind === 'refusal') {
    host.timeline.record(host.name, connection, 'backend-refused', { path, text: answer.text });
  } else {
    host.timeline.record(host.name, connection, 'backend-answered', { path, status: answer.status });
  }
  return answer;
}

export function hasBug({ emulated }: { readonly emulated?: EmulatedCves }, cve: EmulatedCve): boolean {
  return emulated?.has(cve) === true;
}
