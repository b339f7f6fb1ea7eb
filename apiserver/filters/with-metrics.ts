import type { ApiserverMetrics } from '../apiserver-metrics';
import { splitUrl } from '../split-url';
import type { Filter } from './locals';

/** Counts every request, those that the filters behind refuse too. */
export function withMetrics(metrics: ApiserverMetrics): Filter {
  return (request, response, next) => {
    const [, query] = splitUrl(request.url);
    const dryRun = query.includes('dryRun=') ? (new URLSearchParams(query).get('dryRun') ?? '') : '';
    const end = metrics.begin(response.locals.info, dryRun, performance.now());
    response.once('close', () => end(response.statusCode, performance.now()));
    next();
  };
}
