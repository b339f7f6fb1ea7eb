import type { ApiserverLink } from './apiserver-link';
import { type CommandOutcome, failed } from './command-outcome';
import { failedAnswerWords, isSuccess, plainWords, unreachableWords } from './kubectl-words';
import { Collected, readBody } from './read-body';
import { podPath } from './resource-path';

/** What kubectl does before logs, exec, attach and port-forward: it GETs the pod. */
export interface PodTarget {
  readonly namespace: string;
  readonly pod: string;
  /** Without one the apiserver chooses, or kubectl does after the look-up. */
  readonly container?: string;
  /** Default false: the pod is not asked for first. */
  readonly lookUpPod?: boolean;
  readonly signal?: AbortSignal;
}

export type LookedUp =
  | { readonly kind: 'pod'; readonly container: string | undefined; readonly phase: string }
  | CommandOutcome;

/** The pod's phase and the container that kubectl would name, or how the command ended already. */
export async function lookUpPod(link: ApiserverLink, target: PodTarget): Promise<LookedUp> {
  const { container, signal } = target;
  if (target.lookUpPod !== true) return { kind: 'pod', container, phase: '' };
  const answer = await link.send({
    method: 'GET',
    path: podPath(target),
    headers: { Accept: 'application/json, */*' },
    signal,
  });
  if (answer.kind === 'refusal') return failed(unreachableWords(answer, link.server));
  const kept = new Collected();
  const end = await readBody(answer.body, (chunk) => kept.add(chunk));
  if (end.kind === 'cut-off') return failed(plainWords('unexpected EOF'));
  if (!isSuccess(answer.status)) {
    const contentType = answer.headers['content-type'] ?? null;
    const about = { verb: 'GET', resource: 'pods', name: target.pod };
    return failed(failedAnswerWords({ status: answer.status, contentType, body: kept.bytes(), ...about }));
  }
  return readPod(kept.bytes(), container);
}

function readPod(body: Buffer, wanted: string | undefined): LookedUp {
  interface Shape {
    spec?: { containers?: { name?: string }[] };
    status?: { phase?: string };
    metadata?: { annotations?: Record<string, string> };
  }
  let pod: Shape | null;
  try {
    pod = JSON.parse(body.toString('utf8'));
  } catch {
    return failed(plainWords('unable to decode the answer to the look-up of the pod'));
  }
  // kubectl/pkg/cmd/util/podcmd: the annotation names the default, else it is the first container.
  const named = pod?.metadata?.annotations?.['kubectl.kubernetes.io/default-container'];
  const container = wanted ?? named ?? pod?.spec?.containers?.[0]?.name;
  return { kind: 'pod', container, phase: pod?.status?.phase ?? '' };
}
