/** A rule's non-resource URL: the path itself, or what it begins with where the pattern ends with `*`. */
export function matchesPath(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}
