import type { LootReport } from '../attacker/loot-report';
import type { Rule } from '../attacker/rules';
import type { CommandOutcome } from '../client/kube-client';
import { MidplaneError } from '../error';
import type { Cell } from '../report/outcome';
import { readerOf } from '../report/reader-of';
import {
  type DefenceId,
  isOpen,
  isWorse,
  type PathId,
  type PositionId,
  type Side,
  type TechniqueId,
} from '../scenarios/vocabulary';
import type { Canaries, CanarySource } from './canaries';
import { planAttack, startAttacks } from './cell-attack';
import type { Elsewhere } from './elsewhere';
import { judge } from './judge';
import type { Conversation, LabUnderTest } from './lab-under-test';
import type { PathSpec } from './paths';
import type { Footprint } from './recorder';
import { sameNodes, tracesOf } from './traces';
import type { AttackedLeg } from './tunnel-sides';

/** What the action came to without an attacker. */
export interface Control {
  readonly works: boolean;
  readonly clientSaw: string;
  /** What could be seen of it; null where nobody looks. */
  readonly footprint: Footprint | null;
}

/** One cell: the action without an attacker, the action under attack, and what the difference proves. */
export interface CellRun {
  readonly lab: LabUnderTest;
  readonly path: PathSpec;
  readonly defence: DefenceId;
  readonly technique: TechniqueId;
  /** How the attacker gets the traffic. */
  readonly position: PositionId;
  /** Where the attacker stands when the defence is a tunnel; says nothing about others. */
  readonly side: Side;
  readonly canaries: CanarySource;
  /** Of the paths that were seen to work in this lab: what works is not tried again for every technique. */
  readonly controls: Map<PathId, Control>;
  /** For each of the two runs; a run that takes longer ends with a MidplaneError TIME_LIMIT. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Told before each part, for the story. */
  readonly onStep?: (step: CellStep) => void;
  /** What a relay changes in the streams. */
  readonly rules?: readonly Rule[];
  /** Told what the user's action came to, each time. */
  readonly onActed?: (outcome: CommandOutcome) => void;
  /** Told what each attack of the cell brought. */
  readonly onLoot?: (loot: LootReport) => void;
}

/** `prepare`: the lab plants its words; `control`, `attack`: the client acts; `judge`: all is over. */
export type CellStep = 'prepare' | 'control' | 'attack' | 'judge';

/** Throws MidplaneError TIME_LIMIT; everything that networks and peers do is in the cell. */
export async function runCell(run: CellRun): Promise<Cell> {
  const { path, controls } = run;
  const talk = run.lab.converse(path);
  const control = controls.get(path.id) ?? (await withoutAttacker(run, talk));
  if (control.works) controls.set(path.id, control);
  const planned = planAttack(run, talk);
  if (planned.kind === 'not-applicable') {
    run.onStep?.('judge');
    return { ...notApplicable(run, control, planned.reason), ...planned.side };
  }
  const { first, others, elsewhere, side } = planned;
  let worst = await underAttack(run, talk, control, first, elsewhere);
  for (const legsTried of others) {
    if (isOpen(worst.verdict)) break;
    const cell = await underAttack(run, talk, control, legsTried, elsewhere);
    if (isWorse(cell.verdict, worst.verdict)) worst = cell;
  }
  return { ...worst, ...side };
}

async function underAttack(
  run: CellRun,
  talk: Conversation,
  control: Control,
  legs: readonly AttackedLeg[],
  elsewhere: Elsewhere | null,
): Promise<Cell> {
  const { path, defence, technique } = run;
  run.onStep?.('prepare');
  const words = run.canaries();
  await plant(run, talk, words);
  const planted = elsewhere === null ? '' : run.canaries().down;
  if (elsewhere !== null) await bounded(run, 'the canary to be planted elsewhere', elsewhere.plant(planted));
  const { lookout, stranger = [] } = run.lab;
  const before = await lookout?.look(NODES);
  run.onStep?.('attack');
  const recording = lookout?.record();
  await using attack = await startAttacks(run, talk, legs, words, elsewhere?.at);
  const outcome = await act(run, talk, words, 'the run under attack');
  const during = await lookout?.look(NODES);
  // Only now is the loot complete: the attacker hears out what is just being said, an alert for example.
  const loot = await bounded(run, 'the attacker to withdraw', attack.withdraw());
  recording?.end();
  run.onLoot?.(loot);
  run.onStep?.('judge');
  const changed = before !== undefined && during !== undefined && !sameNodes(before, during);
  // Where no Node was touched while it lasted, there is none to be given back.
  const tables = await lookout?.look({ nodes: changed, requests: false });
  const after = tables && !changed && during ? { ...tables, nodes: during.nodes } : tables;
  const cell = judge({
    path: path.id,
    defence,
    technique,
    carriesUp: path.carriesUp,
    canaries: words,
    control,
    client: { ok: outcome.ok, received: outcome.stdout, words: outcome.words },
    endpointHeard: await talk.heard(),
    loot,
    ...(elsewhere === null ? {} : { elsewhere: { planted, ...(await elsewhere.witnessed()) } }),
  });
  const seen = recording?.read();
  const placed = { ...cell, position: run.position };
  if (seen === undefined || before === undefined || during === undefined || after === undefined)
    return placed;
  const traces = tracesOf({
    before,
    during,
    after,
    attack: seen,
    control: control.footprint,
    stranger,
    complaint: outcome.ok ? null : { where: `what the ${readerOf(path.id)} saw`, text: outcome.words },
    target: path.target(run.lab.addresses),
  });
  return { ...placed, evidence: { ...placed.evidence, traces } };
}

/** A joining node asks for certificates without an attacker too: those are no trace. */
const NODES = { nodes: true, requests: false };

async function withoutAttacker(run: CellRun, talk: Conversation): Promise<Control> {
  run.onStep?.('prepare');
  const words = run.canaries();
  await plant(run, talk, words);
  run.onStep?.('control');
  const recording = run.lab.lookout?.record();
  const outcome = await act(run, talk, words, 'the control run');
  recording?.end();
  const works = outcome.ok && outcome.stdout.includes(words.down);
  // What the client has heard to its end, the apiserver has still to write down.
  run.onStep?.('prepare');
  if (recording !== undefined) await talk.heard();
  return { works, clientSaw: saw(outcome), footprint: recording?.read() ?? null };
}

/** There is nothing to attack; that the path works by itself was seen all the same. */
function notApplicable({ path, defence, technique, position }: CellRun, control: Control, why: string): Cell {
  return {
    path: path.id,
    defence,
    technique,
    position,
    verdict: control.works ? 'not-applicable' : 'broken',
    works: control.works,
    read: { up: path.carriesUp ? false : null, down: false },
    forged: false,
    tampered: false,
    clientCertificateShown: false,
    credential: null,
    tls: null,
    clientSaw: control.clientSaw,
    reason: control.works ? why : `Without any attacker the path fails: ${control.clientSaw}`,
    evidence: { lootQuote: null, connections: 0, genuineAnswers: [] },
  };
}

/** Before the attack begins: a lab that plants over the network must not show the attacker the word it is to look for. */
async function plant(run: CellRun, talk: Conversation, canaries: Canaries): Promise<void> {
  await bounded(run, 'the canary to be planted', talk.plant(canaries));
}

async function act(
  run: CellRun,
  talk: Conversation,
  canaries: Canaries,
  what: string,
): Promise<CommandOutcome> {
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  try {
    const outcome = await bounded(run, `${what} of ${run.path.id}`, talk.act(canaries, signal));
    run.onActed?.(outcome);
    return outcome;
  } finally {
    stop.abort();
  }
}

function saw(outcome: CommandOutcome): string {
  return outcome.ok ? outcome.stdout.toString('utf8').trimEnd() : outcome.words;
}

/** The promise, or TIME_LIMIT naming what was waited for, or the abort. */
async function bounded<T>(run: CellRun, what: string, promise: Promise<T>): Promise<T> {
  let end: () => void = () => undefined;
  const limit = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      const message = `waited ${run.deadlineMs / 1000} s in vain for ${what} (defence ${run.defence}, technique ${run.technique})`;
      reject(
        new MidplaneError('TIME_LIMIT', message, {
          hint: 'allow more with --time-limit, or look with --verbose',
        }),
      );
    }, run.deadlineMs);
    const aborted = (): void => reject(run.signal.reason);
    run.signal.addEventListener('abort', aborted, { once: true });
    if (run.signal.aborted) aborted();
    end = () => {
      clearTimeout(timer);
      run.signal.removeEventListener('abort', aborted);
    };
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    end();
  }
}
