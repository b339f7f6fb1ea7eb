import type { Document, LineCounter, Node, Pair, YAMLMap, YAMLParseError } from 'yaml';
import { jsonValue } from './go-json';
import { parseGoYaml, tooDeep } from './go-yaml';

/** Both from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Names of fields and numbers of items, from the top of the document. */
export type DocumentPath = readonly (string | number)[];

/** A document with what parseGoYaml makes of it, that still knows where everything stood. */
export interface LocatedYaml {
  readonly kind: 'yaml';
  readonly value: unknown;
  /** Of a value; of the nearest thing around it, where there is no such value. */
  valueAt(path: DocumentPath): TextPlace;
  /** Of the name of a field. */
  nameAt(path: DocumentPath): TextPlace;
}

export interface LocatedYamlError {
  readonly kind: 'syntax-error';
  readonly text: string;
  readonly at: TextPlace;
}

const start: TextPlace = { line: 1, column: 1 };

/** Stricter than parseGoYaml in two things: a key said twice and a second document are errors. */
export function parseLocatedYaml(text: string): LocatedYaml | LocatedYamlError {
  const read = parseGoYaml(text);
  if (read.kind === 'syntax-error' && read.text === tooDeep) return { ...read, at: start };
  const parsed = parseNodes(text);
  if (parsed === null) {
    return { kind: 'syntax-error', text: read.kind === 'yaml' ? tooDeep : read.text, at: start };
  }
  const { document, lines } = parsed;
  const place = (offset: number): TextPlace => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const [wrong] = document.errors;
  if (read.kind === 'syntax-error') {
    return { kind: 'syntax-error', text: read.text, at: wrong === undefined ? start : place(wrong.pos[0]) };
  }
  if (wrong !== undefined) return { kind: 'syntax-error', text: told(wrong), at: place(wrong.pos[0]) };
  const find = (path: DocumentPath, what: 'name' | 'value'): TextPlace => {
    const offset = offsetOf(document, path, what);
    return offset === null ? start : place(offset);
  };
  return {
    kind: 'yaml',
    value: jsonValue(read.node),
    valueAt: (path) => find(path, 'value'),
    nameAt: (path) => find(path, 'name'),
  };
}

function told({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document: one file holds one';
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** Null: nested deeper than the parser's stack. */
function parseNodes(text: string): { document: Document.Parsed; lines: LineCounter } | null {
  const yaml: typeof import('yaml') = require('yaml');
  const lines = new yaml.LineCounter();
  try {
    const options = { version: '1.1', uniqueKeys: true, prettyErrors: false } as const;
    return { document: yaml.parseDocument(text, { ...options, lineCounter: lines }), lines };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** As far as the path can be followed. */
function offsetOf(document: Document.Parsed, path: DocumentPath, what: 'name' | 'value'): number | null {
  const yaml: typeof import('yaml') = require('yaml');
  const resolved = (node: unknown): unknown => (yaml.isAlias(node) ? node.resolve(document) : node);
  let node: unknown = resolved(document.contents);
  let offset = offsetOfNode(node);
  for (const [index, step] of path.entries()) {
    if (yaml.isSeq(node) && typeof step === 'number') {
      node = resolved(node.items[step]);
    } else if (yaml.isMap(node)) {
      const pair = pairOf(node, String(step));
      if (pair === undefined) return offset;
      const isLast = index === path.length - 1;
      const name = offsetOfNode(pair.key);
      node = resolved(pair.value);
      // A field without a value has no place of its own.
      if ((isLast && what === 'name') || offsetOfNode(node) === null) return name ?? offset;
    } else return offset;
    offset = offsetOfNode(node) ?? offset;
  }
  return offset;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => {
    const value = (key as { value?: unknown } | null)?.value ?? key;
    return String(value) === name;
  });
}

function offsetOfNode(node: unknown): number | null {
  return (node as Node | null | undefined)?.range?.[0] ?? null;
}
