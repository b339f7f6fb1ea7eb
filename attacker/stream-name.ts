import { readApiRequest } from './apiserver-request';
import { readKubeletRequest, splitPath } from './kubelet-request';
import type { StreamName } from './rules';

/** What the body of an answer to this request is called in rules and transcripts. */
export function answerStream(path: string): StreamName {
  const isLog = readKubeletRequest(path).kind === 'logs' || readApiRequest(path)?.subresource === 'log';
  return isLog ? 'logs' : 'body';
}

/** What a stream of a multiplexed session is called, by its type and direction; null: it carries no bytes of anybody's. */
export function sessionStream(type: string | undefined, direction: 'up' | 'down'): StreamName | null {
  switch (type) {
    case 'stdin':
      return direction === 'up' ? 'stdin' : null;
    case 'stdout':
    case 'stderr':
      return direction === 'down' ? type : null;
    case 'data':
      return direction === 'up' ? 'forward-up' : 'forward';
    default:
      return null;
  }
}

/** The streams of a WebSocket with channels, by their numbers: what SPDY streams say in their headers. */
export function channelTypes(path: string): (channel: number) => string | undefined {
  // Of port-forward each port has a data and an error channel (kubelet/pkg/cri/streaming/portforward/websocket.go).
  if (isPortForward(path)) return (channel) => (channel % 2 === 0 ? 'data' : 'error');
  return (channel) => ['stdin', 'stdout', 'stderr', 'error', 'resize'][channel];
}

/** What is known of such a session before anybody has said a word. */
export function sessionChannels(path: string): {
  /** The first message of each channel is the number of its port. */
  readonly beginsWithPort: boolean;
  readonly channels: readonly { readonly channel: number; readonly direction: 'up' | 'down' }[];
} {
  if (isPortForward(path)) return { beginsWithPort: true, channels: [] };
  const { query } = splitPath(path);
  const asked = (...names: string[]): boolean =>
    names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''));
  return {
    beginsWithPort: false,
    channels: [
      ...(asked('input', 'stdin') ? [{ channel: 0, direction: 'up' as const }] : []),
      ...(asked('output', 'stdout') ? [{ channel: 1, direction: 'down' as const }] : []),
      ...(asked('error', 'stderr') ? [{ channel: 2, direction: 'down' as const }] : []),
    ],
  };
}

function isPortForward(path: string): boolean {
  return (
    readKubeletRequest(path).kind === 'port-forward' || readApiRequest(path)?.subresource === 'portforward'
  );
}
