import type { Readable } from 'node:stream';
import { ByteQueue } from './byte-queue';

/**
 * HTTP/1.1 heads from and to bytes, for the places where a head is spliced, relayed or shown to the byte. Only the
 * framing and the field syntax of RFC 9112 §2-§5 are judged; nothing is normalised, so that a head survives the round trip.
 */

/** Names and values in wire order; values are latin1 text without surrounding blanks. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface RequestHead {
  readonly kind: 'request-head';
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: HeaderList;
}

export interface ResponseHead {
  readonly kind: 'response-head';
  readonly version: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
}

export interface MalformedHead {
  readonly kind: 'malformed-head';
  readonly text: string;
}

export type ReadHead =
  /** `head` ends with its empty line; `rest` is what arrived behind it. */
  | { readonly kind: 'head'; readonly head: Buffer; readonly rest: Buffer }
  | { readonly kind: 'too-long'; readonly limit: number }
  /** The stream ended or failed before the empty line. `error` is null for an orderly end. */
  | { readonly kind: 'ended'; readonly bytes: Buffer; readonly error: Error | null };

/** RFC 9110 §5.6.2 token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §5.5 field value: no control character except the tab. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const VERSION = /^HTTP\/[0-9]\.[0-9]$/;
const LF = 0x0a;
const CR = 0x0d;

/**
 * The offset just behind the empty line that ends a head, or -1. A bare LF ends a line too, as Go's textproto reads it.
 * `from` is an offset before which no empty line can begin: pass the length already searched.
 */
export function headEnd(bytes: Buffer, from = 0): number {
  let at = bytes.indexOf(LF, Math.max(0, from - 3));
  while (at !== -1) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
    at = bytes.indexOf(LF, at + 1);
  }
  return -1;
}

export function parseRequestHead(head: Buffer): RequestHead | MalformedHead {
  const lines = splitLines(head);
  const [method = '', target = '', version = '', ...more] = (lines[0] ?? '').split(' ');
  if (
    !TOKEN.test(method) ||
    !/^[\x21-\x7e\x80-\xff]+$/.test(target) ||
    !VERSION.test(version) ||
    more.length > 0
  ) {
    return malformed(`malformed HTTP request line ${JSON.stringify(lines[0] ?? '')}`);
  }
  const headers = parseFields(lines);
  if (!Array.isArray(headers)) return headers;
  return { kind: 'request-head', method, target, version, headers };
}

export function parseResponseHead(head: Buffer): ResponseHead | MalformedHead {
  const lines = splitLines(head);
  const matched = /^(HTTP\/[0-9]\.[0-9]) ([0-9]{3})(?: (.*))?$/.exec(lines[0] ?? '');
  if (matched === null) return malformed(`malformed HTTP response ${JSON.stringify(lines[0] ?? '')}`);
  const [, version = '', status = '', statusText = ''] = matched;
  const headers = parseFields(lines);
  if (!Array.isArray(headers)) return headers;
  return { kind: 'response-head', version, status: Number(status), statusText, headers };
}

export function formatRequestHead(request: {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderList;
}): Buffer {
  return formatHead(`${request.method} ${request.target} HTTP/1.1`, request.headers);
}

export function formatResponseHead(response: {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
}): Buffer {
  return formatHead(`HTTP/1.1 ${response.status} ${response.statusText}`, response.headers);
}

/** Every value of a field, in wire order; names compare without case. */
export function headerValues(headers: HeaderList, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
}

/** The first value of a field, as Go's Header.Get gives it. */
export function headerValue(headers: HeaderList, name: string): string | null {
  return headerValues(headers, name)[0] ?? null;
}

/**
 * Whether a request asks for an upgrade, by the rule of Kubernetes (httpstream.IsUpgradeRequest): some Connection value
 * contains `upgrade` anywhere, in any case.
 */
export function asksForUpgrade(headers: HeaderList): boolean {
  return headerValues(headers, 'connection').some((value) => value.toLowerCase().includes('upgrade'));
}

/**
 * Reads one head from a stream and leaves the stream paused, with nothing of ours attached. Reading stops at `limitBytes`.
 * The caller owns the stream's errors afterwards.
 */
export function readHttpHead(stream: Readable, limitBytes: number): Promise<ReadHead> {
  return new Promise((resolve) => {
    const seen = new ByteQueue();
    const finish = (outcome: ReadHead): void => {
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.off('close', onEnd);
      stream.off('error', onError);
      stream.pause();
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      const searched = seen.length;
      seen.add(chunk);
      const bytes = seen.view();
      const end = headEnd(bytes, searched);
      if (end !== -1 && end <= limitBytes) {
        finish({ kind: 'head', head: bytes.subarray(0, end), rest: bytes.subarray(end) });
      } else if (end !== -1 || seen.length >= limitBytes) {
        finish({ kind: 'too-long', limit: limitBytes });
      }
    };
    const onEnd = (): void => finish({ kind: 'ended', bytes: seen.view(), error: null });
    const onError = (error: Error): void => finish({ kind: 'ended', bytes: seen.view(), error });
    if (stream.destroyed || stream.readableEnded) {
      resolve({ kind: 'ended', bytes: seen.view(), error: stream.errored ?? null });
      return;
    }
    stream.on('end', onEnd);
    stream.on('close', onEnd);
    stream.on('error', onError);
    stream.on('data', onData);
    stream.resume();
  });
}

function splitLines(head: Buffer): string[] {
  const lines = head.toString('latin1').split('\n');
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** The fields between the start line and the empty line. Folded lines (RFC 9112 §5.2) are refused. */
function parseFields(lines: string[]): [string, string][] | MalformedHead {
  const headers: [string, string][] = [];
  for (const line of lines.slice(1, -1)) {
    if (line === '') return headers;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '');
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) {
      return malformed(`malformed MIME header line: ${line.slice(0, 200)}`);
    }
    headers.push([name, value]);
  }
  return malformed('head without its empty line');
}

/** A line break inside a value would let one field become two, or end the head. */
function formatHead(startLine: string, headers: HeaderList): Buffer {
  const text = [startLine, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const broken = text.find((line) => /[\r\n\0]/.test(line));
  if (broken !== undefined)
    throw new TypeError(`line break or NUL in an HTTP head: ${JSON.stringify(broken)}`);
  return Buffer.from(`${text.join('\r\n')}\r\n\r\n`, 'latin1');
}

function malformed(text: string): MalformedHead {
  return { kind: 'malformed-head', text };
}
