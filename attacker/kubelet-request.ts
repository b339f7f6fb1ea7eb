import type { RemoteCommandStreams } from '../wire/remote-command';

/**
 * What a request to a kubelet asks for, read from its URL as the apiserver writes it
 * (k8s.io/kubernetes pkg/registry/core/pod/strategy.go, pkg/kubelet/server/server.go).
 */
export type KubeletRequest =
  | { readonly kind: 'logs'; readonly follow: boolean }
  | { readonly kind: 'exec'; readonly streams: RemoteCommandStreams; readonly command: readonly string[] }
  | { readonly kind: 'attach'; readonly streams: RemoteCommandStreams }
  | { readonly kind: 'port-forward'; readonly ports: readonly number[] }
  | { readonly kind: 'other' };

export function readKubeletRequest(path: string): KubeletRequest {
  const { pathname, query } = splitPath(path);
  if (pathname.startsWith('/containerLogs/')) return { kind: 'logs', follow: isTrue(query, 'follow') };
  if (pathname.startsWith('/exec/')) {
    return { kind: 'exec', streams: wantedStreams(query), command: query.getAll('command') };
  }
  if (pathname.startsWith('/attach/')) return { kind: 'attach', streams: wantedStreams(query) };
  if (pathname.startsWith('/portForward/')) return { kind: 'port-forward', ports: readPorts(query) };
  return { kind: 'other' };
}

/** The command line that a URL carries: exec's `command`, repeated, or run's `cmd`, split on single blanks. */
export function commandOf(path: string): readonly string[] {
  const { pathname, query } = splitPath(path);
  const cmd = query.get('cmd');
  if (pathname.startsWith('/run/') && cmd !== null) return cmd.split(' ');
  return query.getAll('command');
}

/**
 * The same URL with a text of the attacker's where the genuine endpoint will take it as input: one more argument of a
 * command that has no stdin, or the end of the last query value. Logs, attach, port-forward and exec with stdin keep
 * their URL: they carry input elsewhere, or none.
 */
export function tamperPath(path: string, text: string): string {
  const request = readKubeletRequest(path);
  switch (request.kind) {
    case 'logs':
    case 'attach':
    case 'port-forward':
      return path;
    case 'exec':
      return request.streams.stdin ? path : `${path}&command=${encodeURIComponent(text)}`;
    case 'other':
      return endsInValue(path) ? `${path}+${encodeURIComponent(text)}` : path;
  }
}

/** Without a regular expression: over a path of nothing but question marks one would take a minute. */
function endsInValue(path: string): boolean {
  const at = path.indexOf('?');
  return at >= 0 && path.includes('=', at);
}

export function splitPath(path: string): { readonly pathname: string; readonly query: URLSearchParams } {
  const at = path.indexOf('?');
  if (at < 0) return { pathname: path, query: new URLSearchParams() };
  return { pathname: path.slice(0, at), query: new URLSearchParams(path.slice(at + 1)) };
}

function wantedStreams(query: URLSearchParams): RemoteCommandStreams {
  const tty = isTrue(query, 'tty');
  return {
    stdin: isTrue(query, 'input'),
    stdout: isTrue(query, 'output'),
    // A terminal has one output: the kubelet drops stderr silently (pkg/kubelet/cri/streaming/remotecommand).
    stderr: isTrue(query, 'error') && !tty,
    tty,
  };
}

function readPorts(query: URLSearchParams): number[] {
  return query
    .getAll('port')
    .flatMap((value) => value.split(','))
    .map(Number)
    .filter((port) => Number.isInteger(port) && port > 0 && port < 65536);
}

/** The apiserver writes `1`, people write `true`; the kubelet takes both. */
function isTrue(query: URLSearchParams, key: string): boolean {
  const value = query.get(key);
  return value === '1' || value === 'true';
}
