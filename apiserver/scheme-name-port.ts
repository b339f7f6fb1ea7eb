/**
 * The name in a proxy URL: `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`. Forcing https takes all three parts; the port
 * may be empty in them. Source: k8s.io/apimachinery pkg/util/net/port_split.go (SplitSchemeNamePort).
 */
export interface SchemeNamePort {
  readonly scheme: '' | 'http' | 'https';
  readonly name: string;
  readonly port: string;
}

export function splitSchemeNamePort(id: string): SchemeNamePort | null {
  const parts = id.split(':');
  const [first = '', second = '', third = ''] = parts;
  switch (parts.length) {
    case 1:
      return first === '' ? null : { scheme: '', name: first, port: '' };
    case 2:
      return first === '' ? null : { scheme: '', name: first, port: second };
    case 3:
      if (second === '' || (first !== '' && first !== 'http' && first !== 'https')) return null;
      return { scheme: first, name: second, port: third };
  }
  return null;
}
