import { Pattern } from './pattern';
import type { Rule, StreamName } from './rules';
import { type Piece, StreamSearch } from './stream-search';

/**
 * What rules make of the streams of one exchange. Events in, actions out, in order; no socket and no clock. How the bytes
 * are cut into pieces changes nothing: what may yet match is held back, at most LONGEST_MATCH_BYTES a rule.
 */
export type StreamEvent =
  /** `flow` tells the streams of one exchange apart: a port-forward has many of one name. */
  | { readonly kind: 'opened'; readonly flow: string; readonly stream: StreamName }
  | { readonly kind: 'said'; readonly flow: string; readonly bytes: Buffer }
  /** Nothing was said for a moment: what is held back goes on. */
  | { readonly kind: 'fell-silent'; readonly flow: string }
  | { readonly kind: 'finished'; readonly flow: string };

export type StreamAction =
  | { readonly kind: 'say'; readonly flow: string; readonly bytes: Buffer }
  | { readonly kind: 'finish'; readonly flow: string }
  /** What follows on this flow comes so much later. */
  | { readonly kind: 'wait'; readonly flow: string; readonly ms: number }
  | { readonly kind: 'cut' }
  /** A rule could not do what it says; `text` is a clause for people. */
  | { readonly kind: 'note'; readonly text: string };

export class StreamRules {
  readonly #rules: readonly Rule[];
  readonly #flows = new Map<string, Flow>();
  /** By the rule: an `inject` or `answer` of one stream that looks at another. */
  readonly #done = new Set<Rule>();
  #cut = false;

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  see(event: StreamEvent): StreamAction[] {
    if (this.#cut) return [];
    if (event.kind === 'opened') return this.#open(event.flow, event.stream);
    const flow = this.#flows.get(event.flow);
    if (flow === undefined || flow.finished) return [];
    switch (event.kind) {
      case 'said':
        return this.#run(flow, event.bytes, 'goes-on');
      case 'fell-silent':
        return this.#run(flow, EMPTY, 'silent');
      case 'finished':
        flow.finished = true;
        return [...this.#run(flow, EMPTY, 'ends'), ...(this.#cut ? [] : [finish(event.flow)])];
    }
  }

  #open(name: string, stream: StreamName): StreamAction[] {
    const flow: Flow = { name, stream, finished: false, stages: [] };
    this.#flows.set(name, flow);
    for (const rule of this.#rules) {
      const stage = stageOf(rule, stream);
      if (stage !== null) flow.stages.push(stage);
    }
    const actions: StreamAction[] = [];
    for (const rule of this.#rules) {
      if (rule.kind === 'inject' && rule.stream === stream && rule.when.kind === 'open') {
        this.#inject(rule, flow, actions);
      }
    }
    return actions;
  }

  #run(flow: Flow, bytes: Buffer, how: Progress): StreamAction[] {
    const out: Outcome = { actions: [], said: [], cutAt: -1 };
    this.#feed(flow, 0, bytes, out);
    if (how !== 'goes-on') {
      for (let at = 0; at < flow.stages.length; at += 1) this.#release(flow, at, how, out);
    }
    // What stands behind the one that cuts has its say about what came before.
    else if (out.cutAt >= 0) {
      for (let at = out.cutAt + 1; at < flow.stages.length; at += 1) this.#release(flow, at, 'ends', out);
    }
    const said = Buffer.concat(out.said);
    const { actions } = out;
    if (said.length > 0) {
      const ms = flow.stages.reduce((sum, stage) => sum + (stage.kind === 'delay' ? stage.ms : 0), 0);
      if (ms > 0) actions.push({ kind: 'wait', flow: flow.name, ms });
      actions.push({ kind: 'say', flow: flow.name, bytes: said });
    }
    if (out.cutAt >= 0) {
      this.#cut = true;
      actions.push({ kind: 'cut' });
    }
    return actions;
  }

  /** Piece by piece through what is left of the stages: so what happens, happens in the order of the bytes. */
  #feed(flow: Flow, at: number, bytes: Buffer, out: Outcome): void {
    if (bytes.length === 0 || at <= out.cutAt) return;
    const stage = flow.stages[at];
    const on = (next: Buffer): void => this.#feed(flow, at + 1, next, out);
    if (stage === undefined) {
      out.said.push(bytes);
      return;
    }
    switch (stage.kind) {
      case 'drop':
        break;
      case 'delay':
        on(bytes);
        break;
      case 'prompt':
        stage.tail = Buffer.concat([stage.tail, bytes]).subarray(-PROMPT_BYTES);
        on(bytes);
        break;
      case 'cut': {
        const kept = bytes.subarray(0, stage.left);
        stage.left -= kept.length;
        on(kept);
        if (stage.left === 0) out.cutAt = Math.max(out.cutAt, at);
        break;
      }
      case 'replace':
      case 'after':
      case 'answer':
        for (const piece of stage.search.push(bytes)) this.#found(flow, stage, piece, on, out);
        break;
    }
  }

  /** What a stage holds back goes on. */
  #release(flow: Flow, at: number, how: 'silent' | 'ends', out: Outcome): void {
    const stage = flow.stages[at];
    if (stage === undefined || at <= out.cutAt) return;
    const on = (next: Buffer): void => this.#feed(flow, at + 1, next, out);
    switch (stage.kind) {
      case 'replace':
      case 'after':
      case 'answer':
        for (const piece of stage.search.release()) this.#found(flow, stage, piece, on, out);
        if (stage.kind === 'answer') on(stage.echo.release());
        break;
      case 'prompt':
        if (how === 'silent' && endsWithPrompt(stage.tail)) this.#inject(stage.rule, flow, out.actions);
        break;
      case 'drop':
      case 'delay':
      case 'cut':
        break;
    }
  }

  #found(
    flow: Flow,
    stage: Searching,
    piece: Piece,
    on: (bytes: Buffer) => void,
    { actions }: Outcome,
  ): void {
    const isMatch = piece.kind === 'match';
    switch (stage.kind) {
      case 'replace':
        on(isMatch ? stage.with : piece.bytes);
        break;
      case 'after':
        on(piece.bytes);
        if (!isMatch || this.#done.has(stage.rule)) return;
        if (stage.rule.stream !== flow.stream) this.#inject(stage.rule, flow, actions);
        else {
          this.#done.add(stage.rule);
          on(Buffer.from(stage.rule.text));
        }
        break;
      case 'answer':
        if (isMatch) this.#answer(stage, piece.bytes, on, actions);
        else on(stage.echo.hide(piece.bytes));
        break;
    }
  }

  #answer(
    { echo, typed }: Searching & { kind: 'answer' },
    prompt: Buffer,
    on: (bytes: Buffer) => void,
    actions: StreamAction[],
  ): void {
    const stdin = this.#openFlow('stdin');
    on(echo.release());
    if (stdin === null) {
      actions.push({ kind: 'note', text: 'the prompt was not answered: there is no stdin that is open' });
      on(prompt);
      return;
    }
    actions.push({ kind: 'say', flow: stdin.name, bytes: Buffer.from(`${typed}\n`) });
    echo.expect(typed);
  }

  #inject(rule: Rule & { kind: 'inject' }, seenOn: Flow, actions: StreamAction[]): void {
    if (this.#done.has(rule)) return;
    this.#done.add(rule);
    const { stream, text } = rule;
    const flow = seenOn.stream === stream ? seenOn : this.#openFlow(stream);
    if (flow !== null) actions.push({ kind: 'say', flow: flow.name, bytes: Buffer.from(text) });
    else actions.push({ kind: 'note', text: `nothing was injected: there is no ${stream} that is open` });
  }

  #openFlow(stream: StreamName): Flow | null {
    return [...this.#flows.values()].find((it) => it.stream === stream && !it.finished) ?? null;
  }
}

interface Flow {
  readonly name: string;
  readonly stream: StreamName;
  readonly stages: Stage[];
  finished: boolean;
}

type Progress = 'goes-on' | 'silent' | 'ends';

interface Outcome {
  readonly actions: StreamAction[];
  readonly said: Buffer[];
  /** The stage that cuts; -1 for none. */
  cutAt: number;
}

type Stage =
  | { readonly kind: 'drop' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut'; left: number }
  | { readonly kind: 'replace'; readonly search: StreamSearch; readonly with: Buffer }
  | { readonly kind: 'after'; readonly search: StreamSearch; readonly rule: Rule & { kind: 'inject' } }
  | { readonly kind: 'prompt'; readonly rule: Rule & { kind: 'inject' }; tail: Buffer }
  | { readonly kind: 'answer'; readonly search: StreamSearch; readonly typed: string; readonly echo: Echo };

type Searching = Stage & { readonly search: StreamSearch };

/** What a rule does on a stream of this name; null for nothing. */
function stageOf(rule: Rule, stream: StreamName): Stage | null {
  switch (rule.kind) {
    case 'replace':
      if (rule.stream !== stream) return null;
      return { kind: 'replace', search: searchFor(rule.match), with: Buffer.from(rule.with) };
    case 'inject': {
      const looksAt = rule.stream === 'stdin' || rule.when.kind === 'idle-prompt' ? 'stdout' : rule.stream;
      if (rule.when.kind === 'open' || looksAt !== stream) return null;
      if (rule.when.kind === 'after') return { kind: 'after', search: searchFor(rule.when.match), rule };
      return { kind: 'prompt', rule, tail: EMPTY };
    }
    case 'answer':
      if (stream !== 'stdout') return null;
      return { kind: 'answer', search: searchFor(rule.prompt), typed: rule.with, echo: new Echo() };
    case 'drop':
      return rule.stream === stream ? { kind: 'drop' } : null;
    case 'delay':
      return rule.stream === null || rule.stream === stream ? { kind: 'delay', ms: rule.ms } : null;
    case 'cut':
      return rule.stream === null || rule.stream === stream ? { kind: 'cut', left: rule.afterBytes } : null;
  }
}

/** What a terminal shows of an answer that was typed: the answer, when it echoes, and the end of the line. */
class Echo {
  #expected: readonly Buffer[] = [];
  #held: Buffer = EMPTY;

  expect(typed: string): void {
    this.#expected = [`${typed}\r\n`, `${typed}\n`, '\r\n', '\n'].map((it) => Buffer.from(it));
  }

  /** What is left to show. */
  hide(bytes: Buffer): Buffer {
    if (this.#expected.length === 0) return bytes;
    const all = Buffer.concat([this.#held, bytes]);
    this.#held = EMPTY;
    const echo = this.#expected.find((it) => it.equals(all.subarray(0, it.length)));
    if (echo === undefined && this.#expected.some((it) => all.equals(it.subarray(0, all.length)))) {
      this.#held = all;
      return EMPTY;
    }
    this.#expected = [];
    return all.subarray(echo?.length ?? 0);
  }

  release(): Buffer {
    const held = this.#held;
    if (held.length > 0) this.#expected = [];
    this.#held = EMPTY;
    return held;
  }
}

/** The rules were read before: a pattern that cannot be read is a bug. */
function searchFor(text: string): StreamSearch {
  const pattern = Pattern.read(text);
  if (!(pattern instanceof Pattern)) throw new TypeError(`the pattern "${text}" ${pattern.text}`);
  return new StreamSearch(pattern);
}

/** Of shells: `$ `, `# `, `> `, perhaps behind a colour that is switched off again. */
function endsWithPrompt(tail: Buffer): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return /[$#>] ?(?:\x1b\[[0-9;?]*[a-zA-Z])*$/.test(tail.toString('latin1'));
}

function finish(flow: string): StreamAction {
  return { kind: 'finish', flow };
}

const EMPTY: Buffer = Buffer.alloc(0);
const PROMPT_BYTES = 64;
