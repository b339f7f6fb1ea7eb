import { type PathId, pathsRun } from '../../scenarios/vocabulary';
import type { DocumentPart } from './document-part';
import type { UserAction } from './scenario-file';

const aPath = pathsRun as readonly [PathId, ...PathId[]];

/** What the user does, in order; each of the paths once. */
export function readUser(around: DocumentPart): readonly UserAction[] {
  const seen = new Set<PathId>();
  return around.parts('user').map((each) => {
    each.only(['path', 'text']);
    const path = each.neededWord('path', aPath);
    if (each.has('path') && seen.has(path)) {
      each.note('path', `path "${path}" is there twice`, 'each of the paths is used once');
    }
    seen.add(path);
    const text = each.text('text')?.trim();
    return { path, ...(text === undefined ? {} : { text }) };
  });
}
