/**
 * JSON as lines, one a value: `status.phase: Running`. An empty list or object is a value; what stands in a list bears no
 * number, so that one more changes none of the others.
 */
export function flatLines(value: unknown, path = ''): string[] {
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length > 0) {
      return entries.flatMap(([key, each]) => flatLines(each, joined(path, key, Array.isArray(value))));
    }
  }
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return [path === '' ? shown : `${path}: ${shown}`];
}

function joined(path: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${path}[]`;
  return path === '' ? key : `${path}.${key}`;
}
