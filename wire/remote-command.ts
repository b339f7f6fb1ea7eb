import { goQuote } from './go-quote';

/**
 * What exec and attach say beside the bytes of the command: protocol names, the streams of a session, the final
 * status and terminal sizes. Constants from apimachinery/pkg/util/remotecommand, decoding rules from
 * client-go/tools/remotecommand/v1.go to v5.go and errorstream.go.
 */

export const STREAM_PROTOCOL_V1 = 'channel.k8s.io';
export const STREAM_PROTOCOL_V2 = 'v2.channel.k8s.io';
export const STREAM_PROTOCOL_V3 = 'v3.channel.k8s.io';
export const STREAM_PROTOCOL_V4 = 'v4.channel.k8s.io';
export const STREAM_PROTOCOL_V5 = 'v5.channel.k8s.io';

/** What clients since 1.29, and the apiserver's translator, offer over SPDY: newest first. */
export const OFFERED_STREAM_PROTOCOLS: readonly string[] = [
  STREAM_PROTOCOL_V5,
  STREAM_PROTOCOL_V4,
  STREAM_PROTOCOL_V3,
  STREAM_PROTOCOL_V2,
  STREAM_PROTOCOL_V1,
];

/** What a container runtime accepts over SPDY (kubelet/pkg/cri/streaming/remotecommand): no v5. */
export const RUNTIME_STREAM_PROTOCOLS: readonly string[] = OFFERED_STREAM_PROTOCOLS.slice(1);

/** Go's http.Header makes this `X-Stream-Protocol-Version`; sent once a version, not comma-joined. */
export const STREAM_PROTOCOL_HEADER = 'X-Stream-Protocol-Version';
export const ACCEPTED_STREAM_PROTOCOLS_HEADER = 'X-Accepted-Stream-Protocol-Versions';

/** The SPDY stream header that says what a stream carries; lower case on the wire. */
export const STREAM_TYPE_HEADER = 'streamtype';

export type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

export interface RemoteCommandStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/**
 * The streams of a SPDY session, in the order in which clients open them; a server starts when it has them all.
 * A terminal has no stderr, and resize exists only with a terminal and from v3 on.
 */
export function streamTypes(asked: RemoteCommandStreams, protocol: string): StreamType[] {
  const types: StreamType[] = ['error'];
  if (asked.stdin) types.push('stdin');
  if (asked.stdout) types.push('stdout');
  if (asked.stderr && !asked.tty) types.push('stderr');
  if (asked.tty && protocol !== STREAM_PROTOCOL_V1 && protocol !== STREAM_PROTOCOL_V2) types.push('resize');
  return types;
}

/** The values of a header that may be repeated, comma-joined, or both (Node joins repeated lines with `, `). */
export function protocolList(values: string | readonly string[] | undefined): string[] {
  const lines = values === undefined ? [] : typeof values === 'string' ? [values] : values;
  return lines
    .flatMap((line) => line.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** The client's first choice that the server supports; null when they have none in common. */
export function negotiateProtocol(offered: readonly string[], supported: readonly string[]): string | null {
  return offered.find((protocol) => supported.includes(protocol)) ?? null;
}

/** Body of the 403 that answers a client with no protocol in common (apimachinery/pkg/util/httpstream). */
export function negotiationFailureText(offered: readonly string[], supported: readonly string[]): string {
  return `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`;
}

/** Body of the 400 that answers an exec or attach without any protocol header. */
export const PROTOCOL_HEADER_MISSING_TEXT = `unable to upgrade: ${STREAM_PROTOCOL_HEADER} is required`;

/** What a v4 or v5 server writes on the error stream when the command ended with 0. JSON text. */
export function successStatus(): string {
  return '{"metadata":{},"status":"Success"}';
}

/** What a v4 or v5 server writes on the error stream when the command ended with this code. JSON text. */
export function exitStatus(code: number): string {
  if (code === 0) return successStatus();
  return JSON.stringify({
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    // The cause's Go field is Type; its JSON key is `reason`.
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });
}

/** What a v4 or v5 server writes on the error stream when the session failed: Go's NewInternalError. JSON text. */
export function internalErrorStatus(text: string): string {
  return JSON.stringify({
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${text}`,
    reason: 'InternalError',
    details: { causes: [{ message: text }] },
    code: 500,
  });
}

export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  /** `message` is what the client reports; `status` is the decoded object, undefined when there was none. */
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly status: Readonly<Record<string, unknown>> | undefined;
    };

/** Reads the whole error stream of a v4 or v5 session as client-go does; an empty stream means success. */
export function readExitStatus(json: string): ExitStatus {
  if (json === '') return { kind: 'exited', code: 0 };
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return failed(`error stream protocol error: ${goJsonComplaint(json)} in ${goQuote(json)}`);
  }
  if (!isRecord(parsed)) return failed(`error stream protocol error: ${notAStatus(parsed, json)}`);
  if (parsed['status'] === 'Success') return { kind: 'exited', code: 0 };
  if (parsed['status'] !== 'Failure') return failed('error stream protocol error: unknown error', parsed);
  if (parsed['reason'] !== 'NonZeroExitCode') return failed(String(parsed['message'] ?? ''), parsed);

  const details = parsed['details'];
  if (!isRecord(details)) return failed('error stream protocol error: details must be set', parsed);
  const causes: unknown[] = Array.isArray(details['causes']) ? details['causes'] : [];
  const cause = causes.filter(isRecord).find((each) => each['reason'] === 'ExitCode');
  if (cause === undefined) return failed('error stream protocol error: no ExitCode cause given', parsed);
  const text = String(cause['message'] ?? '');
  // strconv.ParseUint(text, 10, 8)
  const code = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (!(code <= 255)) {
    return failed(`error stream protocol error: invalid exit code value ${goQuote(text)}`, parsed);
  }
  return { kind: 'exited', code };
}

function failed(message: string, status?: Readonly<Record<string, unknown>>): ExitStatus {
  return { kind: 'failed', message, status };
}

/** encoding/json lets `null` stand for an empty struct, and refuses every other value that is no object. */
function notAStatus(value: unknown, json: string): string {
  if (value === null) return 'unknown error';
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${type} into Go value of type v1.Status in ${goQuote(json)}`;
}

/** The two complaints of encoding/json that a client meets: text that is no JSON at all, and JSON cut short. */
function goJsonComplaint(json: string): string {
  const first = json.trimStart()[0];
  if (first === undefined || '{["tfn-0123456789'.includes(first)) return 'unexpected end of JSON input';
  return `invalid character '${first}' looking for beginning of value`;
}

/** Keys are capitalised on the wire: the Go struct has no JSON tags. */
export interface TerminalSize {
  readonly Width: number;
  readonly Height: number;
}

export function encodeResize(size: TerminalSize): string {
  return `${JSON.stringify({ Width: size.Width, Height: size.Height })}\n`;
}

/** A size is under 40 bytes; what has not become one by then never will. */
const LONGEST_RESIZE = 4096;

/**
 * Takes the sizes out of what has arrived of a resize stream. Pass `rest` back in front of the next chunk. Objects that
 * are no size are skipped, as are sizes a uint16 cannot hold.
 */
export function decodeResize(text: string): { sizes: TerminalSize[]; rest: string } {
  const sizes: TerminalSize[] = [];
  let from = 0;
  for (;;) {
    const end = text.indexOf('}', from);
    if (end === -1) break;
    const size = parseSize(text.slice(from, end + 1));
    if (size !== null) sizes.push(size);
    from = end + 1;
  }
  const rest = text.slice(from);
  return { sizes, rest: rest.length > LONGEST_RESIZE ? '' : rest };
}

function parseSize(text: string): TerminalSize | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(parsed)) return null;
  const { Width, Height } = parsed;
  return isUint16(Width) && isUint16(Height) ? { Width, Height } : null;
}

function isUint16(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
