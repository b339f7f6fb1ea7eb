import type { User } from '../authorize';

/**
 * The user that an authenticating proxy names in its headers; the proxy itself has been judged before.
 * Source: k8s.io/apiserver pkg/authentication/request/headerrequest/requestheader.go.
 */
export interface FrontProxyHeaders {
  readonly username: readonly string[];
  readonly group: readonly string[];
  readonly uid: readonly string[];
  readonly extraPrefix: readonly string[];
}

export function frontProxyUser(
  headers: readonly (readonly [name: string, value: string])[],
  wanted: FrontProxyHeaders,
): User | null {
  const values = (names: readonly string[]): string[] =>
    names.flatMap((name) =>
      headers.filter(([given]) => given.toLowerCase() === name.toLowerCase()).map(([, value]) => value),
    );
  const [name = ''] = values(wanted.username).filter((value) => value !== '');
  if (name === '') return null;
  const [uid = ''] = values(wanted.uid).filter((value) => value !== '');
  const extra = extraOf(headers, wanted.extraPrefix);
  return {
    name,
    groups: values(wanted.group),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** Keys in lower case and percent-decoded; what cannot be decoded is taken as it is. */
export function extraOf(
  headers: readonly (readonly [name: string, value: string])[],
  prefixes: readonly string[],
): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const prefix of prefixes) {
    for (const [name, value] of headers) {
      if (!name.toLowerCase().startsWith(prefix.toLowerCase())) continue;
      const key = decoded(name.slice(prefix.length).toLowerCase());
      extra[key] = [...(extra[key] ?? []), value];
    }
  }
  return extra;
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
