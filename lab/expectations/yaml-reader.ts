import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml';
import { nearestNames } from '../../nearest';
import type { FilePlace } from '../../report/outcome';
import type { FileFault } from './expectations';

export interface Field {
  readonly name: string;
  readonly at: FilePlace;
  readonly value: Found;
}

/** A value of the file with the place where it stands. */
export interface Found {
  readonly node: Node | null;
  readonly at: FilePlace;
}

/**
 * Reads a small YAML or JSON document piece by piece. What does not fit becomes a fault with its line and column, and the
 * reading goes on: whoever mends the file sees all of them at once.
 */
export class YamlReader {
  readonly faults: FileFault[] = [];
  readonly #file: string;
  readonly #lines = new LineCounter();

  constructor(file: string) {
    this.#file = file;
  }

  /** The document's root; null when it is no YAML at all. */
  root(text: string): Found | null {
    const documents = parseAllDocuments<ParsedNode>(text, { lineCounter: this.#lines, prettyErrors: false });
    if (!Array.isArray(documents) || documents.length === 0) {
      this.fault(this.#place(0), 'the file is empty');
      return null;
    }
    const [document, second] = documents;
    for (const { pos, message } of document?.errors ?? []) this.fault(this.#place(pos[0]), lower(message));
    if (second !== undefined)
      this.fault(this.#place(second.range[0]), 'a second document: one file holds one');
    if (this.faults.length > 0 || document === undefined) return null;
    const resolve = (node: Node | null): Node | null =>
      isAlias(node) ? (node.resolve(document) ?? null) : node;
    this.#resolve = resolve;
    return this.#found(document.contents, this.#place(0));
  }

  #resolve: (node: Node | null) => Node | null = (node) => node;

  fault(at: FilePlace, text: string): void {
    this.faults.push({ at, text });
  }

  /** `unknown WHAT "word"`, with the nearest known words. */
  unknown(what: string, word: string, known: readonly string[], at: FilePlace): void {
    const near = nearestNames(word, known);
    const hint =
      near.length > 0
        ? `did you mean ${near.map((it) => `"${it}"`).join(' or ')}?`
        : `known: ${known.join(', ')}`;
    this.fault(at, `unknown ${what} "${word}"; ${hint}`);
  }

  /** The fields of a mapping by name, each one known. */
  fields(found: Found, what: string, known: readonly string[]): ReadonlyMap<string, Field> {
    const fields = new Map<string, Field>();
    if (!isMap(found.node)) {
      this.fault(found.at, `${what} is ${kindOf(found.node)}, not a mapping`);
      return fields;
    }
    for (const { key, value } of found.node.items) {
      const at = this.#placeOf(key as Node | null, found.at);
      const name = isScalar(key) ? String(key.value) : '';
      if (known.includes(name)) {
        fields.set(name, { name, at, value: this.#found(value as Node | null, at) });
      } else this.unknown(`field of ${what}`, name, known, at);
    }
    return fields;
  }

  items(found: Found, what: string): Found[] {
    if (isSeq(found.node)) return found.node.items.map((item) => this.#found(item as Node | null, found.at));
    this.fault(found.at, `${what} is ${kindOf(found.node)}, not a list`);
    return [];
  }

  /** A word, or a list of them. */
  words(found: Found, what: string): { readonly word: string; readonly at: FilePlace }[] {
    const each = isSeq(found.node) ? this.items(found, what) : [found];
    if (each.length === 0) this.fault(found.at, `${what} is an empty list`);
    return each.flatMap((item) => {
      const word = this.text(item, what);
      return word === null ? [] : [{ word, at: item.at }];
    });
  }

  text(found: Found, what: string): string | null {
    const value = scalar(found);
    if (typeof value === 'string') return value;
    this.fault(found.at, `${what} is ${kindOf(found.node)}, not a word${starHint(found.node)}`);
    return null;
  }

  flag(found: Found, what: string): boolean | null {
    const value = scalar(found);
    if (typeof value === 'boolean') return value;
    this.fault(found.at, `${what} is ${kindOf(found.node)}, not true or false`);
    return null;
  }

  /** The head of every document of ours. */
  head(fields: ReadonlyMap<string, Field>, kind: string, root: Found): void {
    for (const [name, wanted] of [
      ['apiVersion', 'midplane/v1'],
      ['kind', kind],
    ] as const) {
      const field = fields.get(name);
      if (field === undefined) this.fault(root.at, `no ${name}: write ${name}: ${wanted}`);
      else if (scalar(field.value) !== wanted) {
        this.fault(field.value.at, `${name} is "${String(scalar(field.value))}", not "${wanted}"`);
      }
    }
  }

  #found(node: Node | null, otherwise: FilePlace): Found {
    return { node: this.#resolve(node), at: this.#placeOf(node, otherwise) };
  }

  #placeOf(node: Node | null, otherwise: FilePlace): FilePlace {
    const start = node?.range?.[0];
    return start === undefined ? otherwise : this.#place(start);
  }

  #place(offset: number): FilePlace {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

export function scalar({ node }: Found): unknown {
  return isScalar(node) ? node.value : undefined;
}

function kindOf(node: Node | null): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'empty';
  return `"${String(node.value)}"`;
}

/** An unquoted star begins an alias in YAML. */
function starHint(node: Node | null): string {
  return node === null ? '; put a wildcard in quotes: "*"' : '';
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
