/**
 * Text that fits a terminal. Rule: whatever came from outside (loot, error messages, names in certificates) passes
 * `printable` before it is laid out, so that an attacker's escape sequence never reaches the reader's terminal.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about
const sgrSequence = /\u001b\[[0-9;]*m/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: C0, DEL, C1, and the marks that reorder or hide text
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text on one line, with everything invisible spelled out. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same for words that people read as a sentence: line ends become blanks, and none are left at the ends. */
export function oneLine(text: string): string {
  return printable(text.trim().replace(/\s*[\r\n]+\s*/g, ' '));
}

/** Only ASCII, for terminals and log collectors that know nothing else. */
export function toAscii(text: string): string {
  return text
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/…/g, '...')
    .replace(/[–—]/g, '-')
    .replace(/→/g, '->')
    .replace(/[^\p{ASCII}]/gu, '?');
}

/** Columns the text takes; colour codes take none. The characters of our reports are all one column wide. */
export function widthOf(text: string): number {
  return [...text.replace(sgrSequence, '')].length;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** Cuts uncoloured text to a width, the ellipsis included. */
export function truncate(text: string, width: number, ellipsis: string): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const room = width - ellipsis.length;
  return room <= 0
    ? characters.slice(0, Math.max(0, width)).join('')
    : characters.slice(0, room).join('') + ellipsis;
}

/** Lines no wider than `width`. Breaks at blanks; a word that is longer than a line (a URL, say) is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((part) => pieces(part, width))) {
    if (line === '') line = word;
    else if (widthOf(line) + 1 + widthOf(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

function pieces(word: string, width: number): string[] {
  if (widthOf(word) <= width || word.includes('\u001b')) return [word];
  const characters = [...word];
  const cut: string[] = [];
  for (let at = 0; at < characters.length; at += width) cut.push(characters.slice(at, at + width).join(''));
  return cut;
}

/** A wrapped paragraph whose first line begins with `first` and whose others stand below its text. */
export function hanging(first: string, text: string, width: number): string[] {
  const indent = ' '.repeat(widthOf(first));
  return wrap(text, Math.max(20, width - indent.length)).map(
    (line, index) => (index === 0 ? first : indent) + line,
  );
}

/** `1 cell`, `2 cells`. */
export function counted(count: number, word: string): string {
  return `${count} ${count === 1 ? word : `${word}s`}`;
}
