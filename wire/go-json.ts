import { goQuote } from './go-quote';

/**
 * JSON as Go's encoding/json scans it: the same complaints, object members in their order with every repetition, and
 * numbers as they were written, because what they may be depends on the field that they are for.
 * Source of the texts: encoding/json scanner.go.
 */
export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] };

export type JsonMember = readonly [key: string, value: JsonNode];

export interface JsonSyntaxError {
  readonly kind: 'syntax-error';
  readonly text: string;
}

/** Go stops at 10,000; nothing that Kubernetes stores is nested that deep, and what follows here is recursive. */
const deepest = 1000;

export function parseGoJson(text: string): JsonNode | JsonSyntaxError {
  const scanner = new Scanner(text);
  try {
    return scanner.document();
  } catch (error) {
    if (error instanceof Complaint) return { kind: 'syntax-error', text: error.message };
    throw error;
  }
}

/** A value that is already there, as if it had been read. */
export function jsonNode(value: unknown): JsonNode {
  switch (typeof value) {
    case 'boolean':
      return { kind: 'bool', value };
    case 'number':
    case 'bigint':
      return { kind: 'number', text: String(value) };
    case 'string':
      return { kind: 'string', value };
  }
  if (Array.isArray(value)) return { kind: 'array', items: value.map(jsonNode) };
  if (typeof value !== 'object' || value === null) return { kind: 'null' };
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]): JsonMember => [key, jsonNode(member)]);
  return { kind: 'object', members };
}

/** The value that JSON.parse makes of it: the last of repeated keys counts. */
export function jsonValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'null':
      return null;
    case 'bool':
    case 'string':
      return node.value;
    case 'number':
      return Number(node.text);
    case 'array':
      return node.items.map(jsonValue);
    case 'object': {
      const value: Record<string, unknown> = {};
      for (const [key, member] of node.members) define(value, key, jsonValue(member));
      return value;
    }
  }
}

/** As an own property whatever it is called: `__proto__` is a key like any other. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** Never leaves this file. */
class Complaint extends Error {}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonNode {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#complain('after top-level value');
    return value;
  }

  #value(depth: number): JsonNode {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(this.#deeper(depth));
      case '[':
        return this.#array(this.#deeper(depth));
      case '"':
        return { kind: 'string', value: this.#string() };
      case 't':
        this.#literal('true');
        return { kind: 'bool', value: true };
      case 'f':
        this.#literal('false');
        return { kind: 'bool', value: false };
      case 'n':
        this.#literal('null');
        return { kind: 'null' };
    }
    return { kind: 'number', text: this.#number() };
  }

  #deeper(depth: number): number {
    if (depth >= deepest) this.#complain('exceeded max depth');
    this.#at++;
    return depth + 1;
  }

  #object(depth: number): JsonNode {
    const members: JsonMember[] = [];
    this.#skipSpace();
    if (this.#took('}')) return { kind: 'object', members };
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') this.#complain('looking for beginning of object key string');
      const key = this.#string();
      this.#skipSpace();
      if (!this.#took(':')) this.#complain('after object key');
      members.push([key, this.#value(depth)]);
      this.#skipSpace();
      if (this.#took('}')) return { kind: 'object', members };
      if (!this.#took(',')) this.#complain('after object key:value pair');
    }
  }

  #array(depth: number): JsonNode {
    const items: JsonNode[] = [];
    this.#skipSpace();
    if (this.#took(']')) return { kind: 'array', items };
    for (;;) {
      items.push(this.#value(depth));
      this.#skipSpace();
      if (this.#took(']')) return { kind: 'array', items };
      if (!this.#took(',')) this.#complain('after array element');
    }
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    for (this.#at++; ; this.#at++) {
      const character = this.#text[this.#at];
      if (character === '"') break;
      if (character === undefined || character < ' ') this.#complain('in string literal');
      if (character !== '\\') continue;
      escaped = true;
      this.#escape();
    }
    this.#at++;
    const raw = this.#text.slice(start, this.#at);
    return escaped ? withoutLoneSurrogates(JSON.parse(raw) as string) : raw.slice(1, -1);
  }

  #escape(): void {
    this.#at++;
    const escaped = this.#text[this.#at];
    if (escaped === undefined || !'bfnrt\\/"u'.includes(escaped)) this.#complain('in string escape code');
    if (escaped !== 'u') return;
    for (let digit = 0; digit < 4; digit++) {
      this.#at++;
      if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? ''))
        this.#complain('in \\u hexadecimal character escape');
    }
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#text[this.#at] !== expected)
        this.#complain(`in literal ${word} (expecting ${quoteCharacter(expected)})`);
      this.#at++;
    }
  }

  #number(): string {
    const start = this.#at;
    const negative = this.#took('-');
    if (!this.#took('0') && !this.#digits())
      this.#complain(negative ? 'in numeric literal' : 'looking for beginning of value');
    if (this.#took('.') && !this.#digits()) this.#complain('after decimal point in numeric literal');
    if (this.#took('e') || this.#took('E')) {
      if (!this.#took('+')) this.#took('-');
      if (!this.#digits()) this.#complain('in exponent of numeric literal');
    }
    return this.#text.slice(start, this.#at);
  }

  #digits(): boolean {
    const start = this.#at;
    while (/^[0-9]$/.test(this.#text[this.#at] ?? '')) this.#at++;
    return this.#at > start;
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #took(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #complain(context: string): never {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new Complaint('unexpected end of JSON input');
    // Go looks at bytes, and takes the first one of a longer character for a character of its own.
    const byte = Buffer.from(String.fromCodePoint(code)).at(0) ?? 0;
    throw new Complaint(`invalid character ${quoteCharacter(String.fromCharCode(byte))} ${context}`);
  }
}

/** scanner.go, quoteChar. */
function quoteCharacter(character: string): string {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  return `'${goQuote(character).slice(1, -1)}'`;
}

/** encoding/json, unquote: half a surrogate pair becomes the replacement character. */
function withoutLoneSurrogates(text: string): string {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) =>
    found.length === 2 ? found : '\ufffd',
  );
}
