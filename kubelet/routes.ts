import type { KubeletSettings } from './settings';

/**
 * Which handler a path belongs to, on the TLS port and on the read-only port. Pure.
 * Source: pkg/kubelet/server/server.go (Install…Handlers) and go-restful's router for the texts of 404, 405 and 406.
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
  | { readonly kind: 'metrics-reset' }
  | { readonly kind: 'configz' }
  | { readonly kind: 'pprof' }
  | { readonly kind: 'verbosity' }
  | ({ readonly kind: 'checkpoint' } & ContainerPath)
  | { readonly kind: 'node-logs'; readonly path: string }
  | ({ readonly kind: 'container-logs' } & ContainerPath)
  | ({ readonly kind: 'run' } & ContainerPath)
  | ({ readonly kind: 'exec' } & ContainerPath)
  | ({ readonly kind: 'attach' } & ContainerPath)
  | { readonly kind: 'port-forward'; readonly namespace: string; readonly pod: string; readonly uid: string }
  | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly code: 404 | 405 | 406;
  readonly text: string;
  /** go-restful writes its texts bare; Go's http.Error ends them with a newline and forbids sniffing. */
  readonly by: 'go-restful' | 'http.Error';
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

export const HEALTH_CHECKS = ['ping', 'log', 'syncloop'];
const METRIC_SETS = ['cadvisor', 'probes', 'resource', 'slis'] as const;

/** What both servers have, whatever the settings (InstallAuthNotRequiredHandlers). */
const OPEN_PATTERNS = [
  ...['/healthz', ...HEALTH_CHECKS.map((it) => `/healthz/${it}`)],
  ...['/metrics', ...METRIC_SETS.map((it) => `/metrics/${it}`)],
  ...['/pods', '/pods/', '/stats/'],
];

const DEBUG_TREES = ['/run', '/exec', '/attach', '/portForward', '/containerLogs'];
/** What is in these trees is about the node's own files and process. */
const NODE_TREES = ['/runningpods/', '/debug/pprof/', '/logs/'];

/** Where the mux has handlers: everything else is 404 before anybody is asked who they are. */
export function patternsOf(server: RoutedServer): readonly string[] {
  const below = DEBUG_TREES.map((it) => `${it}/`);
  if (!isDebugging(server)) return [...OPEN_PATTERNS, ...below, ...NODE_TREES];
  return [...OPEN_PATTERNS, ...DEBUG_TREES, ...below, ...NODE_TREES, ...MORE_DEBUG_PATTERNS];
}

const MORE_DEBUG_PATTERNS = ['/configz', '/checkpoint/', '/debug/flags/v'];

function isDebugging({ readOnly, settings }: RoutedServer): boolean {
  return !readOnly && settings.enableDebuggingHandlers;
}

export interface RoutedRequest {
  readonly method: string;
  readonly path: string;
  /** The Accept header; '' when there is none. */
  readonly accept?: string;
}

/** For paths that the mux let through. */
export function routeOf(request: RoutedRequest, server: RoutedServer): Route {
  const [root = '', ...rest] = request.path.split('/').slice(1);
  const open = openRoute(root, rest, request);
  if (open !== null) return open;
  return isDebugging(server)
    ? debugRoute(root, rest, request, server)
    : disabled('Debug endpoints are disabled.');
}

function openRoute(root: string, rest: readonly string[], request: RoutedRequest): Route | null {
  switch (root) {
    case 'healthz':
      return { kind: 'healthz', check: rest[0] ?? null };
    case 'pods':
      return isRoot(rest) ? json(request, ['GET'], { kind: 'pods' }) : NOT_FOUND;
    case 'stats':
      return rest[0] === 'summary' && isRoot(rest.slice(1))
        ? json(request, ['GET', 'POST'], { kind: 'stats-summary' })
        : NOT_FOUND;
    case 'metrics': {
      const set = METRIC_SETS.find((it) => it === rest[0]) ?? 'kubelet';
      return set === 'slis' && request.method === 'DELETE'
        ? { kind: 'metrics-reset' }
        : { kind: 'metrics', set };
    }
    default:
      return null;
  }
}

function debugRoute(
  root: string,
  rest: readonly string[],
  request: RoutedRequest,
  { settings }: RoutedServer,
): Route {
  switch (root) {
    case 'run':
      return containerRoute('run', rest, request, ['POST']);
    case 'exec':
    case 'attach':
      return containerRoute(root, rest, request, ['GET', 'POST']);
    case 'containerLogs':
      return withoutUid('container-logs', rest, request, ['GET']);
    case 'checkpoint': {
      const route = withoutUid('checkpoint', rest, request, ['POST']);
      return route.kind === 'refused' ? route : json(request, ['POST'], route);
    }
    case 'portForward': {
      const [namespace, pod, uid = '', ...more] = trimmed(rest);
      if (more.length > 0 || !namespace || !pod) return NOT_FOUND;
      return allowing(request, ['GET', 'POST'], { kind: 'port-forward', namespace, pod, uid });
    }
    case 'configz':
      return { kind: 'configz' };
    case 'runningpods':
      return isRoot(rest) ? json(request, ['GET'], { kind: 'running-pods' }) : NOT_FOUND;
    case 'logs':
      if (!settings.enableSystemLogHandler) return disabled('logs endpoint is disabled.');
      return allowing(request, ['GET'], { kind: 'node-logs', path: rest.join('/') });
    case 'debug':
      if (rest[0] === 'flags') {
        return settings.enableDebugFlagsHandler
          ? { kind: 'verbosity' }
          : disabled('flags endpoint is disabled.');
      }
      if (!settings.enableProfilingHandler) return disabled('profiling endpoint is disabled.');
      // Its route has a name in it, so there is no index (go-restful's `{subpath:*}`).
      return isRoot(rest.slice(1)) ? NOT_FOUND : allowing(request, ['GET'], { kind: 'pprof' });
    default:
      return NOT_FOUND;
  }
}

/** `NS/POD/CTR` or `NS/POD/UID/CTR`; the path is decoded already. */
function containerRoute<Kind extends 'run' | 'exec' | 'attach' | 'container-logs' | 'checkpoint'>(
  kind: Kind,
  rest: readonly string[],
  request: RoutedRequest,
  methods: readonly string[],
): ({ readonly kind: Kind } & ContainerPath) | Refused {
  const parts = trimmed(rest);
  const [namespace, pod, third, fourth] = parts;
  const container = parts.length === 4 ? fourth : third;
  if (parts.length < 3 || parts.length > 4 || !namespace || !pod || !container) return NOT_FOUND;
  const uid = parts.length === 4 ? (third ?? '') : '';
  return allowing(request, methods, { kind, namespace, pod, uid, container });
}

function withoutUid<Kind extends 'container-logs' | 'checkpoint'>(
  kind: Kind,
  rest: readonly string[],
  request: RoutedRequest,
  methods: readonly string[],
): ({ readonly kind: Kind } & ContainerPath) | Refused {
  return trimmed(rest).length === 3 ? containerRoute(kind, rest, request, methods) : NOT_FOUND;
}

/** go-restful looks at a path without its last slash. */
function trimmed(rest: readonly string[]): readonly string[] {
  return rest.at(-1) === '' ? rest.slice(0, -1) : rest;
}

function isRoot(rest: readonly string[]): boolean {
  return trimmed(rest).length === 0;
}

const NOT_FOUND: Refused = { kind: 'refused', code: 404, text: '404: Page Not Found', by: 'go-restful' };

function allowing<R>({ method }: RoutedRequest, methods: readonly string[], route: R): R | Refused {
  if (methods.includes(method)) return route;
  const allow = methods.join(', ');
  return { kind: 'refused', code: 405, text: '405: Method Not Allowed', by: 'go-restful', allow };
}

/** A route that says that it produces JSON, to a client that has to take it (go-restful, Route.matchesAccept). */
function json<R>(request: RoutedRequest, methods: readonly string[], route: R): R | Refused {
  const types = (request.accept || '*/*').split(',').map((it) => it.replace(/;.*/s, '').trim());
  const acceptable = types.includes('*/*') || types.includes('application/json');
  const allowed = allowing(request, methods, route);
  if (acceptable || allowed !== route) return allowed;
  const text = '406: Not Acceptable\n\nAvailable representations: application/json';
  return { kind: 'refused', code: 406, text, by: 'go-restful' };
}

function disabled(text: string): Refused {
  return { kind: 'refused', code: 405, text, by: 'http.Error' };
}
