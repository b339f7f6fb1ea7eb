import pino, { type Logger } from 'pino';
import {
  type DrillFailure,
  type DrillId,
  type DrillReport,
  type DrillStep,
  drillIds,
} from '../../report/drill-outcome';
import { failures, playFailure } from './failures';
import { startMigrationLab } from './migration-lab';
import { steps, takeStep } from './steps';

export interface DrillOptions {
  /** Of steps, the order is taken up to the last that is named; failures each stand by themselves. Default: all. */
  readonly only?: readonly DrillId[];
  readonly log?: Logger;
  readonly signal?: AbortSignal;
  /** Told before each part, for the progress. */
  readonly onPart?: (what: string) => void;
}

/** Throws MidplaneError when a lab cannot start, or does not do what it is told in time. */
export async function drill(options: DrillOptions = {}): Promise<DrillReport> {
  const began = performance.now();
  const { only = drillIds, onPart = () => undefined } = options;
  const log = options.log ?? pino({ level: 'silent' });
  const signal = options.signal ?? new AbortController().signal;
  const last = steps.findLastIndex(({ id }) => only.includes(id));
  const wanted = failures.filter(({ id }) => only.includes(id));
  const taken: DrillStep[] = [];
  const played: DrillFailure[] = [];
  if (last >= 0) {
    onPart('starting a lab');
    const lab = await startMigrationLab(log, signal);
    await using _ = lab;
    for (const step of steps.slice(0, last + 1)) {
      onPart(step.node === null ? step.id : `${step.id} on ${step.node}`);
      const outcome = await takeStep(step, lab);
      taken.push(outcome);
      // The next one would stand on what is not there.
      if (!outcome.asClaimed) break;
    }
  }
  for (const failure of wanted) {
    onPart(`failure ${failure.id}`);
    const lab = await startMigrationLab(log, signal);
    await using _ = lab;
    played.push(await playFailure(failure, lab));
  }
  return {
    apiVersion: 'midplane/v1',
    kind: 'MigrationDrill',
    steps: taken,
    failures: played,
    asClaimed: [...taken, ...played].every(({ asClaimed }) => asClaimed),
    durationMs: Math.round(performance.now() - began),
  };
}
