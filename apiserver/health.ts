/**
 * /healthz, /livez and /readyz. Source: k8s.io/apiserver pkg/server/healthz/healthz.go.
 */
export interface HealthCheck {
  readonly name: string;
  /** Which of the three paths ask it. */
  readonly of: readonly HealthPath[];
  /** Null when all is well, else why not; the reason goes to the log and not to the client. */
  readonly check: () => string | null;
}

export type HealthPath = 'healthz' | 'livez' | 'readyz';

export interface HealthAnswer {
  readonly code: number;
  readonly text: string;
  /** What goes to the log: name and reason of each check that failed. */
  readonly failures: readonly string[];
}

/** Null for a path that is no health check. */
export function healthAnswer(
  checks: readonly HealthCheck[],
  path: string,
  query: URLSearchParams,
): HealthAnswer | null {
  const [, name = '', ...rest] = path.split('/');
  if (name !== 'healthz' && name !== 'livez' && name !== 'readyz') return null;
  const known = checks.filter((check) => check.of.includes(name));
  const single = rest.join('/');
  if (single === '') return groupAnswer(name, known, query);
  const one = known.find((check) => check.name === single);
  if (one === undefined) return null;
  const failed = one.check();
  if (failed === null) return { code: 200, text: 'ok', failures: [] };
  return { code: 500, text: `internal server error: ${failed}\n`, failures: [`${single}: ${failed}`] };
}

/** What fails is always told with all the others. */
function groupAnswer(name: HealthPath, checks: readonly HealthCheck[], query: URLSearchParams): HealthAnswer {
  const excluded = new Set(query.getAll('exclude').flatMap((names) => names.split(',')));
  const lines: string[] = [];
  const failures: string[] = [];
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const failed = check.check();
    if (failed !== null) failures.push(`${check.name}: ${failed}`);
    lines.push(failed === null ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`);
  }
  const unknown = [...excluded].filter((each) => each !== '');
  if (unknown.length > 0) {
    const quoted = unknown.map((each) => JSON.stringify(each)).join(', ');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${quoted}`);
  }
  if (failures.length > 0)
    return { code: 500, text: `${lines.join('\n')}\n${name} check failed\n`, failures };
  if (!query.has('verbose')) return { code: 200, text: 'ok', failures };
  return { code: 200, text: `${lines.join('\n')}\n${name} check passed\n`, failures };
}
