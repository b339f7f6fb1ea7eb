import { isClientPath, type PathId, paths } from '../scenarios/vocabulary';

/** Whom the answer was for. Behind kubectl, as behind an apiserver that passes something on, sits a user. */
export function readerOf(path: PathId): string {
  const word = paths.find(({ id }) => id === path);
  return word === undefined || !isClientPath(path) || word.from === 'kubectl' ? 'user' : word.from;
}
