import type { CommandOutcome } from '../client/kube-client';
import { MidplaneError } from '../error';
import type { Cell } from '../report/outcome';
import type { DefenceId, PathId, TechniqueId } from '../scenarios/vocabulary';
import type { Canaries, CanarySource } from './canaries';
import { judge } from './judge';
import type { AttackOrder, Conversation, LabUnderTest, OngoingAttack } from './lab-under-test';
import type { PathSpec } from './paths';

/** What the action came to without an attacker. */
export interface Control {
  readonly works: boolean;
  readonly clientSaw: string;
}

/** One cell: the action without an attacker, the action under attack, and what the difference proves. */
export interface CellRun {
  readonly lab: LabUnderTest;
  readonly path: PathSpec;
  readonly defence: DefenceId;
  readonly technique: TechniqueId;
  readonly canaries: CanarySource;
  /** Of the paths that were seen to work in this lab: what works is not tried again for every technique. */
  readonly controls: Map<PathId, Control>;
  /** For each of the two runs; a run that takes longer ends with a MidplaneError TIME_LIMIT. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Told before each part, for the story. */
  readonly onStep?: (step: CellStep) => void;
}

/** `prepare`: the lab plants its words; `control`, `attack`: the client acts; `judge`: all is over. */
export type CellStep = 'prepare' | 'control' | 'attack' | 'judge';

/** Throws MidplaneError TIME_LIMIT; everything that networks and peers do is in the cell. */
export async function runCell(run: CellRun): Promise<Cell> {
  const { path, defence, technique, controls } = run;
  const talk = run.lab.converse(path);
  const control = controls.get(path.id) ?? (await withoutAttacker(run, talk));
  if (control.works) controls.set(path.id, control);
  if (!path.tls && technique !== 'tap' && technique !== 'relay') {
    run.onStep?.('judge');
    return notApplicable(run, control);
  }

  run.onStep?.('prepare');
  const words = run.canaries();
  await plant(run, talk, words);
  run.onStep?.('attack');
  await using attack = await startAttack(run, talk, words);
  const outcome = await act(run, talk, words, 'the run under attack');
  // Only now is the loot complete: the attacker hears out what is just being said, an alert for example.
  const loot = await bounded(run, 'the attacker to withdraw', attack.withdraw());
  run.onStep?.('judge');
  return judge({
    path: path.id,
    defence,
    technique,
    carriesUp: path.carriesUp,
    canaries: words,
    control,
    client: { ok: outcome.ok, received: outcome.stdout, words: outcome.words },
    endpointHeard: await talk.heard(),
    loot,
  });
}

async function withoutAttacker(run: CellRun, talk: Conversation): Promise<Control> {
  run.onStep?.('prepare');
  const words = run.canaries();
  await plant(run, talk, words);
  run.onStep?.('control');
  const outcome = await act(run, talk, words, 'the control run');
  return { works: outcome.ok && outcome.stdout.includes(words.down), clientSaw: saw(outcome) };
}

/** There is nothing to attack; that the path works by itself was seen all the same. */
function notApplicable({ path, defence, technique }: CellRun, control: Control): Cell {
  return {
    path: path.id,
    defence,
    technique,
    verdict: control.works ? 'not-applicable' : 'broken',
    works: control.works,
    read: { up: path.carriesUp ? false : null, down: false },
    forged: false,
    tampered: false,
    clientCertificateShown: false,
    credential: null,
    tls: null,
    clientSaw: control.clientSaw,
    reason: control.works
      ? 'This leg is plain HTTP: there is no handshake in which a certificate could be shown. See tap and relay.'
      : `Without any attacker the path fails: ${control.clientSaw}`,
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
    return await bounded(run, `${what} of ${run.path.id}`, talk.act(canaries, signal));
  } finally {
    stop.abort();
  }
}

async function startAttack(
  { lab, path, technique }: CellRun,
  { victim, dialledAs }: Conversation,
  canaries: Canaries,
): Promise<OngoingAttack> {
  const target = path.target(lab.addresses);
  const order: AttackOrder = {
    technique,
    target,
    mode: technique === 'tap' || technique === 'relay' ? technique : 'impersonate',
    present: await lab.hand(technique, target, dialledAs),
    ...(dialledAs === undefined ? {} : { dialledAs }),
    forged: canaries.forged,
    tampered: canaries.tampered,
  };
  return lab.attack(order, victim);
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
