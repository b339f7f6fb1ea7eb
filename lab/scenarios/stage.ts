import pino, { type Logger } from 'pino';
import type { Trace } from '../../report/outcome';
import type { ScenarioStep } from '../../report/scenario-outcome';
import { type Cluster, type ClusterOptions, startCluster } from '../cluster';
import { type DefenceSettings, defenceSettings } from '../defences';
import { type LabPki, mintLabPki } from '../lab-pki';
import type { Lookout } from '../lookout';
import type { Recording } from '../recorder';
import { tracesOf } from '../traces';
import type { View } from '../view';

/** Where a scenario is played: it starts what it needs here, and says here what happened. All of it ends with the stage. */
export class Stage implements AsyncDisposable {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly steps: ScenarioStep[] = [];
  readonly gains: string[] = [];
  readonly #onStep: (step: ScenarioStep) => void;
  readonly #watched: {
    readonly lookout: Lookout;
    readonly stranger: readonly string[];
    readonly before: View;
    readonly recording: Recording;
  }[] = [];
  readonly #opened: { close(): Promise<void> }[] = [];

  constructor(options: { log?: Logger; signal?: AbortSignal; onStep?: (step: ScenarioStep) => void } = {}) {
    this.log = options.log ?? pino({ level: 'silent' });
    this.signal = options.signal ?? new AbortController().signal;
    this.#onStep = options.onStep ?? (() => undefined);
  }

  /** A cluster with its control loops, stock but for what is said. */
  async cluster(
    changes: Partial<DefenceSettings> &
      Pick<
        ClusterOptions,
        'apiserverFlags' | 'insteadOf' | 'objects' | 'controllerSettings' | 'konnectivityFrontendCa'
      > & {
        /** With keys that the scenario has had issued otherwise. */
        readonly pki?: LabPki;
      } = {},
  ): Promise<Cluster> {
    const {
      apiserverFlags = [],
      insteadOf = {},
      objects = [],
      controllerSettings,
      konnectivityFrontendCa,
      pki,
      ...settings
    } = changes;
    const stock = defenceSettings('none');
    if (stock === null) throw new Error('a stock cluster is always run');
    const cluster = await startCluster({
      pki: pki ?? (await mintLabPki()),
      settings: { ...stock, ...settings },
      log: this.log,
      controllers: true,
      apiserverFlags,
      insteadOf,
      objects,
      ...(controllerSettings === undefined ? {} : { controllerSettings }),
      ...(konnectivityFrontendCa === undefined ? {} : { konnectivityFrontendCa }),
    });
    this.closeLater(cluster);
    await this.#watch(cluster);
    return cluster;
  }

  /** What could be seen of everything that happened, in each of the clusters. */
  async traces(): Promise<Trace[]> {
    const traces: Trace[] = [];
    for (const { lookout, stranger, before, recording } of this.#watched.splice(0)) {
      recording.end();
      const now = await lookout.look({ nodes: true, requests: true });
      const seen = { before, during: now, after: now, attack: recording.read(), stranger };
      traces.push(...tracesOf({ ...seen, control: null, complaint: null, target: null }));
    }
    return traces;
  }

  async #watch({ lookout, attackerHost }: Cluster): Promise<void> {
    const before = await lookout.look({ nodes: true, requests: true });
    this.#watched.push({ lookout, stranger: attackerHost.addresses, before, recording: lookout.record() });
  }

  /** Whatever has to be closed when the scenario is over, last opened first. */
  closeLater<T extends { close(): Promise<void> }>(part: T): T {
    this.#opened.push(part);
    return part;
  }

  /** Somebody did something that belongs to the story, and it went as everybody expected. */
  did(who: string, did: string, saw: string): void {
    this.#add({ who, did, saw, outcome: 'went-well' });
  }

  /** The attacker did something and got what it must not have. `gain` says what, as a clause. */
  gained(who: string, did: string, saw: string, gain: string): void {
    this.gains.push(gain);
    this.#add({ who, did, saw, outcome: 'gained' });
  }

  /** The attacker did something and was turned away, in the words of whoever did. */
  refused(who: string, did: string, saw: string): void {
    this.#add({ who, did, saw, outcome: 'refused' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const part of this.#opened.splice(0).reverse()) {
      // One that cannot be closed must not leave the others open.
      await part.close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  #add(step: ScenarioStep): void {
    this.signal.throwIfAborted();
    this.steps.push(step);
    this.#onStep(step);
  }
}
