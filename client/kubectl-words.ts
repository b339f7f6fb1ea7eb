import { genericServerResponse } from '../api/failures';
import type { Refusal } from '../network/network';
import { goQuote } from '../wire/go-quote';

/**
 * What kubectl 1.33 tells its user about a failure. Pure. Source: kubectl/pkg/cmd/util/helpers.go (checkErr,
 * StandardErrorMessage), client-go/rest/request.go (transformResponse, Result.Error),
 * apimachinery/pkg/util/httpstream/spdy/roundtripper.go (NewConnection). Compared with kubectl 1.33 itself, answer by
 * answer. Lines that client-go logs besides (`E1121 … "Unhandled Error"`) carry a clock and are left out.
 */

/** A Status as it came over the wire: nothing in it is certain but that it reports a failure. */
export interface ReceivedStatus {
  readonly message: string;
  readonly reason: string;
  readonly details: {
    readonly kind: string;
    readonly name: string;
    readonly causes: readonly { readonly field: string; readonly message: string }[];
  } | null;
}

/** An HTTP answer that is not what was asked for. */
export interface FailedAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: Buffer;
  /** For the words that name what was asked: the method, and the resource and name in its path ('' for none). */
  readonly verb: string;
  readonly resource: string;
  readonly name: string;
}

/** rest.maxUnstructuredResponseTextBytes: how much of an unexpected body gets into a message. */
const MOST_QUOTED_BYTES = 2048;

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Media types whose bodies client-go hands to its JSON decoder; a missing one counts as JSON. */
const DECODED_TYPES: ReadonlySet<string> = new Set(['', 'application/json', 'application/yaml']);

/** The words for an answer with a failing status. */
export function failedAnswerWords(answer: FailedAnswer): string {
  return statusWords(statusOfAnswer(answer));
}

/** The Status in a failing answer's body or, where there is none, the one client-go makes up from the code. */
export function statusOfAnswer(answer: FailedAnswer): ReceivedStatus {
  const mediaType = (answer.contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const sent = DECODED_TYPES.has(mediaType) ? sentStatus(answer.body) : null;
  if (sent !== null) return sent;
  const isText = mediaType === '' || mediaType.startsWith('text/');
  const serverMessage = isText ? answer.body.toString('utf8', 0, MOST_QUOTED_BYTES).trim() : 'unknown';
  const made = genericServerResponse({
    code: answer.status,
    verb: answer.verb,
    about: { group: '', resource: answer.resource },
    name: answer.name,
    serverMessage,
  });
  const causes = [{ field: '', message: serverMessage }];
  const details = { kind: answer.resource, name: answer.name, causes };
  return { message: made.message ?? '', reason: made.reason ?? '', details };
}

/** The words for a Status. */
export function statusWords(status: ReceivedStatus): string {
  if (status.reason === 'Invalid') return invalidWords(status);
  if (status.reason === 'Unauthorized') {
    return `error: You must be logged in to the server (${status.message})`;
  }
  if (status.reason !== '') return `Error from server (${status.reason}): ${status.message}`;
  return `Error from server: ${status.message}`;
}

/** checkErr's case of its own for what validation refused. */
function invalidWords({ message, details }: ReceivedStatus): string {
  if (details === null)
    return message === '' ? 'The request is invalid' : `The request is invalid: ${message}`;
  const { kind, name, causes } = details;
  const subject =
    kind !== '' || name !== ''
      ? `The ${kind} ${goQuote(name)} is invalid`
      : message !== '' && causes.length === 0
        ? `The request is invalid: ${message}`
        : 'The request is invalid';
  const lines = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  if (lines.length === 0) return subject;
  if (lines.length === 1) return `${subject}: ${lines.join('')}`;
  return `${subject}: \n${lines.map((line) => `* ${line}`).join('\n')}`;
}

/** The words when the apiserver itself was not reached or not believed. `server` is `host:port`. */
export function unreachableWords(refusal: Refusal, server: string): string {
  return refusal.code === 'CONNECTION_REFUSED'
    ? `The connection to the server ${server} was refused - did you specify the right host or port?`
    : `Unable to connect to the server: ${refusal.text}`;
}

/** Anything that is neither a Status nor a failed request. */
export function plainWords(text: string): string {
  return text.startsWith('error: ') ? text : `error: ${text}`;
}

/** exec and attach, when the answer to the upgrade was not 101: the SPDY round tripper's view of the body. */
export function upgradeRefusedWords(body: Buffer): string {
  const status = upgradeStatus(body);
  return status === null ? plainWords(upgradeRefusedText(body)) : statusWords(status);
}

/** port-forward, when the answer to the upgrade was not 101: a Status loses its reason here. */
export function portForwardRefusedWords(body: Buffer): string {
  const status = upgradeStatus(body);
  return portForwardFailedWords(status === null ? upgradeRefusedText(body) : status.message);
}

export function portForwardFailedWords(text: string): string {
  return plainWords(`error upgrading connection: ${text}`);
}

function upgradeRefusedText(body: Buffer): string {
  return `unable to upgrade connection: ${body.toString('utf8').trim()}`;
}

export function exitCodeWords(code: number): string {
  return `command terminated with exit code ${code}`;
}

/** exec and attach, when the WebSocket ended otherwise than with close code 1000. */
export function abnormalCloseWords(code: number, reason: string): string {
  return errorStreamWords(`next reader: ${closeErrorText(code, reason)}`);
}

/** exec and attach, when the error stream could not be read to its end. */
export function errorStreamWords(text: string): string {
  return plainWords(`error reading from error stream: ${text}`);
}

/** gorilla/websocket's names for close codes (CloseError.Error). */
const CLOSE_NAMES: ReadonlyMap<number, string> = new Map([
  [1000, 'normal'],
  [1001, 'going away'],
  [1002, 'protocol error'],
  [1003, 'unsupported data'],
  [1005, 'no status'],
  [1006, 'abnormal closure'],
  [1007, 'invalid payload data'],
  [1008, 'policy violation'],
  [1009, 'message too big'],
  [1010, 'mandatory extension missing'],
  [1011, 'internal server error'],
  [1015, 'TLS handshake error'],
]);

function closeErrorText(code: number, reason: string): string {
  const name = CLOSE_NAMES.get(code);
  // A socket that ends without a close frame is code 1006 to gorilla, with io.ErrUnexpectedEOF as its text.
  const text = code === 1006 && reason === '' ? 'unexpected EOF' : reason;
  return `websocket: close ${code}${name === undefined ? '' : ` (${name})`}${text === '' ? '' : `: ${text}`}`;
}

/** A plain request's answer speaks only as JSON that names its kind and says Failure. */
function sentStatus(body: Buffer): ReceivedStatus | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (!isRecord(parsed) || parsed['kind'] !== 'Status' || parsed['status'] !== 'Failure') return null;
  return readStatus(parsed);
}

/**
 * An upgrade's answer is decoded into a Status whatever it looks like: as YAML if it is no JSON, with a missing kind, with
 * nothing at all. Hence the trap, seen with kubectl 1.33: a plain text that happens to be a YAML mapping
 * (`error dialing backend: EOF`) is a Status without a message, and the user reads nothing.
 */
function upgradeStatus(body: Buffer): ReceivedStatus | null {
  let parsed: unknown;
  try {
    parsed = parseJsonOrYaml(body.toString('utf8').trim());
  } catch {
    return null;
  }
  if (parsed === null || parsed === undefined) return { message: '', reason: '', details: null };
  if (!isRecord(parsed)) return null;
  const kind = parsed['kind'] ?? '';
  if (kind !== '' && kind !== 'Status') return null;
  return readStatus(parsed);
}

function parseJsonOrYaml(text: string): unknown {
  if (text === '') return null;
  if (text.startsWith('{')) return JSON.parse(text);
  // Without any of these it can be neither a mapping nor null, and stays text.
  if (!/[:?#~]|null/i.test(text)) return text;
  // Loaded when needed: it takes as long as the rest of this folder together.
  const { parse } = require('yaml') as typeof import('yaml');
  return parse(text, { logLevel: 'error' });
}

/** Null when a field has another type than its own, which Go's decoder refuses. */
function readStatus(sent: Record<string, unknown>): ReceivedStatus | null {
  const { message = '', reason = '', details } = sent;
  if (typeof message !== 'string' || typeof reason !== 'string') return null;
  return { message, reason, details: isRecord(details) ? detailsOf(details) : null };
}

function detailsOf(details: Record<string, unknown>): NonNullable<ReceivedStatus['details']> {
  const causes: unknown[] = Array.isArray(details['causes']) ? details['causes'] : [];
  return {
    kind: textOf(details['kind']),
    name: textOf(details['name']),
    causes: causes
      .filter(isRecord)
      .map((cause) => ({ field: textOf(cause['field']), message: textOf(cause['message']) })),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
