/** What /healthz says when everything is well. Source: k8s.io/apiserver pkg/server/healthz/healthz.go (handleRootHealth). */
export function healthText(checks: readonly string[], query: URLSearchParams): string {
  if (!query.has('verbose')) return 'ok';
  const excluded = new Set(query.getAll('exclude'));
  const lines = checks.map((it) => (excluded.has(it) ? `[+]${it} excluded: ok` : `[+]${it} ok`));
  const unknown = [...excluded].filter((it) => !checks.includes(it)).sort();
  if (unknown.length > 0) {
    const names = unknown.map((it) => JSON.stringify(it)).join(',');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  return [...lines, 'healthz check passed', ''].join('\n');
}
