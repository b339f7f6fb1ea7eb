import { wasAborted } from './aborted';
import type { ApiserverLink } from './apiserver-link';
import { type CommandOutcome, failed, interrupted, succeeded } from './command-outcome';
import { failedAnswerWords, isSuccess, plainWords, unreachableWords } from './kubectl-words';
import { lookUpPod, type PodTarget } from './pod-lookup';
import { Collected, readBody } from './read-body';
import { podPath } from './resource-path';

/** PodLogOptions by their own names. */
export interface LogsOptions extends PodTarget {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly sinceSeconds?: number;
  readonly sinceTime?: string;
  readonly timestamps?: boolean;
  readonly insecureSkipTLSVerifyBackend?: boolean;
  /** Told of every chunk as it comes. */
  readonly onData?: (chunk: Buffer) => void;
}

/** `kubectl logs`. */
export async function logs(link: ApiserverLink, options: LogsOptions): Promise<CommandOutcome> {
  const { signal, onData } = options;
  const pod = await lookUpPod(link, options);
  if (wasAborted(signal)) return interrupted();
  if (pod.kind === 'outcome') return pod;
  const answer = await link.exchange({
    method: 'GET',
    path: podPath(options, 'log', [
      ['container', pod.container],
      ['follow', options.follow],
      ['insecureSkipTLSVerifyBackend', options.insecureSkipTLSVerifyBackend],
      ['limitBytes', options.limitBytes],
      ['previous', options.previous],
      ['sinceSeconds', options.sinceSeconds],
      ['sinceTime', options.sinceTime],
      ['tailLines', options.tailLines],
      ['timestamps', options.timestamps],
    ]),
    headers: { Accept: 'application/json, */*' },
    signal,
  });
  if (wasAborted(signal)) {
    if (answer.kind === 'response') answer.body.destroy();
    return interrupted();
  }
  if (answer.kind === 'refusal') return failed(unreachableWords(answer, link.server));
  if (answer.kind === 'upgraded') {
    answer.socket.destroy();
    return failed(plainWords('unexpected upgrade'));
  }
  const kept = new Collected();
  const ok = isSuccess(answer.status);
  const end = await readBody(answer.body, (chunk) => {
    kept.add(chunk);
    if (ok) onData?.(chunk);
  });
  if (!ok) {
    const contentType = answer.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? null;
    const about = { verb: 'GET', resource: 'pods', name: options.pod };
    return failed(failedAnswerWords({ status: answer.status, contentType, body: kept.bytes(), ...about }));
  }
  const output = { stdout: kept.bytes() };
  if (wasAborted(signal)) return interrupted(output);
  return end.kind === 'complete' ? succeeded(output) : failed(plainWords('unexpected EOF'), output);
}
