import { isFileProblem } from './file-problem';
import type { FileSystem } from './file-system';
import { pathIn } from './process';
import { hasPattern, matchesPattern, unquotePattern } from './shell-pattern';

const MOST_PATHS = 10_000;

/** The paths that a pattern stands for, sorted (POSIX 2.13.3): a name that begins with a dot only when the pattern does. */
export function expandGlob(pattern: string, cwd: string, files: FileSystem): string[] {
  const parts = pattern.split('/');
  let found = [parts[0] === '' ? '/' : ''];
  for (const [index, part] of parts.entries()) {
    if (part === '') continue;
    const next: string[] = [];
    for (const base of found) {
      for (const name of namesFor(part, pathIn(cwd, base), files)) {
        const path = `${base}${name}`;
        const isLast = index === parts.length - 1;
        if (isLast && !isFileProblem(files.lstat(pathIn(cwd, path)))) next.push(path);
        if (!isLast && files.kindOf(pathIn(cwd, path)) === 'directory') next.push(`${path}/`);
        if (next.length > MOST_PATHS) return [];
      }
    }
    found = next;
  }
  return found.sort();
}

function namesFor(part: string, directory: string, files: FileSystem): string[] {
  if (!hasPattern(part)) return [unquotePattern(part)];
  const names = files.list(directory);
  if (isFileProblem(names)) return [];
  return names.filter(
    (name) => (!name.startsWith('.') || part.startsWith('.')) && matchesPattern(part, name),
  );
}
