import { MidplaneError } from '../error';
import type { Scenario } from '../lab/scenarios/scenario';
import type { Played } from '../report/played';
import type { ScenarioReport } from '../report/scenario-outcome';
import { labFault } from './fault-outputs';
import type { Listeners } from './listeners';
import { type PlayWishes, playNamed } from './play-named';
import { ScenarioThread } from './scenario-thread';
import type { Terminal } from './terminal';

export interface Task {
  /** As it was named: an id, or a file. */
  readonly name: string;
  readonly scenario: Scenario;
  /** Why it is not to be played; null: it is. */
  readonly unfit: string | null;
  readonly wishes: PlayWishes;
}

/** Plays one scenario and keeps what is wished for. Throws MidplaneError when the lab fails. */
export type Player = (task: Task, listeners: Listeners, signal: AbortSignal) => Promise<ScenarioReport>;

/** In this thread. */
function playHere(terminal: Terminal): Player {
  return async ({ scenario, wishes }, listeners, signal) => {
    const { report, keep } = await playNamed(scenario, wishes, listeners, { ...terminal, signal });
    await keep();
    return report;
  };
}

export interface Audience {
  /** This one begins. */
  begin(task: Task): Listeners;
  over(task: Task, played: Played): void;
}

/**
 * So many at the same time, each in a thread of its own. A lab that fails is the end of one scenario and of no other; anything
 * else ends them all, and is thrown when all have ended.
 */
export async function playSeveral(
  tasks: readonly Task[],
  { parallel, audience }: { readonly parallel: number; readonly audience: Audience },
  terminal: Terminal,
): Promise<void> {
  const others = Array.from(
    { length: Math.min(parallel, tasks.length) - 1 },
    () => new ScenarioThread(terminal),
  );
  const stop = new AbortController();
  const signal = AbortSignal.any([terminal.signal, stop.signal]);
  const left = [...tasks];
  /** Takes one after the other of what is left. */
  const work = async (play: Player): Promise<void> => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) {
      signal.throwIfAborted();
      if (task.unfit === null) audience.over(task, await attempt(task, play, audience.begin(task), signal));
      else audience.over(task, { kind: 'not-run', scenario: task.scenario, reason: task.unfit });
    }
  };
  const all = [playHere(terminal), ...others.map(({ play }) => play)].map(work);
  try {
    await Promise.all(all);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(all);
    throw error;
  } finally {
    // What listens to both signals lets go of the caller's.
    stop.abort();
    for (const thread of others) await thread[Symbol.asyncDispose]();
  }
}

async function attempt(task: Task, play: Player, listeners: Listeners, signal: AbortSignal): Promise<Played> {
  try {
    return { kind: 'report', report: await play(task, listeners, signal) };
  } catch (error) {
    if (!isOfOne(error) || signal.aborted) throw error;
    return { kind: 'fault', scenario: task.scenario, fault: labFault(error) };
  }
}

/** A disk that is full is so for the others as well. */
function isOfOne(error: unknown): error is MidplaneError {
  return error instanceof MidplaneError && error.code !== 'FILE_UNREADABLE';
}
