import { goQuote } from './go-quote';
import { parseIp } from './ip-address';

/**
 * As much of Go's net/url as a URI in a certificate meets: whether it parses, its host, and how it is printed back.
 * Characters stand for octets (latin1).
 */
export interface ParsedUri {
  readonly kind: 'uri';
  /** Host and port as written, escapes resolved; '' when there is none. */
  readonly host: string;
  /** The URI as Go's messages repeat it; odd escapes in the path are repeated as they were sent. */
  readonly text: string;
}

/** `text` is what Go's url.Parse returns as its error. */
export type UriFault = { readonly kind: 'uri-fault'; readonly text: string };

export function parseUri(raw: string): ParsedUri | UriFault {
  const [beforeFragment = '', ...fragments] = raw.split('#');
  const outcome = parseParts(beforeFragment);
  if (outcome.kind === 'uri-fault') return parseError(beforeFragment, outcome.text);
  const fragmentFault = escapeFault(fragments.join('#'), 'other');
  if (fragmentFault !== null) return parseError(raw, fragmentFault);
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*(?=:)/.exec(raw)?.[0] ?? '';
  const withoutEmptyFragment = raw.endsWith('#') && fragments.length === 1 ? raw.slice(0, -1) : raw;
  // `http://` alone is printed without its slashes.
  const rest = withoutEmptyFragment.slice(scheme.length).replace(/^:\/\/(?=$|[?#])/, ':');
  return { kind: 'uri', host: outcome.host, text: scheme.toLowerCase() + rest };
}

function parseError(url: string, cause: string): UriFault {
  return fault(`parse ${goQuote(url)}: ${cause}`);
}

function fault(text: string): UriFault {
  return { kind: 'uri-fault', text };
}

type Host = { readonly kind: 'host'; readonly host: string };

function parseParts(raw: string): Host | UriFault {
  if (/\p{Cc}/u.test(raw)) return fault('net/url: invalid control character in URL');
  if (raw === '*') return { kind: 'host', host: '' };
  if (raw.startsWith(':')) return fault('missing protocol scheme');
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(raw)?.[1] ?? '';
  const rest = (scheme === '' ? raw : raw.slice(scheme.length + 1)).split('?', 1)[0] ?? '';
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { kind: 'host', host: '' };
    if (rest.split('/', 1)[0]?.includes(':')) return fault('first path segment in URL cannot contain colon');
  }
  let path = rest;
  let host = '';
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    path = slash < 0 ? '' : rest.slice(slash);
    const parsed = parseAuthority(scheme.toLowerCase(), authority);
    if (parsed.kind === 'uri-fault') return parsed;
    host = parsed.host;
  }
  const pathFault = escapeFault(path, 'other');
  return pathFault === null ? { kind: 'host', host } : fault(pathFault);
}

function parseAuthority(scheme: string, authority: string): Host | UriFault {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  if (host.kind === 'uri-fault' || at < 0) return host;
  const userinfo = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) return fault('net/url: invalid userinfo');
  const colon = userinfo.indexOf(':');
  const parts = colon < 0 ? [userinfo] : [userinfo.slice(0, colon), userinfo.slice(colon + 1)];
  for (const part of parts) {
    const partFault = escapeFault(part, 'other');
    if (partFault !== null) return fault(partFault);
  }
  return host;
}

function parseHost(scheme: string, host: string): Host | UriFault {
  const bracket = host.lastIndexOf('[');
  if (bracket > 0) return fault('invalid IP-literal');
  if (bracket === 0) return parseIpLiteral(host);
  const firstColon = host.indexOf(':');
  if (firstColon >= 0) {
    // Two colons outside brackets were always wrong; Go 1.26 refuses them where they are harmful, in http and https.
    const portAt = scheme === 'http' || scheme === 'https' ? firstColon : host.lastIndexOf(':');
    const port = host.slice(portAt);
    if (!isOptionalPort(port)) return fault(`invalid port ${goQuote(port)} after host`);
  }
  const hostFault = escapeFault(host, 'host');
  return hostFault === null ? { kind: 'host', host: unescaped(host) } : fault(hostFault);
}

/** RFC 3986 IP-literal with RFC 6874 zone: between brackets only an IPv6 address may stand. */
function parseIpLiteral(host: string): Host | UriFault {
  const close = host.lastIndexOf(']');
  if (close < 0) return fault("missing ']' in host");
  const port = host.slice(close + 1);
  if (!isOptionalPort(port)) return fault(`invalid port ${goQuote(port)} after host`);
  const literal = host.slice(1, close);
  const zoneAt = literal.indexOf('%25');
  const address = zoneAt < 0 ? literal : literal.slice(0, zoneAt);
  const addressFault = escapeFault(address, 'host');
  if (addressFault !== null) return fault(addressFault);
  const zoneFault = zoneAt < 0 ? null : escapeFault(literal.slice(zoneAt), 'zone');
  if (zoneFault !== null) return fault(zoneFault);
  const plain = unescaped(literal);
  if (parseIp(plain) !== null && !plain.includes(':')) return fault('invalid IP-literal');
  const addressPart = plain.split('%', 1)[0] ?? '';
  const zonePresent = addressPart !== plain;
  const isIpv6 = addressPart.includes(':') && parseIp(addressPart) !== null;
  if (!isIpv6 || (zonePresent && plain.length === addressPart.length + 1)) {
    return fault(`invalid host: ParseAddr(${goQuote(plain)}): unable to parse IP`);
  }
  return { kind: 'host', host: `[${plain}]${port}` };
}

function isOptionalPort(port: string): boolean {
  return port === '' || /^:\d*$/.test(port);
}

/** Go's text for the first bad escape or, in a host, the first character that may not stand there. */
function escapeFault(text: string, place: 'host' | 'zone' | 'other'): string | null {
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '%') {
      const triplet = text.slice(at, at + 3);
      if (!/^%[0-9a-fA-F]{2}$/.test(triplet)) return `invalid URL escape ${goQuote(triplet)}`;
      const octet = Number.parseInt(triplet.slice(1), 16);
      if (place === 'host' && octet < 0x80 && triplet !== '%25')
        return `invalid URL escape ${goQuote(triplet)}`;
      const strayInZone = place === 'zone' && triplet !== '%25' && octet !== 0x20;
      if (strayInZone && !mayStandInHost(String.fromCharCode(octet)))
        return `invalid URL escape ${goQuote(triplet)}`;
      at += 2;
    } else if (place !== 'other' && character < '\x80' && !mayStandInHost(character)) {
      return `invalid character ${goQuote(character)} in host name`;
    }
  }
  return null;
}

function mayStandInHost(character: string): boolean {
  return /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]$/.test(character);
}

function unescaped(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
