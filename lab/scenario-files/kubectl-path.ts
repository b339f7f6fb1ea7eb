import type { CommandOutcome } from '../../client/kube-client';
import { MidplaneError } from '../../error';
import type { Canaries } from '../canaries';
import type { PathSpec } from '../paths';
import type { KubectlUsers } from './kubectl-users';
import { sendsUp } from './kubectl-words';
import type { KubectlLine } from './scenario-file';

/** The path with the real kubectl in the place of the lab's client. It is new in every lab: what it is run with first is the control run. */
export function kubectlPath(path: PathSpec, line: KubectlLine, users: KubectlUsers): PathSpec {
  let isControl = true;
  const act = async (words: Canaries, signal: AbortSignal): Promise<CommandOutcome> => {
    const outcome = await users.run(line, words.up, signal);
    if (isControl && outcome.ok && !outcome.stdout.includes(words.down)) throw showsNothing(path, line);
    isControl = false;
    return outcome;
  };
  const said = { command: line.command, carriesUp: sendsUp(line) };
  if (path.kind === 'from-client') return { ...path, ...said, act };
  return { ...path, ...said, act: (_client, words, signal) => act(words, signal) };
}

/** Without that word nobody could tell whether it was the genuine endpoint that answered. */
function showsNothing({ id }: PathSpec, { command }: KubectlLine): MidplaneError {
  const where =
    id === 'kubectl-api'
      ? 'ConfigMap canary in namespace default holds it: get configmap canary -o yaml'
      : 'it is in the log of the container, in its file /run/secrets/canary, and at /canary of what is proxied';
  return new MidplaneError(
    'SCENARIO_INVALID',
    `${JSON.stringify(command)} works, and does not show the word that only the genuine endpoint of path "${id}" has`,
    { hint: where },
  );
}
