import { isUtf8 } from 'node:buffer';

/**
 * What of two runs can be compared: docs/seeds.md says what no seed repeats, and why. Here that is put aside, so that two
 * runs with one seed are the same.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: what no text has, but for tab, line ends and escape
export const NO_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f\ufffd]/;

type Rule = readonly [found: RegExp, written: string];

/** The clock, what depends on it, and what OpenSSL, kubectl and the operating system choose. */
const unrepeatable: readonly Rule[] = [
  [/-----BEGIN ([A-Z ]+)-----[^-]*-----END [A-Z ]+-----/g, 'PEM'],
  [/(?<=\bX509SHA256=)[0-9a-f]{64}\b/g, 'FINGERPRINT'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'TIME'],
  [/\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000/g, 'TIME'],
  // As a value of JSON, which is to stay JSON; and anywhere.
  [/(?<=[:[,])1\d{9}(\.\d+|\d{3})?(?=[,\]}])/g, '"TIME"'],
  [/\b1\d{9}(\.\d+|\d{3})?\b/g, 'TIME'],
  // Names of events: nanoseconds since 1970; their uids come from them.
  [/(?<=\.)1[0-9a-f]{15}\b/g, 'TIME'],
  [/(?<="uid":")[0-9a-f-]{36}(?="[^{}]*\},"involvedObject")/g, 'UID'],
  [/\bin \S+ \(\S+ including waiting\)/g, 'in TIME'],
  [/(?<=\d+\.\d+\.\d+\.\d+:)[3-6]\d{4}\b/g, 'PORT'],
  [/(?<="address":"[^"]*","port":)[3-6]\d{4}\b/g, '"PORT"'],
  [/(?<=resourceVersion=)\d+/g, 'VERSION'],
  [/(?<=\bresourceVersion )\d+ → \d+/g, 'VERSION'],
  [/(?<="resourceVersion": ?")\d+(?=")/g, 'VERSION'],
  [/(?<=^(Sec-WebSocket-(Key|Accept)|Kubectl-Session): )\S+/gim, 'RANDOM'],
  // Of metrics: what was used up goes by the clock, and the size of files by that of signatures.
  [/(?<=\w_(?:bytes|seconds|seconds_total)(?:\{[^}]*\})? )\d+(\.\d+)?/g, 'AMOUNT'],
  // Of what is signed the length varies, by the zeros that DER leaves out.
  [/(?<=^Content-Length: )\d+/gim, 'LENGTH'],
  [/^[0-9a-f]{1,8}\r$/gim, 'LENGTH'],
];

/** What comes from a seed, and so differs where there was none, or another. */
const random: readonly Rule[] = [
  [/(?<=[:[,])\d{15,}(?=[,\]}])/g, '"RANDOM"'],
  // Canaries, whatever follows them.
  [/(?<=\b(?:up|down|forged|tampered)-)[0-9a-f]{16}/g, 'RANDOM'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UUID'],
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, 'TOKEN'],
  [/\b(?=\w*\d)[0-9a-f]{8,}\b/g, 'RANDOM'],
  [/\b(?=[\w+/-]{0,40}\d)(?=[\w+/-]{0,40}[a-z])(?=[\w+/-]{0,40}[A-Z])[\w+/-]{24,}={0,2}/g, 'RANDOM'],
  [/\b\d{15,}\b/g, 'RANDOM'],
  // generateName's suffixes; the alphabet is of apimachinery/pkg/util/rand.
  [/(?<=-)(?!https\b)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, 'RANDOM'],
  // Of 10.96.0.0/12; those of kubernetes and kube-dns are chosen by nobody.
  [/\b10\.(?!96\.0\.10?\b)(9[6-9]|10\d|11[01])\.\d+\.\d+\b/g, 'ADDRESS'],
  [/(?<="token-id":"|\bsystem:bootstrap:|\b(?:bootstrap-token|jws-kubeconfig)-)[a-z0-9]{6}\b/g, 'TOKEN'],
  [/(?<="nodePort":)\d+/g, '"PORT"'],
];

export interface Comparing {
  /** Both have the same seed: what comes from it is compared too. */
  readonly sameSeed: boolean;
}

export function comparableText(text: string, { sameSeed }: Comparing = { sameSeed: true }): string {
  const rules = sameSeed ? unrepeatable : [...unrepeatable, ...random];
  const told = text
    .replace(/\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, tokenInWords)
    // Detached, as of cluster-info: over what has a certificate in it.
    .replace(/\beyJ[\w-]+\.\.[\w-]+/g, 'JWS')
    .replace(BASE64, (base64) => wordsInBase64(base64, { sameSeed }));
  return rules.reduce((before, [found, written]) => before.replace(found, written), told);
}

/** The same of any JSON; as text, should it be none any more. */
export function comparable(value: unknown, comparing?: Comparing): unknown {
  // What stands in a string may be JSON too, and is read before its quotes are escaped.
  const leaf = (_: string, it: unknown) => (typeof it === 'string' ? comparableText(it, comparing) : it);
  const text = comparableText(JSON.stringify(value, leaf), comparing);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** In quotes also what is short. */
const BASE64 =
  /(?<=")(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?=")|\b(?:[A-Za-z0-9+/]{4}){10,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/g;

/** Text in base64, as secrets and requests for certificates have it, is compared as text; on one line, as it was. */
function wordsInBase64(base64: string, comparing: Comparing): string {
  const bytes = Buffer.from(base64, 'base64');
  if (!isUtf8(bytes)) return base64;
  const text = bytes.toString('utf8');
  return NO_TEXT.test(text) ? base64 : JSON.stringify(comparableText(text, comparing)).slice(1, -1);
}

/** A signed token: whose it is. When it was issued and its signature are not to be compared. */
function tokenInWords(token: string): string {
  const [, payload = ''] = token.split('.');
  try {
    const { sub = '?', jti } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const of = jti === undefined ? sub : `${sub}, ${jti}`;
    return `JWT(${JSON.stringify(of).slice(1, -1)})`;
  } catch {
    return 'JWT';
  }
}

/**
 * What the components of a cluster ask the apiserver of their own accord goes by their clocks, and over whichever of their
 * connections is free.
 */
export function isOfComponents(connection: string | null): boolean {
  return /^(control-plane|node-[12])>10\.0\.0\.10:6443#/.test(connection ?? '');
}
