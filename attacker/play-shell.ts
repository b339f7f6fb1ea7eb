import { headerValues } from '../wire/http-head';
import {
  negotiateProtocol,
  negotiationFailureText,
  PROTOCOL_HEADER_MISSING_TEXT,
  protocolList,
  type RemoteCommandStreams,
  RUNTIME_STREAM_PROTOCOLS,
  STREAM_PROTOCOL_HEADER,
  streamTypes,
  successStatus,
} from '../wire/remote-command';
import type { ExchangeEvent, RequestReceived, Scene, SceneAction } from './play';
import { refuseRequest } from './play-answer';

const WEBSOCKET_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
];

/** By channel number (k8s.io/apimachinery pkg/util/remotecommand). */
const CHANNELS = ['stdin', 'stdout', 'stderr', 'error', 'resize'].map((streamtype) => ({ streamtype }));

const EXIT = /(?:^|[\r\n])exit[\r\n]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: Ctrl-D, which sh takes for the end at the beginning of a line, and Ctrl-C, after which one begins
const EXIT_ON_TERMINAL = /(?:^|[\r\n\u0003])(?:exit[\r\n]|\u0004)/;

/**
 * A false shell for exec and attach. It shows the forged text on stdout as soon as every stream that the URL asks for
 * is there (to somebody who attaches with stdin: once something is typed), takes whatever is typed, and ends with success
 * when stdin ends, somebody types `exit` (or Ctrl-D on a terminal), or there is no stdin.
 */
export class ShellScene implements Scene {
  readonly #request: RequestReceived;
  readonly #upgrade: 'spdy' | 'websocket';
  readonly #streams: RemoteCommandStreams;
  readonly #forged: string;
  readonly #attaches: boolean;
  readonly #open = new Map<string, number>();
  #protocol: string | null = null;
  #typed = '';
  #shown = false;
  #state: 'waiting' | 'running' | 'ended' = 'waiting';

  constructor(options: {
    request: RequestReceived;
    upgrade: 'spdy' | 'websocket';
    streams: RemoteCommandStreams;
    forged: string;
  }) {
    this.#request = options.request;
    this.#upgrade = options.upgrade;
    this.#streams = options.streams;
    this.#forged = options.forged;
    this.#attaches = options.request.path.startsWith('/attach');
  }

  begin(): SceneAction[] {
    const { exchange, headers } = this.#request;
    const { stdin, stdout, stderr } = this.#streams;
    if (!stdin && !stdout && !stderr) {
      return [refuseRequest(exchange, 400, 'you must specify at least 1 of stdin, stdout, stderr')];
    }
    if (this.#upgrade === 'websocket') {
      const offered = protocolList(headerValues(headers, 'sec-websocket-protocol'));
      this.#protocol = negotiateProtocol(offered, WEBSOCKET_PROTOCOLS) ?? '';
    } else {
      const offered = protocolList(headerValues(headers, STREAM_PROTOCOL_HEADER));
      if (offered.length === 0) {
        return [refuseRequest(exchange, 400, PROTOCOL_HEADER_MISSING_TEXT)];
      }
      this.#protocol = negotiateProtocol(offered, RUNTIME_STREAM_PROTOCOLS);
      if (this.#protocol === null) {
        const text = negotiationFailureText(offered, RUNTIME_STREAM_PROTOCOLS);
        return [refuseRequest(exchange, 403, text)];
      }
    }
    const streamProtocol = this.#protocol;
    return [{ kind: 'upgrade', exchange, to: this.#upgrade, streamProtocol, channels: CHANNELS }];
  }

  see(event: ExchangeEvent): SceneAction[] {
    switch (event.kind) {
      case 'request-finished':
        return [];
      case 'stream-opened':
        return this.#opened(event.stream, event.headers['streamtype'] ?? '');
      case 'stream-data':
        return event.stream === this.#open.get('stdin') ? this.#typedIn(event.bytes) : [];
      case 'stream-finished':
        return event.stream === this.#open.get('stdin') ? this.#end() : [];
    }
  }

  #opened(stream: number, streamType: string): SceneAction[] {
    const { exchange } = this.#request;
    const known = CHANNELS.some((channel) => channel.streamtype === streamType);
    if (!known || this.#open.has(streamType)) return [{ kind: 'refuse-stream', exchange, stream }];
    this.#open.set(streamType, stream);
    return [{ kind: 'accept-stream', exchange, stream }, ...this.#beginWhenComplete()];
  }

  #beginWhenComplete(): SceneAction[] {
    if (this.#state !== 'waiting' || !this.#complete()) return [];
    this.#state = 'running';
    // A process that somebody attaches to says something when it is spoken to; a command speaks by itself.
    if (this.#streams.stdin) return this.#attaches ? [] : this.#show();
    return [...this.#show(), ...this.#end()];
  }

  #show(): SceneAction[] {
    if (this.#shown) return [];
    this.#shown = true;
    const lineFeed = this.#streams.tty ? '\r\n' : '\n';
    return this.#write(this.#streams.stdout ? 'stdout' : 'stderr', `${this.#forged}${lineFeed}`);
  }

  #complete(): boolean {
    return streamTypes(this.#streams, this.#protocol ?? '').every((type) => this.#open.has(type));
  }

  #typedIn(bytes: Buffer): SceneAction[] {
    this.#typed = `${this.#typed}${bytes.toString('latin1')}`.slice(-64);
    // Channel protocols before v5 cannot say that stdin ended: the first input has to be enough.
    const canHalfClose = this.#upgrade === 'spdy' || this.#protocol === 'v5.channel.k8s.io';
    const ends = !canHalfClose || (this.#streams.tty ? EXIT_ON_TERMINAL : EXIT).test(this.#typed);
    return [...this.#show(), ...(ends ? this.#end() : [])];
  }

  #end(): SceneAction[] {
    if (this.#state !== 'running') return [];
    const shown = this.#show();
    this.#state = 'ended';
    // v1 to v3 have no status object: an error stream that says nothing is success.
    const statusIsJson = /^v[45]\./.test(this.#protocol ?? '');
    return [
      ...shown,
      ...this.#finish('stdout'),
      ...this.#finish('stderr'),
      ...(statusIsJson ? this.#write('error', successStatus()) : []),
      ...this.#finish('error'),
      { kind: 'end-session', exchange: this.#request.exchange },
    ];
  }

  #write(streamType: string, text: string): SceneAction[] {
    const stream = this.#open.get(streamType);
    return stream === undefined ? [] : [{ kind: 'write', exchange: this.#request.exchange, stream, text }];
  }

  #finish(streamType: string): SceneAction[] {
    const stream = this.#open.get(streamType);
    return stream === undefined ? [] : [{ kind: 'finish', exchange: this.#request.exchange, stream }];
  }
}
