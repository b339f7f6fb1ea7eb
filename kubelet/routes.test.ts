import { describe, expect, test } from '@jest/globals';
import { patternsOf, type RoutedServer, routeOf } from './routes';
import { serveMux } from './serve-mux';
import { defaultSettings } from './settings';

const settings = defaultSettings('config-file');
const secured: RoutedServer = { readOnly: false, settings };
const readOnly: RoutedServer = { readOnly: true, settings };

/** What a request comes to, once whoever sent it may do everything. */
function shown(method: string, target: string, server: RoutedServer, accept = ''): string {
  const muxed = serveMux(target, patternsOf(server));
  if (muxed.kind === 'redirect') return `to ${muxed.location}`;
  if (muxed.kind !== 'handler') return muxed.kind;
  const route = routeOf({ method, path: muxed.path, accept }, server);
  if (route.kind === 'refused') return [route.code, route.text, route.allow].join(' ').trim();
  const { kind, ...rest } = route;
  return [kind, ...Object.values(rest)].join(' ').trim();
}

const NOT_FOUND = '404 404: Page Not Found';
const DISABLED = '405 Debug endpoints are disabled.';
const refusedTo = (allow: string): string => `405 405: Method Not Allowed ${allow}`;

describe('on the TLS port', () => {
  // As go-restful 3.11 and Go's mux answered with the kubelet's registrations. `not-found` is the mux's: nobody is asked who they are.
  test.each([
    ['GET', '/', 'not-found'],
    ['GET', '/nope', 'not-found'],
    ['GET', '/spec/', 'not-found'],
    ['GET', '/statusz', 'not-found'],
    ['GET', '/flagz', 'not-found'],
    ['GET', '/healthz', 'healthz'],
    ['POST', '/healthz', 'healthz'],
    ['GET', '/healthz/', 'not-found'],
    ['GET', '/healthz/ping', 'healthz ping'],
    ['GET', '/healthz/nope', 'not-found'],
    ['GET', '/pods', 'pods'],
    ['GET', '/pods/', 'pods'],
    ['GET', '/pods/x', NOT_FOUND],
    ['GET', '/pods/%2e%2e/exec/a/b/c', NOT_FOUND],
    ['POST', '/pods', refusedTo('GET')],
    ['HEAD', '/pods', refusedTo('GET')],
    ['OPTIONS', '/pods', refusedTo('GET')],
    ['GET', '/runningpods', 'to /runningpods/'],
    ['GET', '/runningpods/', 'running-pods'],
    ['GET', '/runningpods/x', NOT_FOUND],
    ['POST', '/runningpods/', refusedTo('GET')],
    ['GET', '/stats', 'to /stats/'],
    ['GET', '/stats/', NOT_FOUND],
    ['GET', '/stats/summary', 'stats-summary'],
    ['GET', '/stats/summary/', 'stats-summary'],
    ['POST', '/stats/summary', 'stats-summary'],
    ['PUT', '/stats/summary', refusedTo('GET, POST')],
    ['GET', '/stats/container', NOT_FOUND],
    ['GET', '/metrics', 'metrics kubelet'],
    ['POST', '/metrics', 'metrics kubelet'],
    ['GET', '/metrics/', 'not-found'],
    ['GET', '/metrics/resource', 'metrics resource'],
    ['GET', '/metrics/nope', 'not-found'],
    ['GET', '/metrics/slis', 'metrics slis'],
    ['DELETE', '/metrics/slis', 'metrics-reset'],
    ['DELETE', '/metrics', 'metrics kubelet'],
    ['GET', '/configz', 'configz'],
    ['POST', '/configz', 'configz'],
    ['GET', '/configz/', 'not-found'],
    ['GET', '/containerLogs/ns/p/c', 'container-logs ns p  c'],
    ['GET', '/containerLogs/ns/p/c/', 'container-logs ns p  c'],
    ['POST', '/containerLogs/ns/p/c', refusedTo('GET')],
    ['GET', '/containerLogs/ns/p/uid/c', NOT_FOUND],
    ['GET', '/exec', NOT_FOUND],
    ['GET', '/exec/ns/p/c', 'exec ns p  c'],
    ['POST', '/exec/ns/p/uid/c', 'exec ns p uid c'],
    ['GET', '/exec/a%2fb/c/d', 'exec a b c d'],
    ['GET', '//exec/ns/p/c', 'to /exec/ns/p/c'],
    ['PUT', '/exec/ns/p/c', refusedTo('GET, POST')],
    ['HEAD', '/exec/ns/p/c', refusedTo('GET, POST')],
    ['GET', '/exec/ns/p', NOT_FOUND],
    ['POST', '/attach/ns/p/c', 'attach ns p  c'],
    ['POST', '/run/ns/p/c', 'run ns p  c'],
    ['POST', '/run/ns/p/u/c', 'run ns p u c'],
    ['POST', '/run/ns/p/u/c/d', NOT_FOUND],
    ['GET', '/run/ns/p/c', refusedTo('POST')],
    ['POST', '/portForward/ns/p', 'port-forward ns p'],
    ['GET', '/portForward/ns/p/uid', 'port-forward ns p uid'],
    ['DELETE', '/portForward/ns/p', refusedTo('GET, POST')],
    ['GET', '/portForward/ns', NOT_FOUND],
    ['GET', '/checkpoint', 'to /checkpoint/'],
    ['GET', '/checkpoint/', NOT_FOUND],
    ['POST', '/checkpoint/ns/p/c', 'checkpoint ns p  c'],
    ['GET', '/checkpoint/ns/p/c', refusedTo('POST')],
    ['POST', '/checkpoint/ns/p/uid/c', NOT_FOUND],
    ['GET', '/logs', 'to /logs/'],
    ['GET', '/logs/', 'node-logs'],
    ['GET', '/logs/a/b.log', 'node-logs a/b.log'],
    ['POST', '/logs/', refusedTo('GET')],
    ['GET', '/debug', 'not-found'],
    ['GET', '/debug/pprof', 'to /debug/pprof/'],
    ['GET', '/debug/pprof/', NOT_FOUND],
    ['GET', '/debug/pprof/heap', 'pprof'],
    ['POST', '/debug/pprof/heap', refusedTo('GET')],
    ['PUT', '/debug/flags/v', 'verbosity'],
    ['GET', '/debug/flags', 'not-found'],
  ])('%s %s is %s', (method, target, expected) => {
    expect(shown(method, target, secured)).toBe(expected);
  });

  test.each([
    ['/pods', 'text/html', '406 406: Not Acceptable\n\nAvailable representations: application/json'],
    [
      '/stats/summary',
      'application/*',
      '406 406: Not Acceptable\n\nAvailable representations: application/json',
    ],
    ['/runningpods/', 'text/plain,application/json;q=0.1', 'running-pods'],
    ['/pods', 'application/vnd.kubernetes.protobuf, */*', 'pods'],
    ['/metrics', 'text/html', 'metrics kubelet'],
  ])('GET %s, by who takes %s, is %s', (target, accept, expected) => {
    expect(shown('GET', target, secured, accept)).toBe(expected);
  });

  test.each([
    ['/exec', { enableDebuggingHandlers: false }, 'to /exec/'],
    ['/exec/ns/p/c', { enableDebuggingHandlers: false }, DISABLED],
    ['/containerLogs/ns/p/c', { enableDebuggingHandlers: false }, DISABLED],
    ['/runningpods/', { enableDebuggingHandlers: false }, DISABLED],
    ['/debug/pprof/', { enableDebuggingHandlers: false }, DISABLED],
    ['/checkpoint/ns/p/c', { enableDebuggingHandlers: false }, 'not-found'],
    ['/configz', { enableDebuggingHandlers: false }, 'not-found'],
    ['/pods', { enableDebuggingHandlers: false }, 'pods'],
    ['/logs/', { enableSystemLogHandler: false }, '405 logs endpoint is disabled.'],
    ['/debug/pprof/heap', { enableProfilingHandler: false }, '405 profiling endpoint is disabled.'],
    ['/debug/flags/v', { enableDebugFlagsHandler: false }, '405 flags endpoint is disabled.'],
  ])('%s with %j is %s', (target, switched, expected) => {
    expect(shown('GET', target, { readOnly: false, settings: { ...settings, ...switched } })).toBe(expected);
  });
});

describe('on the read-only port', () => {
  test.each([
    ['/healthz', 'healthz'],
    ['/pods', 'pods'],
    ['/stats/summary', 'stats-summary'],
    ['/metrics', 'metrics kubelet'],
    ['/metrics/cadvisor', 'metrics cadvisor'],
    ['/exec/ns/p/c', DISABLED],
    ['/attach/ns/p/c', DISABLED],
    ['/run/ns/p/c', DISABLED],
    ['/portForward/ns/p', DISABLED],
    ['/containerLogs/ns/p/c', DISABLED],
    ['/runningpods/', DISABLED],
    ['/logs/syslog', DISABLED],
    ['/debug/pprof/', DISABLED],
    ['/debug/flags/v', 'not-found'],
    ['/configz', 'not-found'],
    ['/checkpoint/ns/p/c', 'not-found'],
  ])('%s is %s', (target, expected) => {
    expect(shown('GET', target, readOnly)).toBe(expected);
  });
});
