import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeObject } from '../api/objects';

/** What the audit log and metrics want to know of a request besides its code, noted by those who read and write it. */

const statuses = new WeakMap<ServerResponse, Readonly<Record<string, unknown>>>();
/** Null until the body has been read. */
const bodies = new WeakMap<IncomingMessage, Buffer | null>();

export function noteStatus(response: ServerResponse, body: object): void {
  if ('kind' in body && body.kind === 'Status') statuses.set(response, body as Record<string, unknown>);
}

/** The Status that was the answer; null when it was anything else. */
export function answeredStatus(response: ServerResponse): Readonly<Record<string, unknown>> | null {
  return statuses.get(response) ?? null;
}

/** From here on the body of the request is kept when it is read. */
export function keepBody(request: IncomingMessage): void {
  bodies.set(request, null);
}

export function noteBody(request: IncomingMessage, body: Buffer): void {
  if (bodies.has(request)) bodies.set(request, body);
}

export function keptBody(request: IncomingMessage): Buffer | null {
  return bodies.get(request) ?? null;
}

const objects = new WeakMap<IncomingMessage, KubeObject>();

/** What the body said, whatever its format was. */
export function noteObject(request: IncomingMessage, object: KubeObject): void {
  objects.set(request, object);
}

export function notedObject(request: IncomingMessage): KubeObject | null {
  return objects.get(request) ?? null;
}

const annotations = new WeakMap<IncomingMessage, Record<string, string>>();

/** What whoever serves a request has to say of it in the audit log. */
export function noteAnnotation(request: IncomingMessage, key: string, value: string): void {
  annotations.set(request, { ...annotations.get(request), [key]: value });
}

export function notedAnnotations(request: IncomingMessage): Readonly<Record<string, string>> {
  return annotations.get(request) ?? {};
}
