import type { RemoteCommandStreams } from '../wire/remote-command';

/** The query of /exec and /attach. Source: cri/streaming/remotecommand/httpstream.go (NewOptions). */
export type ParsedStreamOptions =
  | {
      readonly kind: 'stream-options';
      readonly streams: RemoteCommandStreams;
      readonly command: readonly string[];
    }
  | { readonly kind: 'refused'; readonly text: string };

export function parseStreamOptions(query: URLSearchParams): ParsedStreamOptions {
  const asked = (name: string): boolean => query.get(name) === '1';
  const tty = asked('tty');
  const stdin = asked('input');
  const stdout = asked('output');
  // A terminal has one output: the request is trimmed, not refused.
  const stderr = asked('error') && !tty;
  if (!stdin && !stdout && !stderr) {
    return { kind: 'refused', text: 'you must specify at least 1 of stdin, stdout, stderr' };
  }
  return {
    kind: 'stream-options',
    streams: { stdin, stdout, stderr, tty },
    command: query.getAll('command'),
  };
}

export type ParsedPorts =
  | { readonly kind: 'ports'; readonly ports: readonly number[] }
  | { readonly kind: 'refused'; readonly text: string };

/** The query of a WebSocket /portForward. Source: cri/streaming/portforward/websocket.go (NewV4Options). */
export function parseForwardedPorts(query: URLSearchParams): ParsedPorts {
  const values = query.getAll('port');
  if (values.length === 0) return { kind: 'refused', text: 'query parameter "port" is required' };
  const ports: number[] = [];
  for (const value of values) {
    if (value === '') return { kind: 'refused', text: 'query parameter "port" cannot be empty' };
    for (const text of value.split(',')) {
      const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!(port <= 65535)) {
        const why = Number.isNaN(port) ? 'invalid syntax' : 'value out of range';
        return {
          kind: 'refused',
          text: `unable to parse "${value}" as a port: strconv.ParseUint: parsing "${text}": ${why}`,
        };
      }
      if (port < 1) return { kind: 'refused', text: `port "${value}" must be > 0` };
      ports.push(port);
    }
  }
  return { kind: 'ports', ports };
}
