/** A certificate chain (leaf first) and the private key of its leaf, both PEM. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** One `-----BEGIN label-----` block. */
export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
  /** The `Key: value` lines before the data; a certificate that has any is not used as a trust anchor. */
  readonly headers: ReadonlyMap<string, string>;
}

/** One block as Go's pem.Encode writes it. RFC 7468 §2: 64 characters a line. */
export function pemText(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Every block that Go's encoding/pem finds in the text, in order; what it passes over is passed over here. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = 0; ; ) {
    const found = nextPemBlock(text, at);
    if (found === null) return blocks;
    blocks.push(found.block);
    at = found.next;
  }
}

const begin = '-----BEGIN ';
const end = '\n-----END ';
const dashes = '-----';

/**
 * The first block at or after `from`, and where to look for the one after it. The rules are those of Go's pem.Decode: a block
 * starts at the beginning of a line, the last BEGIN before an END counts, labels must be equal, and a block with a fault is
 * passed over up to its END.
 */
export function nextPemBlock(
  text: string,
  from: number,
): { readonly block: PemBlock; readonly next: number } | null {
  for (let at = from; ; ) {
    const endAt = text.indexOf(end, at);
    if (endAt < 0) return null;
    const found = blockEndingAt(text, at, endAt);
    if (found !== null) return found;
    at = endAt + end.length;
  }
}

function blockEndingAt(text: string, from: number, endAt: number): { block: PemBlock; next: number } | null {
  const before = text.slice(from, endAt).lastIndexOf(begin);
  const beginAt = from + before;
  if (before < 0 || (before > 0 && text[beginAt - 1] !== '\n')) return null;

  const typeLine = lineAt(text, beginAt + begin.length);
  if (!typeLine.text.endsWith(dashes)) return null;
  const label = typeLine.text.slice(0, -dashes.length);

  const headers = new Map<string, string>();
  let bodyAt = typeLine.next;
  for (;;) {
    if (bodyAt >= text.length) return null;
    const line = lineAt(text, bodyAt);
    const colon = line.text.indexOf(':');
    if (colon < 0) break;
    headers.set(line.text.slice(0, colon).trim(), line.text.slice(colon + 1).trim());
    bodyAt = line.next;
  }
  if (headers.size > 0 && bodyAt > endAt) return null;

  const trailer = lineAt(text, endAt + end.length);
  if (trailer.text !== label + dashes) return null;
  const der = bodyAt < endAt ? decodeBase64(text.slice(bodyAt, endAt)) : Buffer.alloc(0);
  return der === null ? null : { block: { label, der, headers }, next: trailer.next };
}

/** A line without its ending and without trailing blanks, and where the next line starts. */
function lineAt(text: string, at: number): { text: string; next: number } {
  const newline = text.indexOf('\n', at);
  if (newline < 0) return { text: withoutTrailingBlanks(text.slice(at)), next: text.length };
  const line = text.slice(at, newline);
  return { text: withoutTrailingBlanks(line.endsWith('\r') ? line.slice(0, -1) : line), next: newline + 1 };
}

/** A loop and not a regular expression: a line of a million blanks must cost a million steps. */
function withoutTrailingBlanks(line: string): string {
  let length = line.length;
  while (line[length - 1] === ' ' || line[length - 1] === '\t') length -= 1;
  return line.slice(0, length);
}

/** Standard alphabet with padding (Go's base64.StdEncoding); blanks and line ends are ignored. Null when it is not that. */
function decodeBase64(text: string): Buffer | null {
  const digits = text.replace(/[ \t\r\n]+/g, '');
  const wellFormed = digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits);
  return wellFormed ? Buffer.from(digits, 'base64') : null;
}
