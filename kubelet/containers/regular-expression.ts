import { readBracket } from './shell-pattern';

/**
 * POSIX regular expressions (POSIX.1-2017, 9), basic and extended, without back-references. All ways to match go along together,
 * so time grows with the product of the lengths and no faster, whatever the expression: the thread is everybody's.
 */
type Node =
  | { readonly kind: 'char'; readonly test: (char: string) => boolean; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'here'; readonly test: (text: string, at: number) => boolean; next: number }
  /** Where a group begins (2n) or ends (2n + 1). */
  | { readonly kind: 'mark'; readonly slot: number; next: number }
  | { readonly kind: 'match' };

export interface Match {
  readonly start: number;
  readonly end: number;
}

export type CompiledExpression =
  | {
      readonly kind: 'expression';
      /** How many parenthesised groups it has. */
      readonly groups: number;
      find(text: string, from?: number): Match | null | 'too long';
      /** What each group matched within a match, the first at 0; null: it had no part in it. */
      groupsOf(text: string, match: Match): readonly (string | null)[];
    }
  | { readonly kind: 'expression-problem'; readonly text: string };

type Tree =
  | { readonly kind: 'char'; readonly test: (char: string) => boolean }
  | { readonly kind: 'here'; readonly test: (text: string, at: number) => boolean }
  | { readonly kind: 'group'; readonly part: Tree; readonly number: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly least: number; readonly most: number };

const MOST_NODES = 2000;
const MOST_STEPS = 4_000_000;
const DEEPEST = 50;
const SHORTHANDS: Readonly<Record<string, RegExp>> = { w: /^\w$/, W: /^\W$/, s: /^\s$/, S: /^\S$/ };
const wordAt = (text: string, at: number): boolean => /^\w$/.test(text.charAt(at));
/** GNU's, which busybox has from its C library. */
const PLACES: Readonly<Record<string, (text: string, at: number) => boolean>> = {
  b: (text, at) => wordAt(text, at - 1) !== wordAt(text, at),
  B: (text, at) => wordAt(text, at - 1) === wordAt(text, at),
  '<': (text, at) => !wordAt(text, at - 1) && wordAt(text, at),
  '>': (text, at) => wordAt(text, at - 1) && !wordAt(text, at),
};

class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export function compileExpression(
  source: string,
  { extended, ignoreCase = false }: { extended: boolean; ignoreCase?: boolean },
): CompiledExpression {
  try {
    const reader = new Reader(ignoreCase ? lowered(source) : source, extended);
    const tree = reader.all();
    const nodes: Node[] = [{ kind: 'match' }];
    const first = build(tree, 0, nodes);
    return {
      kind: 'expression',
      groups: reader.groups,
      find: (text, from = 0) => search(nodes, first, ignoreCase ? lowered(text) : text, from),
      groupsOf: (text, match) => {
        const marks = marksOf(nodes, first, ignoreCase ? lowered(text) : text, match);
        return Array.from({ length: reader.groups }, (_, index) => {
          const [start, end] = [marks[2 * index], marks[2 * index + 1]];
          return start === undefined || end === undefined ? null : text.slice(start, end);
        });
      },
    };
  } catch (problem) {
    if (problem instanceof Problem) return { kind: 'expression-problem', text: problem.text };
    throw problem;
  }
}

/** As long as before, so that places stay where they are. */
function lowered(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.replace(/[A-Z]/g, (it) => it.toLowerCase());
}

class Reader {
  groups = 0;
  readonly #source: string;
  readonly #extended: boolean;
  #at = 0;
  #depth = 0;

  constructor(source: string, extended: boolean) {
    this.#source = source;
    this.#extended = extended;
  }

  all(): Tree {
    const tree = this.#choice();
    if (this.#at < this.#source.length) throw new Problem('Unmatched ) or \\)');
    return tree;
  }

  /** `(`, `{`, `|`, … as this kind of expression spells them. */
  #is(operator: string): boolean {
    const spelled = this.#extended || operator === '*' ? operator : `\\${operator}`;
    return this.#source.startsWith(spelled, this.#at);
  }

  #take(operator: string): boolean {
    if (!this.#is(operator)) return false;
    this.#at += this.#extended || operator === '*' ? 1 : 2;
    return true;
  }

  #choice(): Tree {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new Problem('Regular expression too big');
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth -= 1;
    return { kind: 'choice', parts };
  }

  #sequence(): Tree {
    const parts: Tree[] = [];
    while (this.#at < this.#source.length && !this.#is('|') && !this.#is(')'))
      parts.push(this.#repeated(parts.length === 0));
    return { kind: 'sequence', parts };
  }

  #repeated(isFirst: boolean): Tree {
    let part = this.#one(isFirst);
    for (;;) {
      if (this.#take('*')) part = { kind: 'repeat', part, least: 0, most: Number.POSITIVE_INFINITY };
      else if (this.#take('+')) part = { kind: 'repeat', part, least: 1, most: Number.POSITIVE_INFINITY };
      else if (this.#take('?')) part = { kind: 'repeat', part, least: 0, most: 1 };
      else if (this.#is('{')) {
        const bounds = (
          this.#extended ? /^\{(\d{0,3})(,?)(\d{0,3})\}/ : /^\\\{(\d{0,3})(,?)(\d{0,3})\\\}/
        ).exec(this.#source.slice(this.#at, this.#at + 16));
        if (bounds === null) throw new Problem('Invalid content of \\{\\}');
        this.#at += bounds[0].length;
        const least = Number(bounds[1] ?? 0);
        const most =
          bounds[2] === '' ? least : bounds[3] === '' ? Number.POSITIVE_INFINITY : Number(bounds[3]);
        part = { kind: 'repeat', part, least, most };
      } else return part;
    }
  }

  #one(isFirst: boolean): Tree {
    if (this.#take('(')) {
      const number = this.groups;
      this.groups += 1;
      const part = this.#choice();
      if (!this.#take(')')) throw new Problem('Unmatched ( or \\(');
      return { kind: 'group', part, number };
    }
    const char = this.#source.charAt(this.#at);
    if (char === '[') {
      const set = readBracket(this.#source, this.#at, false);
      if (set === null) throw new Problem('Unmatched [, [^, [:, [., or [=');
      this.#at = set.end;
      return { kind: 'char', test: (it) => set.has(it) !== set.negated };
    }
    this.#at += 1;
    if (char === '.') return { kind: 'char', test: () => true };
    if (char === '^' && (this.#extended || isFirst)) return { kind: 'here', test: (_, at) => at === 0 };
    if (
      char === '$' &&
      (this.#extended || this.#at === this.#source.length || this.#is(')') || this.#is('|'))
    )
      return { kind: 'here', test: (text, at) => at === text.length };
    if (char !== '\\') return { kind: 'char', test: (it) => it === char };
    const escaped = this.#source.charAt(this.#at);
    if (escaped === '') throw new Problem('Trailing backslash');
    // Their time grows without bounds.
    if (/[1-9]/.test(escaped)) throw new Problem('Invalid back reference: not supported in a pattern');
    this.#at += 1;
    const place = PLACES[escaped];
    if (place !== undefined) return { kind: 'here', test: place };
    const shorthand = SHORTHANDS[escaped];
    return {
      kind: 'char',
      test: shorthand === undefined ? (it) => it === escaped : (it) => shorthand.test(it),
    };
  }
}

/** Nodes for the tree, before the node `next`; yields the first. */
function build(tree: Tree, next: number, nodes: Node[]): number {
  const add = (node: Node): number => {
    if (nodes.length >= MOST_NODES) throw new Problem('Regular expression too big');
    nodes.push(node);
    return nodes.length - 1;
  };
  switch (tree.kind) {
    case 'empty':
      return next;
    case 'char':
      return add({ kind: 'char', test: tree.test, next });
    case 'here':
      return add({ kind: 'here', test: tree.test, next });
    case 'group': {
      const end = add({ kind: 'mark', slot: 2 * tree.number + 1, next });
      return add({ kind: 'mark', slot: 2 * tree.number, next: build(tree.part, end, nodes) });
    }
    case 'sequence':
      return tree.parts.reduceRight((after, part) => build(part, after, nodes), next);
    case 'choice': {
      const [first = { kind: 'empty' as const }, ...others] = tree.parts;
      return others.reduce(
        (other, part) => add({ kind: 'split', next: other, other: build(part, next, nodes) }),
        build(first, next, nodes),
      );
    }
    case 'repeat': {
      let after = next;
      if (tree.most === Number.POSITIVE_INFINITY) {
        after = add({ kind: 'split', next: 0, other: next });
        const loop = nodes[after];
        if (loop?.kind === 'split') loop.next = build(tree.part, after, nodes);
      } else {
        for (let count = tree.least; count < tree.most; count += 1)
          after = add({ kind: 'split', next: build(tree.part, after, nodes), other: next });
      }
      for (let count = 0; count < tree.least; count += 1) after = build(tree.part, after, nodes);
      return after;
    }
  }
}

/** The leftmost match, and of those the longest. */
function search(
  nodes: readonly Node[],
  first: number,
  text: string,
  from: number,
): Match | null | 'too long' {
  let steps = 0;
  // Each state remembers the leftmost start that leads to it.
  let states = new Map<number, number>();
  let best: Match | null = null;
  const enter = (into: Map<number, number>, node: number, start: number, at: number): void => {
    const pending = [node];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      const known = into.get(index);
      if (known !== undefined && known <= start) continue;
      into.set(index, start);
      steps += 1;
      const here = nodes[index];
      if (here?.kind === 'split') pending.push(here.next, here.other);
      else if (here?.kind === 'mark') pending.push(here.next);
      else if (here?.kind === 'here' && here.test(text, at)) pending.push(here.next);
      else if (
        here?.kind === 'match' &&
        (best === null || start < best.start || (start === best.start && at > best.end))
      )
        best = { start, end: at };
    }
  };
  for (let at = from; ; at += 1) {
    if (best === null) enter(states, first, at, at);
    if (at >= text.length || (states.size === 0 && best !== null)) return best;
    const next = new Map<number, number>();
    const char = text.charAt(at);
    for (const [index, start] of states) {
      const node = nodes[index];
      const found = best as { start: number } | null;
      if (node?.kind === 'char' && (found === null || start <= found.start) && node.test(char))
        enter(next, node.next, start, at + 1);
    }
    steps += states.size;
    if (steps > MOST_STEPS) return 'too long';
    states = next;
  }
}

/**
 * Where the groups of a known match are. All ways go along together here too, the preferred one first (as much as possible,
 * the earlier alternative), and each place is entered once for a character.
 */
function marksOf(
  nodes: readonly Node[],
  first: number,
  text: string,
  match: Match,
): readonly (number | undefined)[] {
  type Marks = readonly (number | undefined)[];
  let states = new Map<number, Marks>();
  const enter = (into: Map<number, Marks>, node: number, marks: Marks, at: number): void => {
    const pending = [{ node, marks }];
    for (let it = pending.pop(); it !== undefined; it = pending.pop()) {
      if (into.has(it.node)) continue;
      into.set(it.node, it.marks);
      const here = nodes[it.node];
      if (here?.kind === 'split')
        pending.push({ node: here.other, marks: it.marks }, { node: here.next, marks: it.marks });
      else if (here?.kind === 'here' && here.test(text, at))
        pending.push({ node: here.next, marks: it.marks });
      else if (here?.kind === 'mark') {
        const marked = [...it.marks];
        marked[here.slot] = at;
        pending.push({ node: here.next, marks: marked });
      }
    }
  };
  enter(states, first, [], match.start);
  for (let at = match.start; at < match.end; at += 1) {
    const next = new Map<number, Marks>();
    for (const [index, marks] of states) {
      const node = nodes[index];
      if (node?.kind === 'char' && node.test(text.charAt(at))) enter(next, node.next, marks, at + 1);
    }
    states = next;
  }
  // The match node is the first that was built.
  return states.get(0) ?? [];
}
