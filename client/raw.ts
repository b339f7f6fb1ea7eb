import { wasAborted } from './aborted';
import type { ApiserverLink } from './apiserver-link';
import { type CommandOutcome, failed, interrupted, succeeded } from './command-outcome';
import { failedAnswerWords, isSuccess, plainWords, unreachableWords } from './kubectl-words';
import { Collected, readBody } from './read-body';

export interface RawOptions {
  readonly method: string;
  /** Path and query, as given to `--raw`. */
  readonly path: string;
  readonly body?: Buffer | string;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** net/http gives up after ten. */
const MOST_REDIRECTS = 10;

/** `kubectl get --raw`, and with a POST `kubectl create --raw`. */
export async function raw(link: ApiserverLink, options: RawOptions): Promise<CommandOutcome> {
  let { method, path } = options;
  let body = options.body;
  for (let hop = 0; ; hop++) {
    const answer = await link.send({
      method,
      path,
      headers: {
        Accept: 'application/json, */*',
        ...(body === undefined ? {} : { 'Content-Type': options.contentType ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal: options.signal,
    });
    if (wasAborted(options.signal)) {
      if (answer.kind === 'answer') answer.body.destroy();
      return interrupted();
    }
    if (answer.kind === 'refusal') return failed(unreachableWords(answer, link.server));

    const next = redirect(answer.status, answer.headers.location, method, path, link.server);
    if (next !== null && hop < MOST_REDIRECTS) {
      answer.body.resume();
      if (!next.keepsBody) body = undefined;
      ({ method, path } = next);
      continue;
    }
    const kept = new Collected();
    const end = await readBody(answer.body, (chunk) => kept.add(chunk));
    const stdout = kept.bytes();
    if (wasAborted(options.signal)) return interrupted({ stdout });
    if (!isSuccess(answer.status)) {
      const contentType = answer.headers['content-type'] ?? null;
      const about = { verb: method, resource: '', name: '' };
      return failed(failedAnswerWords({ status: answer.status, contentType, body: stdout, ...about }));
    }
    return end.kind === 'complete' ? succeeded({ stdout }) : failed(plainWords('unexpected EOF'), { stdout });
  }
}

/**
 * Where net/http goes next: 301, 302 and 303 turn into GET, 307 and 308 repeat the request. Only redirects to the same
 * server are followed here; client-go would follow to any, and take its token along.
 */
export function redirect(
  status: number,
  location: string | undefined,
  method: string,
  path: string,
  server: string,
): { method: string; path: string; keepsBody: boolean } | null {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return null;
  let target: URL;
  try {
    target = new URL(location, `https://${server}${path}`);
  } catch {
    return null;
  }
  if (target.protocol !== 'https:' || target.host !== new URL(`https://${server}`).host) return null;
  const keepsBody = status === 307 || status === 308;
  const next = keepsBody || method === 'HEAD' ? method : 'GET';
  return { method: next, path: `${target.pathname}${target.search}`, keepsBody };
}
