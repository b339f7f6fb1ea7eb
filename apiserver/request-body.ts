import type { IncomingMessage } from 'node:http';
import { entityTooLarge, type Failure, unsupportedMediaType } from '../api/failures';
import { noteBody } from './answered-status';

/** What bodies may be: their formats and their size. What is in them is the business of decode-body. */

/** k8s.io/apiserver pkg/server/config.go, MaxRequestBodyBytes. */
const bodyLimit = 3 * 1024 * 1024;

export type BodyFormat = 'json' | 'yaml' | 'protobuf';

const formats: Readonly<Record<string, BodyFormat>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
};

/** A failure when the body is larger than any object may be; the rest of it is not read then. */
export async function readBody(request: IncomingMessage): Promise<Buffer | Failure> {
  if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return entityTooLarge(bodyLimit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) return entityTooLarge(bodyLimit);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  noteBody(request, body);
  return body;
}

/**
 * pkg/endpoints/handlers/negotiation/negotiate.go, NegotiateInputSerializer. Without a type it is JSON: kubectl 1.20 posts
 * some of it so.
 */
export function bodyFormat(contentType: string): BodyFormat | Failure {
  if (contentType === '') return 'json';
  return formats[mediaType(contentType)] ?? unsupportedMediaType(Object.keys(formats));
}

export function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}
