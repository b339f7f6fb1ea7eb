import type WebSocket from 'ws';
import { joinHostPort, type Refusal } from '../network/network';
import { readSome } from '../network/read-some';
import type { HttpResponse, Upgraded } from '../network/transport';
import { CHANNEL, decodeChannel, encodeChannel } from '../wire/channel';
import { headerValue } from '../wire/http-head';
import {
  exitStatus,
  internalErrorStatus,
  OFFERED_STREAM_PROTOCOLS,
  type RemoteCommandStreams,
  readExitStatus,
  STREAM_PROTOCOL_HEADER,
  STREAM_PROTOCOL_V1,
  STREAM_PROTOCOL_V4,
  STREAM_PROTOCOL_V5,
  STREAM_TYPE_HEADER,
  type StreamType,
  streamTypes,
  successStatus,
} from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import type { Answered, ApiRequest, PendingUpgrade } from './api-request';
import { type Caller, dialForUpgrade, upgradeOver } from './backend';
import type { PodLocation } from './pod-location';
import { acceptWebSocket, pumpToWebSocket } from './websocket';

/**
 * exec and attach over WebSocket v5: the WebSocket ends here, and a SPDY session of the apiserver's own goes to the
 * kubelet. The client's handshake is answered first and the kubelet is dialled then, so what fails there is told on the
 * error channel, behind a 101. Source: k8s.io/apiserver pkg/util/proxy/{streamtranslator,websocket}.go.
 */
export async function serveTranslated(
  api: ApiRequest,
  pending: PendingUpgrade,
  caller: Caller,
  location: PodLocation,
  streams: RemoteCommandStreams,
): Promise<Answered> {
  const websocket = await acceptWebSocket(api.request, pending, STREAM_PROTOCOL_V5);
  if (websocket === null) return 'answered';
  websocket.on('error', () => websocket.terminate());
  // What the client sends before the kubelet has its streams waits in the connection.
  websocket.pause();
  // kubectl listens for messages a moment after its handshake is done, and complains of what comes before ("Unknown
  // stream id 1"): nothing is said before the kubelet has answered, one way or the other.
  let greeted = false;
  const greet = (): void => {
    if (!greeted && websocket.readyState === websocket.OPEN) websocket.send(greeting(streams));
    greeted = true;
  };
  const status = await runSession(api, websocket, caller, location, streams, greet);
  greet();
  websocket.resume();
  if (websocket.readyState !== websocket.OPEN) return 'answered';
  websocket.send(encodeChannel('v5.channel.k8s.io', CHANNEL.error, Buffer.from(status)));
  websocket.close(1000);
  return 'answered';
}

/** An empty message on the lowest channel that the server writes to tells the client that it is connected. */
function greeting({ stdout, stderr }: RemoteCommandStreams): Buffer | string {
  const channel = stdout ? CHANNEL.stdout : stderr ? CHANNEL.stderr : CHANNEL.error;
  return encodeChannel('v5.channel.k8s.io', channel, Buffer.alloc(0));
}

/** Runs the session to its end and returns the status to close with, as JSON. */
async function runSession(
  api: ApiRequest,
  websocket: WebSocket,
  caller: Caller,
  location: PodLocation,
  streams: RemoteCommandStreams,
  greet: () => void,
): Promise<string> {
  const { host, port } = location.backend.target;
  const url = `https://${joinHostPort(host, port)}${location.path}`;
  const unsent = (refusal: Refusal) =>
    internalErrorStatus(`error sending request: Post "${url}": ${refusal.text}`);
  const peer = await dialForUpgrade(caller, location.backend, api.signal);
  if (peer.kind === 'refusal') return unsent(peer);
  const answer = await upgradeOver(caller, peer, spdyRequest(location), api.signal);
  if (answer.kind === 'refusal') return unsent(answer);
  if (answer.kind === 'response' || !isSpdy(answer)) return refusedStatus(answer);

  greet();
  const session = new SpdySession(answer.socket, { role: 'client' });
  const leave = (): void => session.close();
  websocket.once('close', leave);
  const pings = setInterval(() => void session.ping().catch(() => undefined), pingPeriodMs);
  pings.unref();
  try {
    return await translate(websocket, session, protocolOf(answer), streams);
  } catch (error) {
    // The kubelet refused a stream or went away while they were being opened.
    return internalErrorStatus(error instanceof Error ? error.message : String(error));
  } finally {
    clearInterval(pings);
    session.close();
  }
}

/** remotecommand's SPDY executor, from 1.32 on. */
const pingPeriodMs = 5_000;

function spdyRequest({ backend, path }: PodLocation) {
  const protocols = OFFERED_STREAM_PROTOCOLS.map((protocol) => [STREAM_PROTOCOL_HEADER, protocol] as const);
  return {
    method: 'POST',
    path,
    headers: [
      ['Host', joinHostPort(backend.target.host, backend.target.port)],
      ['User-Agent', 'Go-http-client/1.1'],
      ['Content-Length', '0'],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'SPDY/3.1'],
      ...protocols,
    ] as const,
  };
}

function isSpdy({ headers }: Upgraded): boolean {
  return (
    /upgrade/i.test(headerValue(headers, 'connection') ?? '') &&
    /spdy\/3\.1/i.test(headerValue(headers, 'upgrade') ?? '')
  );
}

/** A server that names no protocol speaks the oldest one. */
function protocolOf({ headers }: Upgraded): string {
  return headerValue(headers, STREAM_PROTOCOL_HEADER) ?? STREAM_PROTOCOL_V1;
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** client-go transport/spdy: a Status in the body is passed on, anything else becomes text. */
async function refusedStatus(answer: HttpResponse | Upgraded): Promise<string> {
  if (answer.kind === 'upgraded') {
    answer.socket.destroy();
    return internalErrorStatus('unable to upgrade connection: ');
  }
  const target = headerValue(answer.headers, 'location');
  if (redirects.has(answer.status) && target) {
    answer.body.destroy();
    return internalErrorStatus(`error sending request: Post "${target}": redirect not allowed`);
  }
  const text = await readSome(answer.body, 64 * 1024);
  answer.body.destroy();
  return statusIn(text) ?? internalErrorStatus(`unable to upgrade connection: ${text.trim()}`);
}

function statusIn(text: string): string | null {
  try {
    const parsed: unknown = JSON.parse(text);
    const isStatus =
      typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status';
    return isStatus ? JSON.stringify(parsed) : null;
  } catch {
    return null;
  }
}

async function translate(
  websocket: WebSocket,
  session: SpdySession,
  protocol: string,
  asked: RemoteCommandStreams,
): Promise<string> {
  const opened = new Map<StreamType, SpdyStream>();
  // In order and one by one: a kubelet tells them apart by their header, but Go opens them this way.
  for (const type of streamTypes(asked, protocol))
    opened.set(type, await session.open({ [STREAM_TYPE_HEADER]: type }));

  const output: Promise<void>[] = [];
  for (const type of ['stdout', 'stderr'] as const) {
    const stream = opened.get(type);
    if (stream === undefined) continue;
    pumpToWebSocket(stream, websocket, (bytes) => encodeChannel('v5.channel.k8s.io', CHANNEL[type], bytes));
    output.push(readingDone(stream));
  }
  feedFromWebSocket(websocket, opened);
  websocket.resume();
  const told = readAll(opened.get('error'));
  await Promise.all(output);
  return finalStatus(await told, protocol);
}

/** Its end may have come already: a kubelet that is quick closes everything behind its last reply. */
function readingDone(stream: SpdyStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) resolve();
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}

/** Messages of the client go to the stream of their channel; `ff 00` half-closes stdin. */
function feedFromWebSocket(websocket: WebSocket, opened: ReadonlyMap<StreamType, SpdyStream>): void {
  const inputs = new Map([
    [CHANNEL.stdin as number, opened.get('stdin')],
    [CHANNEL.resize as number, opened.get('resize')],
  ]);
  websocket.on('message', (message: Buffer, binary: boolean) => {
    const decoded = decodeChannel('v5.channel.k8s.io', message, binary);
    if (decoded.kind === 'malformed') {
      websocket.close(1002);
      return;
    }
    const stream = inputs.get(decoded.channel);
    if (stream === undefined || stream.destroyed || stream.writableEnded) return;
    if (decoded.kind === 'close') {
      stream.end();
    } else if (decoded.bytes.length > 0 && !stream.write(decoded.bytes)) {
      websocket.pause();
      const resume = (): void => {
        stream.off('drain', resume);
        stream.off('close', resume);
        websocket.resume();
      };
      stream.on('drain', resume);
      stream.on('close', resume);
    }
  });
}

async function readAll(stream: SpdyStream | undefined): Promise<string> {
  return stream === undefined ? '' : readSome(stream, 1024 * 1024);
}

function finalStatus(text: string, protocol: string): string {
  if (protocol !== STREAM_PROTOCOL_V4 && protocol !== STREAM_PROTOCOL_V5) {
    return text === '' ? successStatus() : internalErrorStatus(`error executing remote command: ${text}`);
  }
  const status = readExitStatus(text);
  return status.kind === 'exited' ? exitStatus(status.code) : internalErrorStatus(status.message);
}
