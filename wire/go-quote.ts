/** Go's `%q` (strconv.Quote): the form in which Go's messages show names that a stranger chose. */
export function goQuote(value: string | Buffer): string {
  const text = typeof value === 'string' ? value : decodeUtf8(value);
  let quoted = '"';
  for (const character of text) quoted += quoteCharacter(character);
  return `${quoted}"`;
}

/** `%q` of a list. */
export function goQuoteList(values: readonly string[]): string {
  return `[${values.map((value) => goQuote(value)).join(' ')}]`;
}

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and of the spaces only U+0020. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function quoteCharacter(character: string): string {
  const escaped = named[character];
  if (escaped !== undefined) return escaped;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xdc80 && code <= 0xdcff) return hexadecimal('x', code - 0xdc00, 2);
  if (printable.test(character)) return character;
  if (code < 0x20 || code === 0x7f) return hexadecimal('x', code, 2);
  return code < 0x10000 ? hexadecimal('u', code, 4) : hexadecimal('U', code, 8);
}

function hexadecimal(letter: string, code: number, digits: number): string {
  return `\\${letter}${code.toString(16).padStart(digits, '0')}`;
}

/** Like Go, octet by octet where it is not UTF-8: each such octet becomes the lone surrogate U+DC00 + octet. */
function decodeUtf8(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    text +=
      length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const character = bytes.toString('utf8', at, at + length);
  const roundTrips =
    at + length <= bytes.length && Buffer.from(character, 'utf8').equals(bytes.subarray(at, at + length));
  return roundTrips ? length : 0;
}
