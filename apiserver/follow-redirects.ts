import { joinHostPort, type Refusal } from '../network/network';
import type { HttpResponse, OutgoingRequest, Target, Upgraded } from '../network/transport';
import { headerValue } from '../wire/http-head';
import { type Backend, type Caller, dialForUpgrade, roundTrip, upgradeOver } from './backend';

/**
 * What kube-apiserver did with a kubelet's redirects before 1.14 (CVE-2018-1002102): it asked again wherever it was sent,
 * as a GET, with the certificate that it shows to kubelets. Today no redirect on these legs is followed.
 * Source: k8s.io/apimachinery pkg/util/net/http.go (ConnectWithRedirects) of 1.13, net/http (Client.Do).
 */
const MOST_REDIRECTS = 10;

type Ask<Answer> = (backend: Backend, request: OutgoingRequest) => Promise<Answer | Refusal>;

/** An upgrade; only a 302 was followed, and anything else was the client's. */
export async function followAnywhere(
  caller: Caller,
  backend: Backend,
  first: Upgraded | HttpResponse | Refusal,
  request: OutgoingRequest,
  signal: AbortSignal,
): Promise<Upgraded | HttpResponse | Refusal> {
  return follow<Upgraded | HttpResponse>(backend, first, request, [302], async (next, asked) => {
    const peer = await dialForUpgrade(caller, next, signal);
    return peer.kind === 'refusal' ? peer : upgradeOver(caller, peer, asked, signal);
  });
}

/** A log: Go's http.Client, which nobody had told not to. */
export async function followReading(
  caller: Caller,
  backend: Backend,
  first: HttpResponse | Refusal,
  request: OutgoingRequest,
  signal: AbortSignal,
): Promise<HttpResponse | Refusal> {
  const followed = [301, 302, 303, 307, 308];
  return follow<HttpResponse>(backend, first, request, followed, (next, asked) =>
    roundTrip(caller, next, asked, { signal }),
  );
}

async function follow<Answer extends Upgraded | HttpResponse>(
  backend: Backend,
  first: Answer | Refusal,
  request: OutgoingRequest,
  followed: readonly number[],
  ask: Ask<Answer>,
): Promise<Answer | Refusal> {
  let answer = first;
  let at = urlOf(backend.target, request.path);
  for (let redirects = 0; answer.kind === 'response' && followed.includes(answer.status); redirects += 1) {
    const location = headerValue(answer.headers, 'location');
    if (location === null || location === '') return answer;
    answer.body.destroy();
    const peer = answer.connection.remote;
    const failed = (text: string): Refusal => ({ kind: 'refusal', code: 'CONNECTION_CLOSED', text, peer });
    if (redirects === MOST_REDIRECTS) return failed(`too many redirects (${redirects})`);
    if (!URL.canParse(location, at)) return failed(`malformed Location header: ${JSON.stringify(location)}`);
    const url = new URL(location, at);
    const target = targetOf(url);
    if (target === null) return failed(`unsupported protocol scheme ${JSON.stringify(url.protocol)}`);
    at = url.href;
    const headers = request.headers.filter(([name]) => !/^(host|content-length)$/i.test(name));
    answer = await ask(
      { ...backend, target, ...(target.scheme === 'http' ? { trust: 'plaintext' as const } : {}) },
      {
        method: 'GET',
        path: `${url.pathname}${url.search}`,
        headers: [['Host', joinHostPort(target.host, target.port)], ...headers],
      },
    );
  }
  return answer;
}

function urlOf({ scheme, host, port }: Target, path: string): string {
  return `${scheme}://${joinHostPort(host, port)}${path}`;
}

function targetOf({ protocol, hostname, port }: URL): Target | null {
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  const scheme = protocol === 'https:' ? 'https' : 'http';
  const host = hostname.replace(/^\[|\]$/g, '');
  return { scheme, host, port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port) };
}
