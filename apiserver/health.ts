/**
 * /healthz, /livez and /readyz. One that answers at all is well: there is nothing behind it that could be away.
 * Source: k8s.io/apiserver pkg/server/healthz/healthz.go.
 */
const checks: Readonly<Record<string, readonly string[]>> = {
  healthz: ['ping', 'log', 'etcd', 'poststarthook/rbac/bootstrap-roles'],
  livez: ['ping', 'log', 'etcd', 'poststarthook/rbac/bootstrap-roles'],
  readyz: ['ping', 'log', 'etcd', 'informer-sync', 'poststarthook/rbac/bootstrap-roles', 'shutdown'],
};

/** The text of the answer, null for a path that is no health check. */
export function healthText(path: string, query: URLSearchParams): string | null {
  const [, name = '', ...rest] = path.split('/');
  const known = Object.hasOwn(checks, name) ? checks[name] : undefined;
  if (known === undefined) return null;
  const single = rest.join('/');
  if (single !== '') return known.includes(single) ? 'ok' : null;
  if (!query.has('verbose')) return 'ok';
  const excluded = query.getAll('exclude');
  const lines = known.map((check) => `[+]${check} ${excluded.includes(check) ? 'excluded: ok' : 'ok'}`);
  return `${lines.join('\n')}\n${name} check passed\n`;
}
