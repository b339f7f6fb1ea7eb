import { describe, expect, test } from '@jest/globals';
import { type Route, routeOf } from './routes';
import { defaultSettings } from './settings';

const settings = defaultSettings('config-file');

function shown(route: Route): string {
  const { kind, ...rest } = route;
  if (route.kind === 'refused') return `${route.code} ${route.text}${route.allow ? ` [${route.allow}]` : ''}`;
  return [kind, ...Object.values(rest)].join(' ').trim();
}

const NOT_FOUND = '404 404: Page Not Found';
const DISABLED = '405 Debug endpoints are disabled.\n';

describe('on the TLS port', () => {
  test.each([
    ['GET', '/healthz', 'healthz'],
    ['GET', '/healthz/ping', 'healthz ping'],
    ['GET', '/healthz/nope', NOT_FOUND],
    ['GET', '/pods', 'pods'],
    ['GET', '/pods/', 'pods'],
    ['POST', '/pods', '405 405: Method Not Allowed [GET]'],
    ['GET', '/runningpods/', 'running-pods'],
    ['GET', '/stats/summary', 'stats-summary'],
    ['GET', '/stats/other', NOT_FOUND],
    ['GET', '/metrics', 'metrics kubelet'],
    ['GET', '/metrics/resource', 'metrics resource'],
    ['GET', '/metrics/nope', NOT_FOUND],
    ['GET', '/configz', 'configz'],
    ['GET', '/containerLogs/ns/p/c', 'container-logs ns p  c'],
    ['POST', '/containerLogs/ns/p/c', '405 405: Method Not Allowed [GET]'],
    ['GET', '/containerLogs/ns/p/uid/c', NOT_FOUND],
    ['GET', '/exec/ns/p/c', 'exec ns p  c'],
    ['POST', '/exec/ns/p/uid/c', 'exec ns p uid c'],
    ['PUT', '/exec/ns/p/c', '405 405: Method Not Allowed [GET, POST]'],
    ['GET', '/exec/ns/p', NOT_FOUND],
    ['POST', '/attach/ns/p/c', 'attach ns p  c'],
    ['POST', '/run/ns/p/c', 'run ns p  c'],
    ['GET', '/run/ns/p/c', '405 405: Method Not Allowed [POST]'],
    ['POST', '/portForward/ns/p', 'port-forward ns p'],
    ['GET', '/portForward/ns/p/uid', 'port-forward ns p uid'],
    ['GET', '/portForward/ns', NOT_FOUND],
    ['GET', '/logs/', 'node-logs'],
    ['GET', '/nope', NOT_FOUND],
    ['GET', '/', NOT_FOUND],
  ])('%s %s is %s', (method, path, expected) => {
    expect(shown(routeOf(method, path, { readOnly: false, settings }))).toBe(expected);
  });

  test.each([
    ['/exec/ns/p/c', { enableDebuggingHandlers: false }, DISABLED],
    ['/containerLogs/ns/p/c', { enableDebuggingHandlers: false }, DISABLED],
    ['/runningpods/', { enableDebuggingHandlers: false }, DISABLED],
    ['/debug/pprof/', { enableDebuggingHandlers: false }, DISABLED],
    ['/configz', { enableDebuggingHandlers: false }, NOT_FOUND],
    ['/pods', { enableDebuggingHandlers: false }, 'pods'],
    ['/logs/', { enableSystemLogHandler: false }, '405 logs endpoint is disabled.\n'],
    ['/debug/pprof/heap', { enableProfilingHandler: false }, '405 profiling endpoint is disabled.\n'],
    ['/debug/flags/v', { enableDebugFlagsHandler: false }, '405 flags endpoint is disabled.\n'],
  ])('%s with %j is %s', (path, switched, expected) => {
    const server = { readOnly: false, settings: { ...settings, ...switched } };
    expect(shown(routeOf('GET', path, server))).toBe(expected);
  });
});

describe('on the read-only port', () => {
  test.each([
    ['/healthz', 'healthz'],
    ['/pods', 'pods'],
    ['/stats/summary', 'stats-summary'],
    ['/metrics', 'metrics kubelet'],
    ['/exec/ns/p/c', DISABLED],
    ['/attach/ns/p/c', DISABLED],
    ['/run/ns/p/c', DISABLED],
    ['/portForward/ns/p', DISABLED],
    ['/containerLogs/ns/p/c', DISABLED],
    ['/runningpods/', DISABLED],
    ['/logs/syslog', DISABLED],
    ['/debug/pprof/', DISABLED],
    ['/configz', NOT_FOUND],
  ])('%s is %s', (path, expected) => {
    expect(shown(routeOf('GET', path, { readOnly: true, settings }))).toBe(expected);
  });
});
