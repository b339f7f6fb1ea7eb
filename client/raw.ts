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

/** `kubectl get --raw`, and with a POST `kubectl create --raw`, which reads its body from a file as it goes. */
export async function raw(link: ApiserverLink, options: RawOptions): Promise<CommandOutcome> {
  const { method, path, body } = options;
  const answer = await link.send({
    method,
    path,
    headers: {
      Accept: 'application/json, */*',
      ...(body === undefined ? {} : { 'Content-Type': options.contentType ?? 'application/json' }),
    },
    ...(body === undefined ? {} : { body: Buffer.from(body), bodyIsStreamed: true }),
    signal: options.signal,
  });
  if (wasAborted(options.signal)) {
    if (answer.kind === 'answer') answer.body.destroy();
    return interrupted();
  }
  if (answer.kind === 'refusal') return failed(unreachableWords(answer, link.server));

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
