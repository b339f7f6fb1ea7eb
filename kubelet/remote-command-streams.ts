import type { IncomingMessage, ServerResponse } from 'node:http';
import { CHANNEL } from '../wire/channel';
import {
  ACCEPTED_STREAM_PROTOCOLS_HEADER,
  decodeResize,
  negotiateProtocol,
  negotiationFailureText,
  PROTOCOL_HEADER_MISSING_TEXT,
  protocolList,
  type RemoteCommandStreams,
  RUNTIME_STREAM_PROTOCOLS,
  STREAM_PROTOCOL_HEADER,
  STREAM_TYPE_HEADER,
  streamTypes,
} from '../wire/remote-command';
import { SpdySession } from '../wire/spdy-session';
import type { SpdyStream } from '../wire/spdy-stream';
import type { Sink, Source } from './containers/pipe';
import { finished, sinkOf, sourceOf } from './stream-pipes';
import { type Answer, httpError, missingUpgradeHeadersText, switchToSpdy, type Upgrade } from './upgrade';
import { acceptChannels, type ChannelSession, REMOTE_COMMAND_CHANNELS } from './websocket-channels';

/** The streams of an exec or attach session, whichever protocol carries them. */
export interface SessionTransport {
  readonly stdin: Source | null;
  readonly stdout: Sink | null;
  readonly stderr: Sink | null;
  readonly resizes: Source | null;
  /** Whether the error stream carries a Status object (v4) or plain text (before). */
  readonly statusAsJson: boolean;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
  /** Ends the outputs, writes this on the error stream unless it is empty, and closes. */
  finish(status: string): Promise<void>;
}

/** cri/streaming: DefaultStreamCreationTimeout. */
const STREAM_CREATION_MS = 30_000;

export interface SessionRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upgrade: Upgrade;
  readonly asked: RemoteCommandStreams;
  readonly answer: Answer;
}

/** Upgrades the connection; null when the request was refused and answered, or the client never opened its streams. */
export async function openSession(from: SessionRequest): Promise<SessionTransport | null> {
  return from.upgrade.kind === 'websocket' ? openWebSocket(from) : openSpdy(from);
}

async function openSpdy({
  request,
  response,
  upgrade,
  asked,
  answer,
}: SessionRequest): Promise<SessionTransport | null> {
  const offered = protocolList(request.headers[STREAM_PROTOCOL_HEADER.toLowerCase()]);
  if (offered.length === 0) {
    httpError(answer, 400, PROTOCOL_HEADER_MISSING_TEXT);
    return null;
  }
  const protocol = negotiateProtocol(offered, RUNTIME_STREAM_PROTOCOLS);
  if (protocol === null) {
    httpError(answer, 403, negotiationFailureText(offered, RUNTIME_STREAM_PROTOCOLS), {
      [ACCEPTED_STREAM_PROTOCOLS_HEADER]: [...RUNTIME_STREAM_PROTOCOLS],
    });
    return null;
  }
  if (!(request.headers.upgrade ?? '').toLowerCase().includes('spdy/3.1')) {
    httpError(answer, 400, missingUpgradeHeadersText(request));
    return null;
  }
  switchToSpdy(upgrade, response, protocol);
  const wanted = streamTypes(asked, protocol);
  const streams = await collectStreams(upgrade, wanted);
  if (streams === null) return null;
  const { session, byType } = streams;
  const gone = new AbortController();
  void session.ended.then(() => gone.abort());
  const outputs = ['stdout', 'stderr'].flatMap((type) => byType.get(type) ?? []);
  const error = byType.get('error');
  const source = (type: string): Source | null => optional(byType.get(type), sourceOf);
  const sink = (type: string): Sink | null => optional(byType.get(type), sinkOf);
  return {
    stdin: source('stdin'),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    resizes: source('resize'),
    statusAsJson: protocol === 'v4.channel.k8s.io',
    signal: gone.signal,
    finish: async (status) => {
      await Promise.all(outputs.map(finished));
      if (error !== undefined) {
        if (status !== '' && !error.destroyed) error.write(status);
        await finished(error);
      }
      session.close();
    },
  };
}

function optional<From, To>(value: From | undefined, make: (value: From) => To): To | null {
  return value === undefined ? null : make(value);
}

/** Waits for the streams that were asked for. A client that does not open them in time is cut off. */
function collectStreams(
  upgrade: Upgrade,
  wanted: readonly string[],
): Promise<{ session: SpdySession; byType: Map<string, SpdyStream> } | null> {
  return new Promise((resolve) => {
    const byType = new Map<string, SpdyStream>();
    const session = new SpdySession(upgrade.socket, {
      role: 'server',
      onStream: (stream) => {
        const type = stream.headers[STREAM_TYPE_HEADER] ?? '';
        if (!wanted.includes(type) || byType.has(type)) {
          stream.reset();
          return;
        }
        stream.reply();
        byType.set(type, stream);
        if (byType.size < wanted.length) return;
        clearTimeout(deadline);
        resolve({ session, byType });
      },
    });
    const deadline = setTimeout(() => session.destroy(), STREAM_CREATION_MS);
    void session.ended.then(() => {
      clearTimeout(deadline);
      resolve(null);
    });
  });
}

async function openWebSocket({
  request,
  response,
  upgrade,
  asked,
  answer,
}: SessionRequest): Promise<SessionTransport | null> {
  const accepting = acceptChannels(request, upgrade, response, REMOTE_COMMAND_CHANNELS);
  if (accepting === null) {
    answer(403, '');
    return null;
  }
  const session: ChannelSession = await accepting;
  const stdin = asked.stdin ? session.source(CHANNEL.stdin) : null;
  const stdout = asked.stdout ? session.sink(CHANNEL.stdout) : null;
  const stderr = asked.stderr && !asked.tty ? session.sink(CHANNEL.stderr) : null;
  const error = session.sink(CHANNEL.error);
  await (stdout ?? stderr ?? error).write(Buffer.alloc(0));
  return {
    stdin,
    stdout,
    stderr,
    resizes: asked.tty ? session.source(CHANNEL.resize) : null,
    statusAsJson: session.protocol.startsWith('v4.'),
    signal: session.signal,
    finish: async (status) => {
      if (status !== '') await error.write(Buffer.from(status));
      session.close();
    },
  };
}

/** Calls back for every size that arrives on a resize stream. */
export async function readResizes(
  resizes: Source,
  signal: AbortSignal,
  onSize: (size: { width: number; height: number }) => void,
): Promise<void> {
  let rest = '';
  for (;;) {
    const bytes = await resizes.read(signal);
    if (bytes === null) return;
    const decoded = decodeResize(rest + bytes.toString());
    rest = decoded.rest;
    for (const { Width, Height } of decoded.sizes) onSize({ width: Width, height: Height });
  }
}
