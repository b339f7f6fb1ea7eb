/**
 * Bytes that are no text, within text: `\377` of printf and echo -e. From 128 on a byte is a lone surrogate, which no text has
 * (as Python's surrogateescape, PEP 383).
 */
const FIRST = 0xdc00;

export function rawByte(byte: number): string {
  return String.fromCharCode(byte < 0x80 ? byte : FIRST + byte);
}

export function bytesOfText(text: string): Buffer {
  const parts = text.split(/([\u{dc80}-\u{dcff}])/u);
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) - FIRST))),
  );
}
