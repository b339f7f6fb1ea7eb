import { isFields } from '../../api/fields';

/**
 * A set of fields of an object, by path. A path element is written as in FieldsV1: `f:spec`, `k:{"name":"a"}`, `v:"x"`.
 * That a field is in the set says nothing of what is below it. Sets are never modified once they are shared.
 * Source: sigs.k8s.io/structured-merge-diff/v4 fieldpath/{set,serialize,path,element}.go.
 */
export interface FieldSet {
  readonly members: Set<string>;
  readonly children: Map<string, FieldSet>;
}

export type FieldPath = readonly string[];

export function emptySet(): FieldSet {
  return { members: new Set(), children: new Map() };
}

/** For who builds a set. */
export function insert(set: FieldSet, path: FieldPath): void {
  const last = path.at(-1);
  if (last === undefined) return;
  let at = set;
  for (const element of path.slice(0, -1)) {
    const child = at.children.get(element) ?? emptySet();
    at.children.set(element, child);
    at = child;
  }
  at.members.add(last);
}

export function isEmpty(set: FieldSet): boolean {
  return set.members.size === 0 && [...set.children.values()].every(isEmpty);
}

export function hasPath(set: FieldSet, path: FieldPath): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return false;
  if (rest.length === 0) return set.members.has(first);
  const child = set.children.get(first);
  return child !== undefined && hasPath(child, rest);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children);
  for (const [element, child] of b.children) {
    const known = children.get(element);
    children.set(element, known === undefined ? child : union(known, child));
  }
  return { members: new Set([...a.members, ...b.members]), children };
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const both = other === undefined ? null : intersection(child, other);
    if (both !== null && !isEmpty(both)) children.set(element, both);
  }
  return { members: new Set([...a.members].filter((element) => b.members.has(element))), children };
}

/** What is in `a` and not in `b`; what is below a field of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const rest = other === undefined ? child : difference(child, other);
    if (!isEmpty(rest)) children.set(element, rest);
  }
  return { members: new Set([...a.members].filter((element) => !b.members.has(element))), children };
}

/** Without these fields and all that is below them. */
export function without(set: FieldSet, paths: readonly FieldPath[]): FieldSet {
  let members = set.members;
  let children = set.children;
  for (const [first, ...rest] of paths) {
    if (first === undefined) continue;
    const child = children.get(first);
    if (rest.length === 0) {
      members = new Set([...members].filter((element) => element !== first));
      children = new Map([...children].filter(([element]) => element !== first));
    } else if (child !== undefined) {
      children = new Map(children).set(first, without(child, [rest]));
    }
  }
  return { members, children };
}

/** Every path, those of a level before those below it. */
export function pathsOf(set: FieldSet, prefix: FieldPath = []): FieldPath[] {
  const here = [...set.members].sort().map((element) => [...prefix, element]);
  const below = [...set.children].sort(([a], [b]) => (a < b ? -1 : 1));
  return [...here, ...below.flatMap(([element, child]) => pathsOf(child, [...prefix, element]))];
}

/** `.spec.containers[name="a"].image`: what conflicts are about. */
export function pathText(path: FieldPath): string {
  return path.map(elementText).join('');
}

function elementText(element: string): string {
  const written = element.slice(2);
  if (element.startsWith('f:')) return `.${written}`;
  if (element.startsWith('v:')) return `[=${written}]`;
  if (!element.startsWith('k:')) return `[${written}]`;
  const keys = Object.entries(JSON.parse(written) as Record<string, unknown>);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}

/** A node of FieldsV1 that is in the set says so with a dot, unless it is a leaf. */
export function fieldsV1(set: FieldSet): Record<string, unknown> {
  const elements = [...new Set([...set.members, ...set.children.keys()])].sort();
  const entries = elements.map((element) => {
    const child = set.children.get(element);
    if (child === undefined) return [element, {}] as const;
    const below = fieldsV1(child);
    return [element, set.members.has(element) ? { '.': {}, ...below } : below] as const;
  });
  return Object.fromEntries(entries);
}

/** Null when it is none. The same JSON is read once: stored objects are never modified. */
export function readFieldsV1(value: unknown): FieldSet | null {
  if (!isFields(value)) return null;
  const known = read.get(value);
  if (known !== undefined) return known;
  const set = emptySet();
  for (const [element, below] of Object.entries(value)) {
    if (element === '.') continue;
    if (!/^[fikv]:/.test(element) || !isReadable(element)) return null;
    if (!isFields(below)) return null;
    const keys = Object.keys(below);
    if (keys.length === 0 || keys.includes('.')) set.members.add(element);
    if (keys.some((key) => key !== '.')) {
      const child = readFieldsV1(below);
      if (child === null) return null;
      set.children.set(element, child);
    }
  }
  read.set(value, set);
  return set;
}

const read = new WeakMap<object, FieldSet>();

function isReadable(element: string): boolean {
  if (element.startsWith('f:')) return true;
  try {
    JSON.parse(element.slice(2));
    return true;
  } catch {
    return false;
  }
}
