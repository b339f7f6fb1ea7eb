import type { KubeletSettings } from './settings';

/**
 * Which handler a path belongs to, on the TLS port and on the read-only port. Pure.
 * Source: pkg/kubelet/server/server.go (Install…Handlers) and go-restful's router for the texts of 404 and 405.
 */
export interface ContainerPath {
  readonly namespace: string;
  readonly pod: string;
  /** Empty when the path has none. */
  readonly uid: string;
  readonly container: string;
}

export type Route =
  | { readonly kind: 'healthz'; readonly check: string | null }
  | { readonly kind: 'pods' }
  | { readonly kind: 'running-pods' }
  | { readonly kind: 'stats-summary' }
  | { readonly kind: 'metrics'; readonly set: 'kubelet' | 'cadvisor' | 'probes' | 'resource' | 'slis' }
  | { readonly kind: 'configz' }
  | { readonly kind: 'node-logs'; readonly path: string }
  | ({ readonly kind: 'container-logs' } & ContainerPath)
  | ({ readonly kind: 'run' } & ContainerPath)
  | ({ readonly kind: 'exec' } & ContainerPath)
  | ({ readonly kind: 'attach' } & ContainerPath)
  | { readonly kind: 'port-forward'; readonly namespace: string; readonly pod: string; readonly uid: string }
  | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly code: 404 | 405;
  readonly text: string;
  /** Methods for the Allow header. */
  readonly allow?: string;
}

export interface RoutedServer {
  readonly readOnly: boolean;
  readonly settings: Pick<
    KubeletSettings,
    | 'enableDebuggingHandlers'
    | 'enableSystemLogHandler'
    | 'enableProfilingHandler'
    | 'enableDebugFlagsHandler'
  >;
}

const NOT_FOUND: Refused = { kind: 'refused', code: 404, text: '404: Page Not Found' };
const HEALTH_CHECKS = ['ping', 'log', 'syncloop'];
const METRIC_SETS = ['cadvisor', 'probes', 'resource', 'slis'] as const;
const DEBUG_ROOTS = ['run', 'exec', 'attach', 'portForward', 'containerLogs', 'runningpods', 'logs'];

export function routeOf(method: string, path: string, server: RoutedServer): Route {
  const segments = path.split('/').slice(1);
  const [root = '', ...rest] = segments;
  const open = openRoute(root, rest, method);
  if (open !== null) return open;
  const debugging = !server.readOnly && server.settings.enableDebuggingHandlers;
  if (!debugging) {
    const named = DEBUG_ROOTS.includes(root) || (root === 'debug' && rest[0] === 'pprof');
    return named && segments.length > 1 ? plain('Debug endpoints are disabled.') : NOT_FOUND;
  }
  return debugRoute(root, rest, method, server);
}

/** What both servers have, whatever the settings. */
function openRoute(root: string, rest: readonly string[], method: string): Route | null {
  switch (root) {
    case 'healthz': {
      const [check = null, ...more] = rest;
      if (check !== null && check !== '' && (more.length > 0 || !HEALTH_CHECKS.includes(check)))
        return NOT_FOUND;
      return { kind: 'healthz', check: check === '' ? null : check };
    }
    case 'pods':
      return isRoot(rest) ? allowing(method, ['GET'], { kind: 'pods' }) : NOT_FOUND;
    case 'stats':
      return rest[0] === 'summary' && rest.length === 1
        ? allowing(method, ['GET'], { kind: 'stats-summary' })
        : NOT_FOUND;
    case 'metrics': {
      const set = METRIC_SETS.find((it) => it === rest[0]) ?? (isRoot(rest) ? 'kubelet' : null);
      return set === null || rest.length > 1 ? NOT_FOUND : { kind: 'metrics', set };
    }
    default:
      return null;
  }
}

function debugRoute(root: string, rest: readonly string[], method: string, server: RoutedServer): Route {
  switch (root) {
    case 'run':
      return containerRoute('run', rest, method, ['POST']);
    case 'exec':
    case 'attach':
      return containerRoute(root, rest, method, ['GET', 'POST']);
    case 'containerLogs':
      return rest.length === 3 ? containerRoute('container-logs', rest, method, ['GET']) : NOT_FOUND;
    case 'portForward': {
      const [namespace, pod, uid = ''] = rest;
      if (rest.length > 3 || !namespace || !pod) return NOT_FOUND;
      return allowing(method, ['GET', 'POST'], { kind: 'port-forward', namespace, pod, uid });
    }
    case 'configz':
      return isRoot(rest) ? { kind: 'configz' } : NOT_FOUND;
    case 'runningpods':
      return isRoot(rest) ? allowing(method, ['GET'], { kind: 'running-pods' }) : NOT_FOUND;
    case 'logs':
      if (!server.settings.enableSystemLogHandler) return plain('logs endpoint is disabled.');
      return allowing(method, ['GET'], { kind: 'node-logs', path: rest.join('/') });
    case 'debug':
      return debuggingRoute(rest, server);
    default:
      return NOT_FOUND;
  }
}

/** The profiler is Go's: switched off it says so, switched on it is not part of the lab. */
function debuggingRoute([kind, what]: readonly string[], { settings }: RoutedServer): Refused {
  if (kind === 'pprof' && !settings.enableProfilingHandler) return plain('profiling endpoint is disabled.');
  if (kind === 'flags' && what === 'v' && !settings.enableDebugFlagsHandler)
    return plain('flags endpoint is disabled.');
  return NOT_FOUND;
}

/** `NS/POD/CTR` or `NS/POD/UID/CTR`; the path is decoded already. */
function containerRoute(
  kind: 'run' | 'exec' | 'attach' | 'container-logs',
  rest: readonly string[],
  method: string,
  methods: readonly string[],
): Route {
  const [namespace, pod, third, fourth] = rest;
  const container = rest.length === 4 ? fourth : third;
  if (rest.length < 3 || rest.length > 4 || !namespace || !pod || !container) return NOT_FOUND;
  const uid = rest.length === 4 ? (third ?? '') : '';
  return allowing(method, methods, { kind, namespace, pod, uid, container });
}

function allowing(method: string, methods: readonly string[], route: Route): Route {
  if (methods.includes(method)) return route;
  return { kind: 'refused', code: 405, text: '405: Method Not Allowed', allow: methods.join(', ') };
}

/** http.Error ends its text with a newline. */
function plain(text: string): Refused {
  return { kind: 'refused', code: 405, text: `${text}\n` };
}

function isRoot(rest: readonly string[]): boolean {
  return rest.length === 0 || (rest.length === 1 && rest[0] === '');
}
