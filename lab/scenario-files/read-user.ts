import { type PathId, paths, pathsRun } from '../../scenarios/vocabulary';
import type { DocumentPart } from './document-part';
import { sendsUp } from './kubectl-words';
import { nothing, readKubectl } from './read-kubectl';
import type { UserAction } from './scenario-file';

const aPath = pathsRun as readonly [PathId, ...PathId[]];
const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** What the user does, in order; each of the paths, and each name, once. */
export function readUser(around: DocumentPart): readonly UserAction[] {
  const seen = new Set<string>();
  return around.parts('user').map((each) => {
    each.only(['path', 'kubectl', 'stdin', 'as', 'name', 'text']);
    const kubectl = readKubectl(each);
    const path = kubectl === undefined ? each.neededWord('path', aPath) : each.word('path', aPath);
    if (path !== undefined && each.has('path')) {
      if (seen.has(path))
        each.note('path', `path "${path}" is there twice`, 'each of the paths is used once');
      else if (kubectl !== undefined && !isOfKubectl(path)) {
        each.note('path', `path "${path}" is not one on which kubectl is attacked`, NOT_OF_KUBECTL);
      }
      seen.add(path);
    }
    const name = each.text('name');
    if (name !== undefined) {
      if (!namePattern.test(name))
        each.note('name', `name "${name}" is not in lower case with "-"`, 'for example read-the-log');
      if (seen.has(`name ${name}`))
        each.note('name', `name "${name}" is there twice`, 'each name is used once');
      seen.add(`name ${name}`);
    }
    const text = each.text('text')?.trim();
    const others = { ...(name === undefined ? {} : { name }), ...(text === undefined ? {} : { text }) };
    if (path === undefined) {
      if (kubectl !== undefined && sendsUp(kubectl))
        each.note(
          'kubectl',
          '$(UP) stands for nothing without a path',
          'it is what is looked for on a path: path: exec',
        );
      return { kubectl: kubectl ?? nothing, ...others };
    }
    return { path, ...(kubectl === undefined ? {} : { kubectl }), ...others };
  });
}

const NOT_OF_KUBECTL =
  'kubectl-api, and those from the apiserver that end by themselves; leave kubectl out, and the lab’s own client takes it';

/** Whether a kubectl that ends can be attacked there. */
function isOfKubectl(id: PathId): boolean {
  if (id === 'kubectl-api') return true;
  return id !== 'port-forward' && paths.find((each) => each.id === id)?.transport !== 'client';
}
