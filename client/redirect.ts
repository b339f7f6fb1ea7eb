/**
 * Where Go's http.Client goes when it is answered with a redirect, of which client-go makes no exception: to any host, by
 * any scheme that it knows. The header with a token is not carried over by it to another host, but client-go's round
 * tripper puts one on whatever request has none.
 * Source: net/http client.go (redirectBehavior), client-go transport/round_trippers.go (bearerAuthRoundTripper).
 */
export interface NextRequest {
  readonly url: URL;
  readonly method: string;
  /** 307 and 308 repeat the request with its body. */
  readonly keepsBody: boolean;
}

/** net/http gives up before the eleventh. */
export const MOST_REDIRECTS = 10;

const statuses = [301, 302, 303, 307, 308];

/** Null: the answer is what it is, an error with a status in the three hundreds. */
export function redirect(
  answer: { readonly status: number; readonly location: string | undefined },
  request: { readonly url: string; readonly method: string; readonly bodyCanBeRepeated: boolean },
): NextRequest | null {
  const { status, location } = answer;
  if (location === undefined || !statuses.includes(status) || !URL.canParse(location, request.url))
    return null;
  const url = new URL(location, request.url);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const keepsBody = status === 307 || status === 308;
  if (keepsBody && !request.bodyCanBeRepeated) return null;
  const asBefore = keepsBody || request.method === 'HEAD' || request.method === 'GET';
  return { url, method: asBefore ? request.method : 'GET', keepsBody };
}
