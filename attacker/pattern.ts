import { type MalformedPattern, type PatternNode, readPattern } from './pattern-syntax';

/**
 * A pattern that can be looked for byte by byte: a deterministic automaton, built as far as it is walked. Nothing that a
 * victim sends makes it slow, and at every byte it is known whether more bytes could make a match.
 */
export class Pattern {
  readonly atLineStart: boolean;
  readonly atLineEnd: boolean;
  readonly #steps: readonly Step[];
  readonly #states = new Map<string, PatternState>();
  readonly start: PatternState;

  private constructor(steps: readonly Step[], anchors: { atLineStart: boolean; atLineEnd: boolean }) {
    this.#steps = steps;
    this.atLineStart = anchors.atLineStart;
    this.atLineEnd = anchors.atLineEnd;
    this.start = this.#state([0]) as PatternState;
  }

  static read(text: string): Pattern | MalformedPattern {
    const tree = readPattern(text);
    if (tree.kind === 'malformed') return tree;
    const steps: Step[] = [];
    const end = build(steps, tree.root, { kind: 'match' });
    if (end === null) return { kind: 'malformed', text: `is larger than ${MOST_STEPS} steps` };
    // The way in is the first step, so that every pattern starts at 0.
    const pattern = new Pattern([{ kind: 'fork', to: [end + 1] }, ...steps.map(shifted)], tree);
    if (pattern.start.accepts)
      return { kind: 'malformed', text: 'matches nothing at all, and so everywhere' };
    return pattern;
  }

  /** Null: whatever comes, this is no match. */
  next(state: PatternState, byte: number): PatternState | null {
    const known = state.next[byte];
    if (known !== undefined) return known;
    const to = state.steps.flatMap((at) => {
      const step = this.#steps[at];
      return step?.kind === 'byte' && step.set[byte] === true ? [step.to] : [];
    });
    const next = this.#state(to);
    state.next[byte] = next;
    return next;
  }

  #state(from: readonly number[]): PatternState | null {
    const steps = closure(this.#steps, from);
    if (steps.length === 0) return null;
    const key = steps.join();
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state: PatternState = {
      steps,
      accepts: steps.some((at) => this.#steps[at]?.kind === 'match'),
      goesOn: steps.some((at) => this.#steps[at]?.kind === 'byte'),
      next: new Array<undefined>(256),
    };
    if (this.#states.size < MOST_STATES) this.#states.set(key, state);
    return state;
  }
}

export interface PatternState {
  readonly steps: readonly number[];
  readonly accepts: boolean;
  /** Some byte leads on. */
  readonly goesOn: boolean;
  readonly next: (PatternState | null | undefined)[];
}

type Step =
  | { readonly kind: 'byte'; readonly set: readonly boolean[]; readonly to: number }
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'match' };

const MOST_STEPS = 10_000;
/** Those beyond are made again each time: slower, never wrong. */
const MOST_STATES = 2_000;

/** Adds the steps of a node, last first; returns where it begins, null when there are too many. */
function build(steps: Step[], root: PatternNode, last: Step): number | null {
  const add = (step: Step): number => {
    steps.push(step);
    if (steps.length > MOST_STEPS) throw TOO_MANY;
    return steps.length - 1;
  };
  const enter = (node: PatternNode, to: number): number => {
    switch (node.kind) {
      case 'byte':
        return add({ kind: 'byte', set: node.set, to });
      case 'all':
        return node.nodes.reduceRight((at, each) => enter(each, at), to);
      case 'any':
        return add({ kind: 'fork', to: node.nodes.map((each) => enter(each, to)) });
      case 'repeat':
        return enterRepeat(node, to);
    }
  };
  const enterRepeat = ({ node, least, most }: PatternNode & { kind: 'repeat' }, to: number): number => {
    let at = to;
    if (most === null) {
      const back: number[] = [to];
      at = add({ kind: 'fork', to: back });
      back.push(enter(node, at));
    } else {
      for (let more = most - least; more > 0; more -= 1)
        at = add({ kind: 'fork', to: [to, enter(node, at)] });
    }
    for (let more = least; more > 0; more -= 1) at = enter(node, at);
    return at;
  };
  try {
    return enter(root, add(last));
  } catch (error) {
    if (error === TOO_MANY) return null;
    throw error;
  }
}

const TOO_MANY = new Error('too many steps');

function shifted(step: Step): Step {
  switch (step.kind) {
    case 'byte':
      return { ...step, to: step.to + 1 };
    case 'fork':
      return { kind: 'fork', to: step.to.map((at) => at + 1) };
    case 'match':
      return step;
  }
}

/** The steps that wait for a byte, or match, wherever the forks lead. */
function closure(steps: readonly Step[], from: readonly number[]): number[] {
  const seen = new Set<number>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const step = steps[at];
    if (step?.kind === 'fork') open.push(...step.to);
  }
  return [...seen].filter((at) => steps[at]?.kind !== 'fork').sort((a, b) => a - b);
}
