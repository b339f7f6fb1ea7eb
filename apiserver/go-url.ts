import { goQuote } from '../wire/go-quote';

/** Go's net/url where its spelling is visible to a peer or a user. */

/** url.QueryEscape: a blank becomes `+`, and `!'()*` are escaped too. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, percent)
    .replaceAll('%20', '+');
}

/** url.Values.Encode: sorted by key; the values of one key keep their order. */
export function encodeValues(values: readonly (readonly [key: string, value: string])[]): string {
  return values
    .map(([key, value], index) => ({ key, value, index }))
    .sort((a, b) => (a.key === b.key ? a.index - b.index : a.key < b.key ? -1 : 1))
    .map(({ key, value }) => `${queryEscape(key)}=${queryEscape(value)}`)
    .join('&');
}

/** URL.EscapedPath for a decoded path. */
export function pathEscape(path: string): string {
  return encodeURIComponent(path)
    .replace(/%(24|26|2B|2C|2F|3A|3B|3D|40)/g, (_match, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/[!'()*]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** path.Join of two parts, both with slashes: no empty, `.` or `..` segments are left, and no trailing slash. */
export function joinPath(prefix: string, path: string): string {
  const kept: string[] = [];
  for (const segment of `${prefix}/${path}`.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

export interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  /** From the question mark or the hash on, as written. */
  readonly tail: string;
}

/** A URL reference in its parts (RFC 3986 appendix B), or why Go's url.Parse would refuse it. */
export function parseReference(text: string): UrlParts | { readonly problem: string } {
  const fault = faultOf(text);
  if (fault !== null) return { problem: `parse ${goQuote(text)}: ${fault}` };
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)([?#][\s\S]*)?$/.exec(text);
  const [, scheme = '', host = '', path = '', tail = ''] = match ?? [];
  return { scheme: scheme.toLowerCase(), host, path, tail };
}

function faultOf(text: string): string | null {
  if ([...text].some((character) => character < ' ' || character === '\x7f')) {
    return 'net/url: invalid control character in URL';
  }
  const badEscape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text.split('?')[0] ?? '');
  if (badEscape !== null) return `invalid URL escape ${goQuote(badEscape[0])}`;
  if (text.startsWith(':')) return 'missing protocol scheme';
  const first = text.split(/[/?#]/)[0] ?? '';
  if (first.includes(':') && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(first))
    return 'first path segment in URL cannot contain colon';
  const port = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?#]*?(:[^/?#:\]]*)$/.exec(
    text.split(/(?<!\/)\/(?!\/)|[?#]/)[0] ?? '',
  )?.[1];
  if (port !== undefined && !/^:\d*$/.test(port)) return `invalid port ${goQuote(port)} after host`;
  return null;
}
