import type { Document, Node } from 'yaml';
import { MidplaneError } from '../error';
import { type FilePlace, placeText } from '../report/outcome';

/** A YAML or JSON value that knows where it stands. */
export type Located = LocatedMap | LocatedList | LocatedScalar;

export interface LocatedMap {
  readonly kind: 'map';
  readonly at: FilePlace;
  readonly entries: readonly { readonly key: string; readonly at: FilePlace; readonly value: Located }[];
}

interface LocatedList {
  readonly kind: 'list';
  readonly at: FilePlace;
  readonly items: readonly Located[];
}

interface LocatedScalar {
  readonly kind: 'scalar';
  readonly at: FilePlace;
  /** Its lines are lines of the file, each as far in as `at`: a literal block (YAML 1.2 §8.1.2). */
  readonly isBlock: boolean;
  readonly value: unknown;
  /** As it was written, without quotes: `0600` and `1.10` are texts to a flag. */
  readonly text: string;
}

/** Aliases can make a small file endless. */
const MOST_VALUES = 50_000;
const DEEPEST = 100;

/** Every document of a file that is not empty. Throws MidplaneError CONFIG_INVALID with line and column. */
export function readLocated(text: string, file: string): Located[] {
  const { isScalar, LineCounter, parseAllDocuments } = require('yaml') as typeof import('yaml');
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, version: '1.1' });
  const placeOf = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (!Array.isArray(documents)) return [];
  const locate = new Locator(text, placeOf);
  return documents.flatMap((document: Document.Parsed) => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      const [said = ''] = problem.message.split('\n');
      throw new MidplaneError(
        'CONFIG_INVALID',
        `${placeText(placeOf(problem.pos[0]))}: not valid YAML: ${said.replace(/ at line.*/, '')}`,
        { hint: 'midplane check reads YAML, JSON, systemd units and command lines', cause: problem },
      );
    }
    const { contents } = document;
    const isEmpty = contents === null || (isScalar(contents) && contents.value === null);
    return isEmpty ? [] : [locate.value(contents, document)];
  });
}

class Locator {
  readonly #source: string;
  readonly #placeOf: (offset: number) => FilePlace;
  #left = MOST_VALUES;

  constructor(source: string, placeOf: (offset: number) => FilePlace) {
    this.#source = source;
    this.#placeOf = placeOf;
  }

  value(node: Node, document: Document, depth = 0): Located {
    const { isAlias, isMap, isScalar, isSeq } = require('yaml') as typeof import('yaml');
    const at = this.#placeOf(node.range?.[0] ?? 0);
    this.#left -= 1;
    if (this.#left < 0 || depth > DEEPEST) {
      throw new MidplaneError(
        'CONFIG_INVALID',
        `${placeText(at)}: more than ${MOST_VALUES} values, or more than ${DEEPEST} inside one another`,
        {
          hint: 'give the documents of kube-apiserver and kubelet alone',
        },
      );
    }
    if (isAlias(node)) {
      const meant = node.resolve(document);
      return meant === undefined ? nothing(at) : this.value(meant, document, depth + 1);
    }
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => {
        const keyNode = key as Node;
        const keyAt = this.#placeOf(keyNode.range?.[0] ?? 0);
        return {
          key: isScalar(keyNode) ? String(keyNode.source ?? keyNode.value) : '',
          at: keyAt,
          value: value === null ? nothing(keyAt) : this.value(value as Node, document, depth + 1),
        };
      });
      return { kind: 'map', at, entries };
    }
    if (isSeq(node))
      return {
        kind: 'list',
        at,
        items: node.items.map((item) => this.value(item as Node, document, depth + 1)),
      };
    if (!isScalar(node)) return nothing(at);
    const isBlock = node.type === 'BLOCK_LITERAL';
    return {
      kind: 'scalar',
      at: isBlock ? this.#firstLineBelow(node) : at,
      isBlock,
      value: node.value,
      text: String(node.source ?? node.value ?? ''),
    };
  }

  #firstLineBelow({ range }: Node): FilePlace {
    const line = this.#source.indexOf('\n', range?.[0] ?? 0) + 1;
    return this.#placeOf(line + this.#source.slice(line).search(/\S|$/));
  }
}

function nothing(at: FilePlace): LocatedScalar {
  return { kind: 'scalar', at, isBlock: false, value: null, text: '' };
}

/** What stands under these keys; null when nothing does. */
export function find(value: Located | null, ...path: readonly string[]): Located | null {
  const [key, ...rest] = path;
  if (key === undefined || value === null) return value;
  if (value.kind !== 'map') return null;
  return find(value.entries.find((entry) => entry.key === key)?.value ?? null, ...rest);
}

/** The text of a scalar; '' for anything else. */
export function textOf(value: Located | null): string {
  return value?.kind === 'scalar' ? value.text : '';
}

export function itemsOf(value: Located | null): readonly Located[] {
  return value?.kind === 'list' ? value.items : [];
}

/** The plain value, as programs take it. */
export function plain(value: Located): unknown {
  switch (value.kind) {
    case 'scalar':
      return value.value;
    case 'list':
      return value.items.map(plain);
    case 'map':
      return Object.fromEntries(value.entries.map(({ key, value: inner }) => [key, plain(inner)]));
  }
}
