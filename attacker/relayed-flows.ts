import { type Readable, Transform, type TransformCallback, type Writable } from 'node:stream';
import { inject } from './inject';
import { JoinedFlow } from './joined-flow';
import { MAX_WAITING_BYTES } from './limits';
import type { Rule, StreamName } from './rules';
import { type StreamAction, type StreamEvent, StreamRules } from './stream-rules';

export interface FlowPlan {
  /** Tells the flows of one exchange apart. */
  readonly flow: string;
  /** What rules call it; null: no rule is for it. */
  readonly stream: StreamName | null;
  /** Slipped in once, where it fits; null for nothing. */
  readonly slip: string | null;
  /** Shown every genuine piece before anything is changed. */
  readonly sent: (bytes: Buffer) => void;
  /** Shown every piece as it goes on. */
  readonly received: (bytes: Buffer) => void;
}

/** Where a flow goes on. */
export interface FlowOutlet {
  say(bytes: Buffer): void;
  finish(): void;
  /** Nothing more goes anywhere; what was said has to arrive. */
  cut(): void;
}

export interface FlowsOptions {
  readonly rules: readonly Rule[];
  /** What goes on in place of a piece, before the rules look at it. */
  readonly change?: (stream: StreamName, bytes: Buffer) => Buffer;
  /** Breaks the connection off; what was said before has to arrive. */
  readonly cut: () => void;
  readonly note: (text: string) => void;
}

/** For so long a piece is held back that may become a match; also what a prompt that waits for somebody looks like. */
const SILENCE_MS = 100;

/** The streams of one exchange on their way through the attacker: carries out what the rules make of them. */
export class RelayedFlows {
  readonly #options: FlowsOptions;
  readonly #rules: StreamRules | null;
  readonly #flows = new Map<string, RelayedFlow>();
  #cut = false;

  constructor(options: FlowsOptions) {
    this.#options = options;
    this.#rules = options.rules.length === 0 ? null : new StreamRules(options.rules);
  }

  get isCut(): boolean {
    return this.#cut;
  }

  open(plan: FlowPlan, outlet: FlowOutlet): RelayedFlow {
    const rules = plan.stream === null ? null : this.#rules;
    const { change } = this.#options;
    const flow = new RelayedFlow(plan, outlet, {
      see: rules === null ? null : (event) => this.#see(event),
      change: change === undefined || plan.stream === null ? null : change.bind(null, plan.stream),
    });
    this.#flows.set(plan.flow, flow);
    if (plan.stream !== null) this.#see({ kind: 'opened', flow: plan.flow, stream: plan.stream });
    return flow;
  }

  /** The same as a stream to pipe through. */
  through(plan: FlowPlan): Transform {
    const transform = new FlowTransform();
    transform.flow = this.open(plan, transform);
    // What was said last has arrived in the next stream.
    transform.once('end', () => {
      if (this.#cut) this.breakOff();
    });
    // A port-forward opens two streams for each of its connections, and may live for days.
    transform.once('close', () => this.#flows.delete(plan.flow));
    return transform;
  }

  /** From one stream into the other. Returns what ends it before its time. */
  join(plan: FlowPlan, from: Readable, to: Writable): () => void {
    const joined = new JoinedFlow(to, () => this.breakOff());
    const flow = this.open(plan, joined);
    joined.begin(flow, from);
    const close = (): void => {
      flow.close();
      if (this.#flows.get(plan.flow) === flow) this.#flows.delete(plan.flow);
    };
    to.once('close', close);
    return close;
  }

  breakOff(): void {
    this.#options.cut();
  }

  close(): void {
    for (const flow of this.#flows.values()) flow.close();
  }

  #see(event: StreamEvent): void {
    for (const action of this.#rules?.see(event) ?? []) this.#act(action, event.flow);
  }

  #act(action: StreamAction, seenOn: string): void {
    switch (action.kind) {
      case 'say':
      case 'wait':
      case 'finish':
        this.#flows.get(action.flow)?.act(action);
        break;
      case 'cut':
        this.#cut = true;
        this.#flows.get(seenOn)?.act({ kind: 'cut' });
        break;
      case 'note':
        this.#options.note(action.text);
        break;
    }
  }
}

type FlowAction =
  | { readonly kind: 'say'; readonly bytes: Buffer }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'finish' }
  | { readonly kind: 'cut' };

/** One of them. What is to be done on it is done in order, also across a wait. */
export class RelayedFlow {
  readonly #plan: FlowPlan;
  readonly #outlet: FlowOutlet;
  readonly #see: ((event: StreamEvent) => void) | null;
  readonly #change: ((bytes: Buffer) => Buffer) | null;
  #slip: string | null;
  readonly #toDo: FlowAction[] = [];
  readonly #whenIdle: (() => void)[] = [];
  #waiting: NodeJS.Timeout | null = null;
  #silence: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(
    plan: FlowPlan,
    outlet: FlowOutlet,
    {
      see,
      change,
    }: {
      readonly see: ((event: StreamEvent) => void) | null;
      readonly change: ((bytes: Buffer) => Buffer) | null;
    },
  ) {
    this.#change = change;
    this.#plan = plan;
    this.#outlet = outlet;
    this.#see = see;
    this.#slip = plan.slip;
  }

  /** `done` is called when more may come. */
  said(bytes: Buffer, done: () => void): void {
    this.#plan.sent(bytes);
    const said = this.#change === null || bytes.length === 0 ? bytes : this.#change(bytes);
    this.#pass(this.#slip !== null && said.length > 0 ? inject(said, this.#slip) : said);
    if (said.length > 0) this.#slip = null;
    this.#afterwards(done);
  }

  finished(done: () => void): void {
    if (this.#slip !== null) this.#pass(Buffer.from(`${this.#slip}\n`));
    this.#slip = null;
    this.#endSilence();
    if (this.#see === null) this.act({ kind: 'finish' });
    else this.#see({ kind: 'finished', flow: this.#plan.flow });
    this.#afterwards(done);
  }

  act(action: FlowAction): void {
    if (this.#closed) return;
    this.#toDo.push(action);
    if (this.#waiting === null) this.#work();
  }

  close(): void {
    this.#closed = true;
    this.#endSilence();
    if (this.#waiting !== null) clearTimeout(this.#waiting);
    this.#toDo.length = 0;
    for (const done of this.#whenIdle.splice(0)) done();
  }

  #pass(bytes: Buffer): void {
    if (this.#see === null) {
      this.act({ kind: 'say', bytes });
      return;
    }
    this.#see({ kind: 'said', flow: this.#plan.flow, bytes });
    if (this.#closed) return;
    this.#silence ??= setTimeout(() => {
      this.#silence = null;
      this.#see?.({ kind: 'fell-silent', flow: this.#plan.flow });
    }, SILENCE_MS).unref();
    this.#silence.refresh();
  }

  #work(): void {
    for (let action = this.#toDo.shift(); action !== undefined; action = this.#toDo.shift()) {
      switch (action.kind) {
        case 'say':
          this.#plan.received(action.bytes);
          this.#outlet.say(action.bytes);
          break;
        case 'finish':
        case 'cut':
          this.#endSilence();
          this.#outlet[action.kind]();
          break;
        case 'wait':
          this.#waiting = setTimeout(() => {
            this.#waiting = null;
            this.#work();
          }, action.ms);
          return;
      }
    }
    for (const done of this.#whenIdle.splice(0)) done();
  }

  #afterwards(done: () => void): void {
    if (this.#waiting === null) done();
    else this.#whenIdle.push(done);
  }

  #endSilence(): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = null;
  }
}

class FlowTransform extends Transform implements FlowOutlet {
  flow: RelayedFlow | null = null;
  #over = false;

  constructor() {
    super({ highWaterMark: MAX_WAITING_BYTES });
  }

  say(bytes: Buffer): void {
    if (!this.#over && !this.destroyed) this.push(bytes);
  }

  finish(): void {
    if (this.#over || this.destroyed) return;
    this.#over = true;
    this.push(null);
  }

  cut(): void {
    this.finish();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.flow?.said(chunk, done);
  }

  override _flush(done: TransformCallback): void {
    this.flow?.finished(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.flow?.close();
    done(error);
  }
}
