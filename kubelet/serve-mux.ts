/**
 * What Go's ServeMux does with a request before any handler sees it, and so before anybody asks who sent it: unknown
 * paths are 404 and crooked ones redirected, for everybody alike. Pure.
 * Source: net/http/server.go (ServeMux.findHandler, cleanPath), net/url/url.go; as of Go 1.24, which 1.33 is built with.
 */
export type Muxed =
  | {
      readonly kind: 'handler';
      /** Decoded once, as authorization and routing see it. */
      readonly path: string;
      readonly query: URLSearchParams;
    }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'not-found'; readonly path: string }
  /** Go hangs up on it with a 400. */
  | { readonly kind: 'malformed' };

/** @param patterns `/name` is that path alone, `/name/` everything below it */
export function serveMux(target: string, patterns: readonly string[]): Muxed {
  const [escaped = '', ...rest] = target.replace(/^https?:\/\/[^/?]*/i, '').split('?');
  const search = rest.length === 0 ? '' : `?${rest.join('?')}`;
  if (!/^(\/|$)/.test(escaped) || /%(?![\da-f]{2})/i.test(escaped)) return { kind: 'malformed' };
  const clean = cleanPath(escaped);
  const segments = clean.split('/').map(unescaped);
  const registered = isRegistered(segments, patterns);
  if (!registered) {
    const tree = [...segments, ''].join('/');
    if (patterns.includes(tree)) return { kind: 'redirect', location: `${clean}/${search}` };
  }
  if (clean !== escaped) return { kind: 'redirect', location: clean + search };
  if (!registered) return { kind: 'not-found', path: segments.join('/') };
  return { kind: 'handler', path: segments.join('/'), query: new URLSearchParams(search) };
}

/** Segment by segment: an encoded slash does not make two of one. */
function isRegistered(segments: readonly string[], patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const wanted = pattern.split('/');
    if (!pattern.endsWith('/')) {
      return wanted.length === segments.length && wanted.every((it, at) => it === segments[at]);
    }
    const root = wanted.slice(0, -1);
    return segments.length > root.length && root.every((it, at) => it === segments[at]);
  });
}

/** Dots and doubled slashes are resolved in what is written; an encoded dot is no dot. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return `/${parts.join('/')}${path.endsWith('/') && parts.length > 0 ? '/' : ''}`;
}

/** Node hands a target over byte by byte; what is not UTF-8 in it is not refused. */
function unescaped(segment: string): string {
  const bytes = segment.replace(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}
