import type { Clock } from '../client/clock';
import { type Host, joinHostPort } from '../network/network';
import { readSome } from '../network/read-some';
import { Transport } from '../network/transport';
import { emulatedKubernetes } from '../version';
import type { SimulatedContainer } from './containers/simulated-container';
import type { ContainerSpec, Handler, HttpGet } from './pod-spec';

/**
 * Carries out a probe or a lifecycle hook once: a command in the container, an HTTP request (whoever answers https is
 * believed, as upstream does), a TCP connection.
 * Sources: pkg/kubelet/prober/prober.go, pkg/probe/{http,tcp,exec}, pkg/kubelet/lifecycle/handlers.go.
 */
export interface HandlerResult {
  readonly kind: 'success' | 'failure' | 'errored';
  /** What an event says of it. */
  readonly text: string;
}

export interface HandlerPlace {
  /** An HTTP request says which, and a hook's is done whatever the status of its answer. */
  readonly purpose: 'probe' | 'lifecycle';
  readonly from: Host;
  readonly clock: Clock;
  readonly spec: ContainerSpec;
  readonly container: SimulatedContainer;
  readonly podIp: string;
}

export async function runHandler(
  handler: Handler,
  place: HandlerPlace,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HandlerResult> {
  const stop = new AbortController();
  const cut = (): void => stop.abort();
  signal.addEventListener('abort', cut, { once: true });
  if (signal.aborted) cut();
  const done = new AbortController();
  let overdue = false;
  void place.clock.pause(timeoutMs, done.signal).then(() => {
    if (done.signal.aborted) return;
    overdue = true;
    cut();
  });
  try {
    const result = await carryOut(handler, place, stop.signal);
    return overdue ? timedOut(handler, place, timeoutMs) : result;
  } finally {
    done.abort();
    signal.removeEventListener('abort', cut);
  }
}

async function carryOut(handler: Handler, place: HandlerPlace, signal: AbortSignal): Promise<HandlerResult> {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec !== undefined) return runCommand(exec.command ?? [], place, signal);
  if (httpGet !== undefined) return get(httpGet, place, signal);
  if (tcpSocket !== undefined) return connect(tcpSocket, place, signal);
  if (sleep !== undefined) {
    await place.clock.pause(sleep.seconds * 1000, signal);
    return { kind: 'success', text: '' };
  }
  const what =
    grpc === undefined ? 'missing probe handler' : 'grpc probes are not implemented by this kubelet';
  return { kind: 'errored', text: what };
}

async function runCommand(
  command: readonly string[],
  { container }: HandlerPlace,
  signal: AbortSignal,
): Promise<HandlerResult> {
  const { outcome, stdout, stderr } = await container.run(command, signal);
  if (outcome.kind === 'failed') return { kind: 'errored', text: outcome.text };
  const output = Buffer.concat([stdout, stderr]).subarray(0, LONGEST_OUTPUT_BYTES).toString();
  return { kind: outcome.code === 0 ? 'success' : 'failure', text: output };
}

async function get(httpGet: HttpGet, place: HandlerPlace, signal: AbortSignal): Promise<HandlerResult> {
  const url = urlOf(httpGet, place);
  if (url === null) return { kind: 'errored', text: `couldn't find port: ${httpGet.port} in container` };
  const { scheme, host, port, path } = url;
  const own = (httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value] as const);
  const transport = new Transport({ from: place.from, trust: () => ({ kind: 'verify-nobody' }) });
  const answer = await transport.roundTrip(
    { host, port, scheme },
    {
      method: 'GET',
      path,
      headers: [...defaultHeaders(place.purpose, joinHostPort(host, port), own), ...own],
    },
    { signal },
  );
  if (answer.kind === 'refusal') return { kind: 'failure', text: `Get "${url.text}": ${answer.text}` };
  const body = await readSome(answer.body, LONGEST_OUTPUT_BYTES);
  const isGood = answer.status >= 200 && answer.status < 400;
  if (isGood || place.purpose === 'lifecycle') return { kind: 'success', text: body };
  return { kind: 'failure', text: `HTTP probe failed with statuscode: ${answer.status}` };
}

interface HttpUrl {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly text: string;
}

/**
 * Null when the container has no such port. A path without its slash gets one, and what may not stand in a URL is
 * escaped. Source: pkg/probe/http/request.go (formatURL) and Go's net/url (URL.String).
 */
function urlOf(
  { scheme: wanted, host: given, port: named, path: written = '' }: HttpGet,
  { spec, podIp }: HandlerPlace,
): HttpUrl | null {
  const port = portOf(named, spec);
  if (port === null) return null;
  const scheme = wanted?.toLowerCase() === 'https' ? 'https' : 'http';
  const host = given || podIp;
  const escaped = written.replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, octetEscapes);
  const path = escaped.startsWith('/') ? escaped : `/${escaped}`;
  return { scheme, host, port, path, text: `${scheme}://${joinHostPort(host, port)}${path}` };
}

function octetEscapes(character: string): string {
  return Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '%$&');
}

/** Headers of the pod's own choosing replace these. Source: pkg/probe/http/request.go (v1HeaderToHTTPHeader, setHeaders). */
function defaultHeaders(
  purpose: HandlerPlace['purpose'],
  host: string,
  own: readonly (readonly [string, string])[],
): (readonly [string, string])[] {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(emulatedKubernetes) ?? [];
  const defaults = [
    ['Host', host],
    ['User-Agent', `kube-${purpose}/${major}.${minor}`],
    ['Accept', '*/*'],
    ['Connection', 'close'],
  ] as const;
  return defaults.filter(([name]) => !own.some(([it]) => it.toLowerCase() === name.toLowerCase()));
}

async function connect(
  { port: wanted, host }: NonNullable<Handler['tcpSocket']>,
  place: HandlerPlace,
  signal: AbortSignal,
): Promise<HandlerResult> {
  const port = portOf(wanted, place.spec);
  if (port === null) return { kind: 'errored', text: `couldn't find port: ${wanted} in container` };
  const dialled = await place.from.dial({ host: host || place.podIp, port }, { signal });
  if (dialled.kind === 'refusal') return { kind: 'failure', text: dialled.text };
  dialled.socket.destroy();
  return { kind: 'success', text: '' };
}

/** A number, or the name of one of the container's ports. */
export function portOf(wanted: number | string, spec: Pick<ContainerSpec, 'ports'>): number | null {
  const named = spec.ports?.find((it) => it.name === wanted)?.containerPort;
  const port = named ?? Number(wanted);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}

function timedOut(handler: Handler, place: HandlerPlace, timeoutMs: number): HandlerResult {
  const { exec, httpGet, tcpSocket } = handler;
  if (exec !== undefined) {
    const command = (exec.command ?? []).join(' ');
    const text = `command timed out: ${JSON.stringify(command)} timed out after ${timeoutMs / 1000}s`;
    return { kind: 'failure', text };
  }
  if (httpGet !== undefined) {
    const why = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
    return { kind: 'failure', text: `Get "${urlOf(httpGet, place)?.text}": ${why}` };
  }
  const { port = 0, host } = tcpSocket ?? {};
  const at = joinHostPort(host || place.podIp, portOf(port, place.spec) ?? 0);
  return { kind: 'failure', text: `dial tcp ${at}: i/o timeout` };
}

/** pkg/probe/http and exec keep this much. */
const LONGEST_OUTPUT_BYTES = 10 * 1024;
