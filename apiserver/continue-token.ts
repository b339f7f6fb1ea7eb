import { posix } from 'node:path';
import { badRequest, type Failure } from '../api/failures';

/**
 * The `continue` of a list: opaque to clients, and what it holds is etcd3's. `rv` -1 means the latest version, whatever
 * it is then. Source: k8s.io/apiserver pkg/storage/continue.go.
 */
export interface ContinueToken {
  readonly kind: 'continue-token';
  readonly revision: number;
  /** The first key that is wanted. */
  readonly start: string;
}

/** `prefix` is what all keys of the list begin with: keys in tokens are relative to it. */
export function encodeContinue(revision: number, start: string, prefix: string): string {
  const token = { v: 'meta.k8s.io/v1', rv: revision, start: start.slice(prefix.length) };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

export function decodeContinue(text: string, prefix: string): ContinueToken | Failure {
  const value = parse(text);
  if ('error' in value) return refused(`continue key is not valid: ${value.error}`);
  const { v = '', rv = 0, start = '' } = value;
  if (v !== 'meta.k8s.io/v1')
    return refused(`continue key is not valid: server does not recognize this encoded version ${v}`);
  const version = '(version meta.k8s.io/v1)';
  if (rv === 0)
    return refused(`continue key is not valid: incorrect encoded start resourceVersion ${version}`);
  if (start === '') return refused(`continue key is not valid: encoded start key empty ${version}`);
  const key = start.startsWith('/') ? start : `/${start}`;
  // Nobody may climb out of what is listed.
  if (posix.normalize(key) !== key || key.endsWith('/'))
    return refused(`continue key is not valid: ${start}`);
  return { kind: 'continue-token', revision: rv, start: `${prefix}${key.slice(1)}` };
}

function parse(text: string): { v?: string; rv?: number; start?: string } | { error: string } {
  const wrong = /[^A-Za-z0-9_-]/.exec(text);
  if (wrong !== null) return { error: `illegal base64 data at input byte ${wrong.index}` };
  if (text.length % 4 === 1) return { error: `illegal base64 data at input byte ${text.length - 1}` };
  const decoded = Buffer.from(text, 'base64url').toString('utf8');
  try {
    const value: unknown = JSON.parse(decoded);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
    const { v, rv, start } = value as Record<string, unknown>;
    return {
      ...(typeof v === 'string' ? { v } : {}),
      ...(typeof rv === 'number' && Number.isSafeInteger(rv) ? { rv } : {}),
      ...(typeof start === 'string' ? { start } : {}),
    };
  } catch (error) {
    return { error: goJsonError(decoded, error) };
  }
}

/** encoding/json's words for the two usual cases. */
function goJsonError(text: string, error: unknown): string {
  if (text === '') return 'unexpected end of JSON input';
  const first = text.trimStart().charAt(0);
  if (!/[{[\d"tfn-]/.test(first)) return `invalid character '${first}' looking for beginning of value`;
  return error instanceof Error ? error.message : String(error);
}

function refused(why: string): Failure {
  return badRequest(`invalid continue token: ${why}`);
}
