import { createHmac } from 'node:crypto';
import { MidplaneError } from '../error';

/**
 * Which host keys are believed: a known_hosts file as OpenSSH writes it (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), judged in
 * the words of golang.org/x/crypto/ssh/knownhosts. Pure.
 */
export interface KnownHosts {
  readonly lines: readonly KnownHost[];
}

interface KnownHost {
  readonly patterns: readonly string[];
  readonly revoked: boolean;
  /** The key in its wire form, base64. */
  readonly key: string;
}

/** Throws MidplaneError CONFIG_INVALID for a line that is none, naming the file and the line. */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const lines = text.split(/\r?\n/).flatMap((line, index): KnownHost[] => {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === '' || words[0]?.startsWith('#')) return [];
    const marker = words[0]?.startsWith('@') ? (words.shift() ?? '') : '';
    const [hosts = '', type = '', key = ''] = words;
    const problem = problemOf(marker, type, key);
    if (problem === null) return [{ patterns: hosts.split(','), revoked: marker === '@revoked', key }];
    throw new MidplaneError('CONFIG_INVALID', `${file}: line ${index + 1}: ${problem}`, {
      hint: 'each line is `<host> <key type> <key>`, as ssh-keyscan prints it',
    });
  });
  return { lines };
}

function problemOf(marker: string, type: string, key: string): string | null {
  if (marker === '@cert-authority') return 'certificates of hosts are not supported here: "@cert-authority"';
  if (marker !== '' && marker !== '@revoked') return `unknown marker ${JSON.stringify(marker)}`;
  if (type === '' || key === '') return 'want a host, a key type and a key';
  return typeOf(Buffer.from(key, 'base64')) === type
    ? null
    : `the key is not of the type that it is called: ${JSON.stringify(type)}`;
}

/** RFC 4253 §6.6: the key begins with the name of its type. */
function typeOf(key: Buffer): string | null {
  return key.length < 4 ? null : key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

/** Null when the key is one of this host's; else why not, as Go says it. */
export function judgeHostKey({ lines }: KnownHosts, host: string, port: number, key: Buffer): string | null {
  const shown = key.toString('base64');
  if (lines.some((line) => line.revoked && line.key === shown)) return 'knownhosts: key is revoked';
  const name = port === 22 ? host : `[${host}]:${port}`;
  const ofHost = lines.filter(({ revoked, patterns }) => !revoked && matches(patterns, name));
  if (ofHost.length === 0) return 'knownhosts: key is unknown';
  return ofHost.some((line) => line.key === shown) ? null : 'knownhosts: key mismatch';
}

function matches(patterns: readonly string[], name: string): boolean {
  const denied = patterns.some((pattern) => pattern.startsWith('!') && matchesOne(pattern.slice(1), name));
  return !denied && patterns.some((pattern) => matchesOne(pattern, name));
}

function matchesOne(pattern: string, name: string): boolean {
  if (pattern.startsWith('|1|')) return isHashOf(pattern, name);
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, 'i').test(name);
}

/** `|1|salt|hash`: HashKnownHosts of ssh_config(5). */
function isHashOf(pattern: string, name: string): boolean {
  const [, , salt = '', hash = ''] = pattern.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}
