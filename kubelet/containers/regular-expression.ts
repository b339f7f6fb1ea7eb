import { readBracket } from './shell-pattern';

/**
 * POSIX regular expressions (POSIX.1-2017, 9), basic and extended, without back-references. All ways to match go along together,
 * so time grows with the product of the lengths and no faster, whatever the expression: the thread is everybody's.
 */
type Node =
  | { readonly kind: 'char'; readonly test: (char: string) => boolean; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'start' | 'end'; next: number }
  | { readonly kind: 'match' };

export type CompiledExpression =
  | {
      readonly kind: 'expression';
      find(text: string, from?: number): { start: number; end: number } | null | 'too long';
    }
  | { readonly kind: 'expression-problem'; readonly text: string };

type Tree =
  | { readonly kind: 'char'; readonly test: (char: string) => boolean }
  | { readonly kind: 'start' | 'end' | 'empty' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly least: number; readonly most: number };

const MOST_NODES = 2000;
const MOST_STEPS = 4_000_000;
const DEEPEST = 50;
const SHORTHANDS: Readonly<Record<string, RegExp>> = { w: /^\w$/, W: /^\W$/, s: /^\s$/, S: /^\S$/ };

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
    const tree = new Reader(ignoreCase ? source.toLowerCase() : source, extended).all();
    const nodes: Node[] = [{ kind: 'match' }];
    const first = build(tree, 0, nodes);
    return {
      kind: 'expression',
      find: (text, from = 0) => search(nodes, first, ignoreCase ? text.toLowerCase() : text, from),
    };
  } catch (problem) {
    if (problem instanceof Problem) return { kind: 'expression-problem', text: problem.text };
    throw problem;
  }
}

class Reader {
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
      const inner = this.#choice();
      if (!this.#take(')')) throw new Problem('Unmatched ( or \\(');
      return inner;
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
    if (char === '^' && (this.#extended || isFirst)) return { kind: 'start' };
    if (
      char === '$' &&
      (this.#extended || this.#at === this.#source.length || this.#is(')') || this.#is('|'))
    )
      return { kind: 'end' };
    if (char !== '\\') return { kind: 'char', test: (it) => it === char };
    const escaped = this.#source.charAt(this.#at);
    if (escaped === '') throw new Problem('Trailing backslash');
    if (/[1-9]/.test(escaped)) throw new Problem('Invalid back reference');
    this.#at += 1;
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
    case 'start':
    case 'end':
      return add({ kind: tree.kind, next });
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
): { start: number; end: number } | null | 'too long' {
  let steps = 0;
  // Each state remembers the leftmost start that leads to it.
  let states = new Map<number, number>();
  let best: { start: number; end: number } | null = null;
  const enter = (into: Map<number, number>, node: number, start: number, at: number): void => {
    const pending = [node];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      const known = into.get(index);
      if (known !== undefined && known <= start) continue;
      into.set(index, start);
      steps += 1;
      const here = nodes[index];
      if (here?.kind === 'split') pending.push(here.next, here.other);
      else if (here?.kind === 'start' && at === 0) pending.push(here.next);
      else if (here?.kind === 'end' && at === text.length) pending.push(here.next);
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
