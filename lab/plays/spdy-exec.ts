import { buffer } from 'node:stream/consumers';
import { redirect } from '../../client/redirect';
import type { Host } from '../../network/network';
import { readSome } from '../../network/read-some';
import type { Trust } from '../../network/secure';
import { Transport } from '../../network/transport';
import { headerValue } from '../../wire/http-head';
import {
  OFFERED_STREAM_PROTOCOLS,
  STREAM_PROTOCOL_HEADER,
  STREAM_TYPE_HEADER,
} from '../../wire/remote-command';
import { SpdySession } from '../../wire/spdy-session';
import { addresses, ports } from '../addresses';

const MOST_REDIRECTS = 10;
const MOST_REFUSAL_BYTES = 64 * 1024;

/**
 * `kubectl exec` by SPDY, as it is until 1.30 and with KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false: the upgrade goes through
 * Go's http.Client, which follows redirects. Source: client-go transport/spdy/spdy.go (Negotiate), tools/remotecommand/spdy.go.
 */
export async function spdyExec(
  from: Host,
  login: { readonly token: string; readonly trust: (host: string) => Trust },
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const transport = new Transport({ from, trust: login.trust });
  let url = new URL(`https://${addresses.controlPlane}:${ports.apiserver}${path}`);
  let method = 'POST';
  for (let redirects = 0; ; redirects += 1) {
    const scheme = url.protocol === 'https:' ? 'https' : 'http';
    const answer = await transport.upgrade(
      { host: url.hostname, port: Number(url.port), scheme },
      { method, path: `${url.pathname}${url.search}`, headers: headersFor(url, login.token) },
      { signal },
    );
    if (answer.kind === 'refusal') return { ok: false, text: answer.text };
    if (answer.kind === 'upgraded') {
      const session = new SpdySession(answer.socket, { role: 'client' });
      try {
        const error = await session.open({ [STREAM_TYPE_HEADER]: 'error' });
        error.resume();
        const stdout = await session.open({ [STREAM_TYPE_HEADER]: 'stdout' });
        return { ok: true, text: (await buffer(stdout)).toString('utf8').trim() };
      } finally {
        session.close();
      }
    }
    const location = headerValue(answer.headers, 'location') ?? undefined;
    const asked = { url: url.href, method, bodyCanBeRepeated: true };
    const next = redirects === MOST_REDIRECTS ? null : redirect({ status: answer.status, location }, asked);
    const text = await readSome(answer.body, MOST_REFUSAL_BYTES);
    if (next === null) return { ok: false, text: messageIn(text) };
    ({ url, method } = next);
  }
}

function headersFor(url: URL, token: string): [string, string][] {
  return [
    ['Host', url.host],
    ['User-Agent', 'kubectl/v1.29.0 (linux/amd64) kubernetes/midplane'],
    ['Authorization', `Bearer ${token}`],
    ['Content-Length', '0'],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'SPDY/3.1'],
    ...OFFERED_STREAM_PROTOCOLS.map((protocol): [string, string] => [STREAM_PROTOCOL_HEADER, protocol]),
  ];
}

function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message);
  } catch {
    return text.trim();
  }
}
