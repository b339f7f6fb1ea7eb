import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Loot, LootRequest } from './loot';

/**
 * Credentials in what was captured, wherever they stand: in headers, subprotocols, queries, and in the texts of bodies and
 * answers, where a Secret, a TokenRequest or a kubeconfig may have passed. Text is searched, not parsed: it may be cut
 * off, or be JSON in YAML in a terminal. Pure.
 */
export type Credential =
  | { readonly kind: 'bearer'; readonly value: string; readonly from: string }
  /** A header as it was sent: `Authorization: Basic …`, `Cookie: …`. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string; readonly from: string }
  | {
      readonly kind: 'certificate';
      readonly subject: string;
      readonly certPem: string;
      readonly keyPem: string;
      readonly from: string;
    };

/** A victim can send as many as it likes. */
const MOST_CREDENTIALS = 8;
const MOST_SEARCHED = 1024 * 1024;
const MOST_PEM_BLOCKS = 16;
const MOST_ENCODED = 64;

export function credentialsIn(loot: Loot): Credential[] {
  const found: Credential[] = [];
  const add = (credential: Credential): void => {
    if (found.length >= MOST_CREDENTIALS || !isSendable(credential)) return;
    if (!found.some((it) => identityOf(it) === identityOf(credential))) found.push(credential);
  };
  for (const { value } of loot.credentials) add({ kind: 'bearer', value, from: 'a header' });
  for (const request of loot.requests) for (const credential of inHeaders(request)) add(credential);
  for (const request of loot.requests) {
    const where = `${request.method} ${request.path.split('?')[0]}`;
    const query = request.path.includes('?') ? request.path.slice(request.path.indexOf('?')) : '';
    for (const credential of inQuery(query, `the query of ${where}`)) add(credential);
    const texts = `${request.body}\n${request.stdin}\n${request.forwarded}`;
    for (const credential of inText(texts, `the body of ${where}`)) add(credential);
  }
  const answers = loot.down().subarray(0, MOST_SEARCHED).toString('latin1');
  for (const credential of inText(answers, 'an answer of the genuine endpoint')) add(credential);
  return found;
}

/** What people are told that it is; never the secret itself. */
export function credentialName(credential: Credential): string {
  switch (credential.kind) {
    case 'bearer':
      return `bearer token in ${credential.from}`;
    case 'header':
      return `${credential.name} in ${credential.from}`;
    case 'certificate':
      return `certificate of ${credential.subject} with its key in ${credential.from}`;
  }
}

/** Header values are bytes without line breaks; anything else would be somebody else's request. */
function isSendable(credential: Credential): boolean {
  if (credential.kind === 'certificate') return true;
  const allowed = credential.kind === 'bearer' ? /^[\x21-\x7e]{1,16384}$/ : /^[\x20-\x7e]{1,16384}$/;
  return allowed.test(credential.value);
}

function identityOf(credential: Credential): string {
  return credential.kind === 'certificate' ? credential.certPem : credential.value;
}

function inHeaders({ headers }: LootRequest): Credential[] {
  return headers.flatMap(([name, value]): Credential[] => {
    const known = /^cookie$/i.test(name) || (/^authorization$/i.test(name) && /^basic +\S/i.test(value));
    return known ? [{ kind: 'header', name, value, from: 'a request' }] : [];
  });
}

function inQuery(query: string, from: string): Credential[] {
  return [...new URLSearchParams(query)].flatMap(([name, value]): Credential[] =>
    /^(?:access_token|token|auth_token)$/i.test(name) ? [{ kind: 'bearer', value, from }] : [],
  );
}

/** RFC 7519: three parts in base64url, of which the first two are JSON objects. */
const JWT = /(?<![\w-])eyJ[\w-]{8,4096}\.eyJ[\w-]{2,8192}\.[\w-]{16,2048}/g;
/** `token: …` of a kubeconfig, `"token":"…"` of a TokenRequest. */
const NAMED = /["']?\btoken["']?\s{0,8}[:=]\s{0,8}["']?([\w.~+/-]{8,4096}=*)/gi;
/** k8s.io/cluster-bootstrap/token/api: BootstrapTokenPattern. */
const BOOTSTRAP = /(?<![\w.])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.])/g;
/** The two halves as data of a Secret, in either order. */
const TOKEN_ID = /"token-id"\s{0,8}:\s{0,8}"([A-Za-z0-9+/=]{4,16})"/;
const TOKEN_SECRET = /"token-secret"\s{0,8}:\s{0,8}"([A-Za-z0-9+/=]{16,40})"/;
/** The data of a Secret: a token, a key, a whole kubeconfig. */
const ENCODED = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40,65536}={0,2}/g;
const PEM = /-----BEGIN ([A-Z ]{3,40})-----[A-Za-z0-9+/=\s]{32,16384}?-----END \1-----/g;

function inText(text: string, from: string): Credential[] {
  // A line break inside JSON is two characters.
  const clear = text.replaceAll('\\n', '\n');
  const encoded = (clear.match(ENCODED) ?? []).slice(0, MOST_ENCODED).map(decodedBase64);
  // A kubeconfig holds its certificate in base64, and is itself the data of a Secret.
  const within = encoded.flatMap((it) => it.match(ENCODED) ?? []).slice(0, MOST_ENCODED);
  const texts = [clear, ...encoded, ...within.map(decodedBase64)];
  const tokens = texts.flatMap((it) => [
    ...(it.match(JWT) ?? []),
    ...bootstrapHalves(it),
    ...(it.match(BOOTSTRAP) ?? []),
    ...[...it.matchAll(NAMED)].map((match) => match[1] ?? '').filter(isInClear),
  ]);
  return [...pairsIn(texts, from), ...tokens.map((value): Credential => ({ kind: 'bearer', value, from }))];
}

function bootstrapHalves(text: string): string[] {
  const id = TOKEN_ID.exec(text)?.[1];
  const secret = TOKEN_SECRET.exec(text)?.[1];
  return id === undefined || secret === undefined ? [] : [`${decodedBase64(id)}.${decodedBase64(secret)}`];
}

/** A token that is the data of a Secret is found where it was decoded. */
function isInClear(value: string): boolean {
  return !value.startsWith('ZXlK');
}

function decodedBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

/** Certificates whose key stands in the same text. */
function pairsIn(texts: readonly string[], from: string): Credential[] {
  const blocks = texts.flatMap((it) => it.match(PEM) ?? []).slice(0, MOST_PEM_BLOCKS);
  const certificates = blocks.filter((it) => it.startsWith('-----BEGIN CERTIFICATE-----'));
  const keys = blocks.filter((it) => /^-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/.test(it));
  return certificates.flatMap((certPem): Credential[] => {
    const certificate = attempt(() => new X509Certificate(certPem));
    if (certificate === null) return [];
    const keyPem = keys.find(
      (pem) => attempt(() => certificate.checkPrivateKey(createPrivateKey(pem))) === true,
    );
    if (keyPem === undefined) return [];
    const subject = certificate.subject.split('\n').join(', ').slice(0, 200);
    return [{ kind: 'certificate', subject, certPem, keyPem, from }];
  });
}

function attempt<Value>(make: () => Value): Value | null {
  try {
    return make();
  } catch {
    return null;
  }
}
