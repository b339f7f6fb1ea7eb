/**
 * What a rule looks for, read from its text: the text itself, or `/a regular expression/`, `/…/i` without regard to case.
 * The expressions are the regular ones and no more, so that they can be looked for in a stream: no back references, no
 * looking around. They run over bytes; a character outside ASCII is its bytes in UTF-8, and `.` takes all of them.
 */
export type PatternNode =
  /** One byte out of 256. */
  | { readonly kind: 'byte'; readonly set: readonly boolean[] }
  | { readonly kind: 'all'; readonly nodes: readonly PatternNode[] }
  | { readonly kind: 'any'; readonly nodes: readonly PatternNode[] }
  /** `most` null: without end. */
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly least: number;
      readonly most: number | null;
    };

export interface PatternTree {
  readonly kind: 'pattern';
  readonly root: PatternNode;
  /** `^`: only where a line begins. */
  readonly atLineStart: boolean;
  /** `$`: only where a line ends. */
  readonly atLineEnd: boolean;
}

export interface MalformedPattern {
  readonly kind: 'malformed';
  /** What is wrong, as a clause. */
  readonly text: string;
}

const MOST_REPEATS = 255;

export function readPattern(text: string): PatternTree | MalformedPattern {
  const expression = /^\/(.*)\/([a-z]*)$/s.exec(text);
  if (expression === null) {
    if (text === '') return { kind: 'malformed', text: 'is empty' };
    return { kind: 'pattern', root: literal(text, false), atLineStart: false, atLineEnd: false };
  }
  const [, body = '', flags = ''] = expression;
  if (flags !== '' && flags !== 'i') {
    const plain = text.replaceAll('/', '\\/');
    return {
      kind: 'malformed',
      text: `has the flag "${flags}": only i is known (a path is written /${plain}/)`,
    };
  }
  try {
    return new Reader(body, flags === 'i').read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { kind: 'malformed', text: error.message };
  }
}

/** Stays inside this file: carries the text out of the reader. */
class Unreadable extends Error {}

class Reader {
  readonly #text: string;
  readonly #ignoreCase: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, ignoreCase: boolean) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
  }

  read(): PatternTree {
    const atLineStart = this.#take('^');
    const root = this.#alternatives();
    const atLineEnd = this.#take('$');
    if (this.#at < this.#text.length) {
      throw new Unreadable(
        this.#peek() === ')' ? 'has a ) too many' : 'has a $ that is not at its end (write \\$ for a dollar)',
      );
    }
    return { kind: 'pattern', root, atLineStart, atLineEnd };
  }

  #alternatives(): PatternNode {
    const nodes = [this.#sequence()];
    while (this.#take('|')) nodes.push(this.#sequence());
    return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: 'any', nodes };
  }

  #sequence(): PatternNode {
    const nodes: PatternNode[] = [];
    for (let next = this.#peek(); next !== '' && !'|)$'.includes(next); next = this.#peek()) {
      nodes.push(this.#repeated(this.#atom()));
    }
    return { kind: 'all', nodes };
  }

  #repeated(node: PatternNode): PatternNode {
    const bounds = this.#bounds();
    if (bounds === null) return node;
    if ('?+*'.includes(this.#peek() || ' ')) {
      throw new Unreadable(`has "${this.#peek()}" behind a quantifier: the longest match is taken, always`);
    }
    return { kind: 'repeat', node, ...bounds };
  }

  #bounds(): { least: number; most: number | null } | null {
    if (this.#take('*')) return { least: 0, most: null };
    if (this.#take('+')) return { least: 1, most: null };
    if (this.#take('?')) return { least: 0, most: 1 };
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at));
    if (counted === null) return null;
    this.#at += counted[0].length;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] === '' ? null : Number(counted[3]);
    if (Math.max(least, most ?? 0) > MOST_REPEATS || (most !== null && most < least)) {
      throw new Unreadable(`has ${counted[0]}: at most ${MOST_REPEATS} times, the smaller number first`);
    }
    return { least, most };
  }

  #atom(): PatternNode {
    const next = this.#next();
    switch (next) {
      case '(':
        return this.#group();
      case '[':
        return this.#characterClass();
      case '.':
        return anyCharacter((byte) => byte !== 0x0a);
      case '\\':
        return this.#escape();
      case '^':
        throw new Unreadable('has a ^ that is not at its beginning (write \\^ for the character)');
      case '*':
      case '+':
      case '?':
        throw new Unreadable(`has a ${next} behind nothing (write \\${next} for the character)`);
      default:
        return literal(next, this.#ignoreCase);
    }
  }

  #group(): PatternNode {
    if (this.#take('?') && !this.#take(':')) {
      throw new Unreadable('has a group that begins with (?: only (?:…) is known');
    }
    this.#depth += 1;
    if (this.#depth > 50) throw new Unreadable('has too many groups inside each other');
    const node = this.#alternatives();
    this.#depth -= 1;
    if (!this.#take(')')) {
      throw new Unreadable(
        this.#peek() === '$' ? 'has a $ that is not at its end (write \\$ for a dollar)' : 'lacks a )',
      );
    }
    return node;
  }

  #escape(): PatternNode {
    const name = this.#next();
    const known = CLASSES[name.toLowerCase()];
    if (known !== undefined && name !== '') {
      return name === name.toLowerCase() ? one(known) : anyCharacter((byte) => !known(byte));
    }
    const meant = this.#escaped(name);
    return one((byte) => byte === meant);
  }

  /** The byte that an escape stands for. */
  #escaped(name: string): number {
    if (Object.hasOwn(CONTROLS, name)) return CONTROLS[name] ?? 0;
    if (name === 'x') {
      const digits = /^[0-9a-fA-F]{2}/.exec(this.#text.slice(this.#at))?.[0];
      if (digits === undefined) throw new Unreadable('has \\x without two hexadecimal digits');
      this.#at += 2;
      return Number.parseInt(digits, 16);
    }
    if (!/^[!-/:-@[-`{-~]$/.test(name)) {
      throw new Unreadable(
        `has \\${name}: known are \\d \\w \\s \\D \\W \\S \\n \\r \\t \\e \\xHH and signs`,
      );
    }
    return name.charCodeAt(0);
  }

  #characterClass(): PatternNode {
    const negated = this.#take('^');
    const holds = new Array<boolean>(256).fill(false);
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#at >= this.#text.length) throw new Unreadable('lacks a ]');
      this.#classItem(holds);
    }
    this.#at += 1;
    const has = (byte: number): boolean =>
      holds[byte] === true || (this.#ignoreCase && holds[flip(byte)] === true);
    return negated ? anyCharacter((byte) => !has(byte)) : one(has);
  }

  #classItem(holds: boolean[]): void {
    const from = this.#classByte();
    if (typeof from === 'function') {
      for (let byte = 0; byte < 256; byte += 1) if (from(byte)) holds[byte] = true;
      return;
    }
    const isRange = this.#peek() === '-' && !['', ']'].includes(this.#text[this.#at + 1] ?? '');
    if (isRange) this.#at += 1;
    const to = isRange ? this.#classByte() : from;
    if (typeof to === 'function' || to < from) throw new Unreadable('has a range in [] that leads nowhere');
    for (let byte = from; byte <= to; byte += 1) holds[byte] = true;
  }

  #classByte(): number | ((byte: number) => boolean) {
    const next = this.#next();
    if (next.length > 1 || next.charCodeAt(0) > 0x7f) {
      throw new Unreadable(`has "${next}" in []: only ASCII goes there, write (?:…|…)`);
    }
    if (next !== '\\') return next.charCodeAt(0);
    const name = this.#next();
    return CLASSES[name] ?? this.#escaped(name);
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  /** One character, also of two code units. */
  #next(): string {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) throw new Unreadable('ends with a \\');
    const character = String.fromCodePoint(point);
    this.#at += character.length;
    return character;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }
}

const CLASSES: Readonly<Record<string, (byte: number) => boolean>> = {
  d: (byte) => byte >= 0x30 && byte <= 0x39,
  w: (byte) => /\w/.test(String.fromCharCode(byte)),
  s: (byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d),
};

const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, e: 27 };

function literal(text: string, ignoreCase: boolean): PatternNode {
  const nodes = [...Buffer.from(text)].map((wanted) =>
    one((byte) => byte === wanted || (ignoreCase && byte === flip(wanted))),
  );
  return { kind: 'all', nodes };
}

function one(holds: (byte: number) => boolean): PatternNode {
  return { kind: 'byte', set: Array.from({ length: 256 }, (_, byte) => holds(byte)) };
}

/** A character of UTF-8 (RFC 3629): of those in one byte only some. */
function anyCharacter(ofAscii: (byte: number) => boolean): PatternNode {
  const tail = one((byte) => byte >= 0x80 && byte <= 0xbf);
  const lead = (from: number, to: number): PatternNode => one((byte) => byte >= from && byte <= to);
  return {
    kind: 'any',
    nodes: [
      one((byte) => byte < 0x80 && ofAscii(byte)),
      { kind: 'all', nodes: [lead(0xc2, 0xdf), tail] },
      { kind: 'all', nodes: [lead(0xe0, 0xef), tail, tail] },
      { kind: 'all', nodes: [lead(0xf0, 0xf4), tail, tail, tail] },
    ],
  };
}

/** The other case of an ASCII letter. */
function flip(byte: number): number {
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return isLetter ? byte ^ 0x20 : byte;
}
