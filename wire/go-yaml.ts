import type { Alias, Document, LineCounter, Node, Pair, ParsedNode, Scalar, YAMLMap } from 'yaml';
import { type JsonMember, type JsonNode, parseGoJson } from './go-json';

/**
 * YAML as sigs.k8s.io/yaml turns it into JSON: YAML 1.1 (`yes` is true, `017` is 15) without its times, the first document
 * only, later keys over earlier ones.
 */
export interface GoYaml {
  readonly kind: 'yaml';
  readonly node: JsonNode;
  /** `line 2: key "a" already set in map`: what a strict reader minds. */
  readonly duplicates: readonly string[];
}

export interface GoYamlError {
  readonly kind: 'syntax-error';
  readonly text: string;
}

/** What aliases may multiply a document to. */
const mostAliasedNodes = 100_000;
const deepest = 1000;
/** What is said of a document that no parser should be given. */
export const tooDeep = 'yaml: exceeded max depth of 10000';

export function parseGoYaml(text: string): GoYaml | GoYamlError {
  // Most of what is called YAML is JSON: kubectl's apply patches are.
  const json = text.startsWith('{') ? parseGoJson(text) : null;
  if (json?.kind === 'object' && isPlain(json)) return { kind: 'yaml', node: asYaml(json), duplicates: [] };
  if (isTooDeep(text)) return { kind: 'syntax-error', text: tooDeep };
  // Loaded when the first YAML arrives.
  const yaml: typeof import('yaml') = require('yaml');
  const lines = new yaml.LineCounter();
  let document: Document.Parsed | undefined;
  try {
    const parsed = yaml.parseAllDocuments(text, {
      version: '1.1',
      uniqueKeys: false,
      prettyErrors: false,
      intAsBigInt: true,
      logLevel: 'silent',
      lineCounter: lines,
      customTags: (tags) => [...tags.filter((tag) => !isTime(tag)), octal],
    });
    document = Array.isArray(parsed) ? (parsed[0] as Document.Parsed | undefined) : undefined;
  } catch (error) {
    // The composer is recursive.
    if (error instanceof RangeError) return { kind: 'syntax-error', text: tooDeep };
    throw error;
  }
  if (document === undefined) return { kind: 'yaml', node: { kind: 'null' }, duplicates: [] };
  const wrong = document.errors[0];
  if (wrong !== undefined)
    return {
      kind: 'syntax-error',
      text: syntaxError(wrong.code, wrong.message, lines.linePos(wrong.pos[0])),
    };
  const converter = new Converter(yaml, document, lines);
  try {
    return { kind: 'yaml', node: converter.value(document.contents, 0), duplicates: converter.duplicates };
  } catch (error) {
    if (error instanceof Complaint) return { kind: 'syntax-error', text: error.message };
    throw error;
  }
}

/** No key twice anywhere. */
function isPlain(node: JsonNode): boolean {
  if (node.kind === 'array') return node.items.every(isPlain);
  if (node.kind !== 'object') return true;
  return (
    new Set(node.members.map(([key]) => key)).size === node.members.length &&
    node.members.every(([, value]) => isPlain(value))
  );
}

/** JSON after its way through YAML and back: keys in order, floats as numbers are written. */
function asYaml(node: JsonNode): JsonNode {
  switch (node.kind) {
    case 'number':
      return /^-?\d+$/.test(node.text) ? node : { kind: 'number', text: String(Number(node.text)) };
    case 'array':
      return { kind: 'array', items: node.items.map(asYaml) };
    case 'object':
      return inOrder(node.members.map(([key, value]): JsonMember => [key, asYaml(value)]));
  }
  return node;
}

/** encoding/json writes the keys of a map in order, so complaints come in that order. */
function inOrder(members: Iterable<JsonMember>): JsonNode {
  return { kind: 'object', members: [...members].sort(([a], [b]) => (a < b ? -1 : 1)) };
}

/** Before the parser sees it, because on brackets without end it spends seconds. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const bracket of text.match(/[[\]{}]/g) ?? []) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > 10_000) return true;
  }
  return false;
}

/** Never leaves this file. */
class Complaint extends Error {}

function isTime(tag: unknown): boolean {
  if (typeof tag !== 'object' || tag === null)
    return tag === 'timestamp' || tag === 'intTime' || tag === 'floatTime';
  const { tag: name, format } = tag as { tag?: string; format?: string };
  return format === 'TIME' || name === 'tag:yaml.org,2002:timestamp';
}

/** Of YAML 1.2, and yet read. */
const octal = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  format: 'OCT',
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text: string): bigint => {
    const digits = BigInt(text.replace(/^[-+]/, '').replaceAll('_', ''));
    return text.startsWith('-') ? -digits : digits;
  },
} as const;

/** libyaml's words where the parser's mean the same. */
const libyamlWords: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_SCALAR_START: 'found character that cannot start any token',
};

function syntaxError(code: string, message: string, { line }: { line: number }): string {
  // The composer is recursive, and tells of the stack's end as of any other error.
  if (/call stack/.test(message)) return tooDeep;
  const words = libyamlWords[code] ?? message.charAt(0).toLowerCase() + message.slice(1);
  return line > 1 ? `yaml: line ${line}: ${words}` : `yaml: ${words}`;
}

class Converter {
  readonly #yaml: typeof import('yaml');
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly duplicates: string[] = [];
  readonly #open = new Set<Node>();
  #aliased = 0;

  constructor(yaml: typeof import('yaml'), document: Document.Parsed, lines: LineCounter) {
    this.#yaml = yaml;
    this.#document = document;
    this.#lines = lines;
  }

  value(node: ParsedNode | Node | null, depth: number): JsonNode {
    if (depth > deepest) throw new Complaint(tooDeep);
    if (node === null) return { kind: 'null' };
    if (this.#open.size > 0 && ++this.#aliased > mostAliasedNodes)
      throw new Complaint('yaml: document contains excessive aliasing');
    if (this.#yaml.isAlias(node)) return this.#alias(node, (target) => this.value(target, depth + 1));
    if (this.#yaml.isScalar(node)) return scalar(node);
    if (this.#yaml.isSeq(node))
      return { kind: 'array', items: node.items.map((item) => this.value(item as Node | null, depth + 1)) };
    if (this.#yaml.isMap(node)) return inOrder(this.#members(node, depth + 1));
    return { kind: 'null' };
  }

  #members(map: YAMLMap, depth: number): JsonMember[] {
    const members = new Map<string, JsonNode>();
    const merged = new Map<string, JsonNode>();
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      if (this.#isMerge(pair.key)) {
        for (const [key, value] of this.#merge(pair.value, depth))
          if (!merged.has(key)) merged.set(key, value);
        continue;
      }
      const key = this.#key(pair.key);
      if (members.has(key)) this.#duplicate(pair.key, key);
      members.delete(key);
      members.set(key, this.value(pair.value, depth));
    }
    for (const [key, value] of merged) if (!members.has(key)) members.set(key, value);
    return [...members];
  }

  #isMerge(key: Node): boolean {
    return this.#yaml.isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
  }

  /** `<<`: a map, or a list of maps of which the first counts most. */
  #merge(node: Node | null, depth: number): JsonMember[] {
    if (this.#yaml.isAlias(node)) return this.#alias(node, (target) => this.#merge(target, depth + 1));
    if (this.#yaml.isMap(node)) return this.#members(node, depth + 1);
    if (this.#yaml.isSeq(node) && depth < deepest)
      return node.items.flatMap((item) => this.#merge(item as Node | null, depth + 1));
    throw new Complaint('yaml: map merge requires map or sequence of maps as the value');
  }

  #alias<T>(alias: Alias, read: (target: Node) => T): T {
    const target = alias.resolve(this.#document);
    if (target === undefined) throw new Complaint(`yaml: unknown anchor '${alias.source}' referenced`);
    if (this.#open.has(target)) throw new Complaint(`yaml: anchor '${alias.source}' value contains itself`);
    this.#open.add(target);
    const value = read(target);
    this.#open.delete(target);
    return value;
  }

  /** JSON has texts for keys. */
  #key(node: Node | null): string {
    if (this.#yaml.isCollection(node)) throw new Complaint('yaml: invalid map key');
    const value = this.value(node, deepest);
    switch (value.kind) {
      case 'string':
        return value.value;
      case 'number':
        return value.text;
      case 'bool':
        return String(value.value);
      case 'null':
        throw new Complaint('unsupported map key of type: %!s(<nil>), key: <nil>');
    }
    throw new Complaint('yaml: invalid map key');
  }

  #duplicate(node: Node | null, key: string): void {
    const at = this.#lines.linePos(node?.range?.[0] ?? 0).line;
    this.duplicates.push(`line ${at}: key ${JSON.stringify(key)} already set in map`);
  }
}

function scalar({ value }: Scalar): JsonNode {
  switch (typeof value) {
    case 'string':
      return { kind: 'string', value };
    case 'boolean':
      return { kind: 'bool', value };
    case 'bigint':
      // Beyond 64 bits Go takes it for a float.
      return {
        kind: 'number',
        text: value < 2n ** 64n && value >= -(2n ** 63n) ? String(value) : String(Number(value)),
      };
    case 'number':
      if (!Number.isFinite(value)) throw new Complaint(`json: unsupported value: ${infinite(value)}`);
      return { kind: 'number', text: String(value) };
  }
  if (value instanceof Uint8Array) return { kind: 'string', value: Buffer.from(value).toString('utf8') };
  return { kind: 'null' };
}

function infinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
