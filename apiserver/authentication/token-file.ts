import { MidplaneError } from '../../error';
import type { User } from '../authorize';
import { noOpinionOfToken, sharedAudiences, type TokenAuthenticator } from './token-verdict';

/**
 * --token-auth-file: lines of `token,user,uid,"group1,group2"`. Such a token is good for whatever the apiserver itself is.
 * Source: k8s.io/apiserver pkg/authentication/token/tokenfile/tokenfile.go.
 */
export function parseTokenFile(text: string, file: string): Map<string, User> {
  const users = new Map<string, User>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const record = csvFields(line);
    if (record.length < 3) {
      throw new MidplaneError(
        'CONFIG_INVALID',
        `token file '${file}' must have at least 3 columns (token, user name, user uid), found ${record.length}`,
        { hint: `mend line ${index + 1} of the file given to --token-auth-file` },
      );
    }
    const [token = '', name = '', uid = '', groups = ''] = record;
    // Upstream logs a warning for an empty token and goes on; of two lines with one token the last counts.
    if (token === '') continue;
    users.set(token, {
      name,
      uid,
      groups: groups === '' ? [] : groups.split(',').map((group) => group.trim()),
    });
  }
  return users;
}

/** RFC 4180, as Go's encoding/csv reads one line. */
function csvFields(line: string): string[] {
  const fields: string[] = [];
  const field = /\s*(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  let ended = false;
  while (!ended) {
    const match = field.exec(line);
    if (match === null) break;
    fields.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    ended = match[3] === '';
  }
  return fields;
}

export function tokenFileAuthenticator(
  users: ReadonlyMap<string, User>,
  apiAudiences: readonly string[],
): TokenAuthenticator {
  return (token, audiences) => {
    const user = users.get(token);
    const shared = sharedAudiences(apiAudiences, audiences);
    return user === undefined || shared.length === 0
      ? noOpinionOfToken
      : { kind: 'user', user, audiences: shared };
  };
}
