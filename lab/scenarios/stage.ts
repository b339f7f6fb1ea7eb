import pino, { type Logger } from 'pino';
import type { KubeResponse } from '../../client/kube-client';
import { MidplaneError } from '../../error';
import type { TimelineEvent } from '../../network/timeline';
import { inTurn, type Randomness, systemRandomness } from '../../randomness';
import type { Cell, Trace } from '../../report/outcome';
import type { ScenarioStep } from '../../report/scenario-outcome';
import type { WireRecording } from '../../report/wire-recording';
import { type Cluster, type ClusterOptions, startCluster } from '../cluster';
import type { DefenceSettings } from '../defences';
import type { Kubectl, OpenKubectl } from '../kubectl';
import { type LabPki, mintLabPki } from '../lab-pki';
import type { Lookout } from '../lookout';
import type { Placed } from '../place-attacker';
import type { Recording } from '../recorder';
import { type Lab, type LabOptions, startLab } from '../run-matrix';
import { clusterSettings } from '../scenario-files/cluster-settings';
import { type ClusterChanges, stockCluster } from '../scenario-files/scenario-file';
import type { ReadObject, ReadObjects } from '../scenario-files/unmet-object';
import { tracesOf } from '../traces';
import type { View } from '../view';
import { WireRecorder } from '../wire-recorder';

/** A story has a few thousand. */
const MOST_EVENTS = 50_000;

/** What happened in one cluster from when it was ready, and what went over its network. */
export interface ClusterRecord {
  readonly events: readonly TimelineEvent[];
  readonly wire: WireRecording;
}

/** Where a scenario has come to. */
export interface Pause {
  /** The one that is over; null before the first, when the first cluster is ready. */
  readonly step: ScenarioStep | null;
  /** How many are over. */
  readonly index: number;
  /** The one that was started last. */
  readonly cluster: Cluster | null;
}

/** Called between steps: the scenario goes on when it is done. */
export type Pace = (pause: Pause) => Promise<void>;

/** What is about to be done on a path. */
export interface Coming {
  /** How many steps are over. */
  readonly index: number;
  /** As `who: command`. */
  readonly action: string;
  readonly cluster: Cluster;
  /** Puts the attacker where it will then be; null: nobody attacks this. */
  readonly place: (() => Promise<Placed>) | null;
}

/** Called before each action on a path, which is begun when it is done. */
export type BeforeAction = (coming: Coming) => Promise<void>;

/** Where a scenario is played: it starts what it needs here, and says here what happened. All of it ends with the stage. */
export class Stage implements AsyncDisposable {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly steps: ScenarioStep[] = [];
  readonly gains: string[] = [];
  readonly cells: Cell[] = [];
  /** Words that nobody knows; the same ones in every run with the same seed. */
  readonly random: Randomness;
  /** For each run of a path; null: as of a matrix. */
  readonly pathTimeLimitMs: number | null;
  readonly #randomFor: (label: string) => Randomness;
  readonly #onStep: (step: ScenarioStep) => void;
  readonly #pace: Pace;
  readonly #beforeAction: BeforeAction;
  readonly #kubectl: OpenKubectl | null;
  readonly #watched: {
    readonly lookout: Lookout;
    readonly stranger: readonly string[];
    readonly before: View;
    readonly recording: Recording;
  }[] = [];
  readonly #records: {
    readonly cluster: Cluster;
    readonly wire: WireRecorder;
    readonly events: TimelineEvent[];
  }[] = [];
  readonly #recorded: boolean;
  #changes: ClusterChanges = stockCluster;
  readonly #clusters: Cluster[] = [];
  readonly #opened: { close(): Promise<void> }[] = [];

  constructor(
    options: {
      log?: Logger;
      signal?: AbortSignal;
      onStep?: (step: ScenarioStep) => void;
      pace?: Pace;
      beforeAction?: BeforeAction;
      random?: Randomness;
      kubectl?: OpenKubectl;
      pathTimeLimitMs?: number;
      /** Whether the networks of its clusters are recorded. */
      recorded?: boolean;
    } = {},
  ) {
    this.#recorded = options.recorded ?? false;
    this.log = options.log ?? pino({ level: 'silent' });
    this.signal = options.signal ?? new AbortController().signal;
    this.random = options.random ?? systemRandomness;
    this.pathTimeLimitMs = options.pathTimeLimitMs ?? null;
    this.#randomFor = inTurn(this.random);
    this.#onStep = options.onStep ?? (() => undefined);
    this.#pace = options.pace ?? (async () => undefined);
    this.#beforeAction = options.beforeAction ?? (async () => undefined);
    this.#kubectl = options.kubectl ?? null;
  }

  /** In what the clusters that are started from now on differ from stock. */
  begin(changes: ClusterChanges): void {
    this.#changes = changes;
  }

  /** A cluster with its control loops: what the scenario's file says of it, and what no file can say. */
  async cluster(
    more: Pick<ClusterOptions, 'apiserverFlags' | 'controllerSettings' | 'konnectivityFrontendCa'> & {
      /** With keys that the play has had issued otherwise. */
      readonly pki?: LabPki;
    } = {},
  ): Promise<Cluster> {
    const { apiserver, objects } = this.#changes;
    const wires: WireRecorder[] = [];
    const random = this.#randomFor('cluster');
    const cluster = await startCluster({
      ...more,
      pki: more.pki ?? (await mintLabPki({ random: random.for('pki') })),
      random,
      settings: clusterSettings(this.#changes),
      log: this.log,
      controllers: true,
      apiserverFlags: [...apiserver, ...(more.apiserverFlags ?? [])],
      objects,
      ...(this.#recorded ? { onFabric: (fabric) => void wires.push(new WireRecorder(fabric)) } : {}),
    });
    this.closeLater(cluster);
    await this.#watch(cluster);
    for (const wire of wires) this.#record(cluster, wire);
    await this.#isReady(cluster);
    return cluster;
  }

  /** A cluster without control loops, in which paths are attacked as in a matrix. */
  async lab(
    settings: DefenceSettings,
    options: Omit<LabOptions, 'log' | 'signal' | 'onFabric'>,
  ): Promise<Lab> {
    const wires: WireRecorder[] = [];
    const random = this.#randomFor('lab');
    const lab = await startLab(await mintLabPki({ random: random.for('pki') }), settings, {
      ...(this.pathTimeLimitMs === null ? {} : { cellTimeLimitMs: this.pathTimeLimitMs }),
      ...options,
      random,
      log: this.log,
      signal: this.signal,
      ...(this.#recorded ? { onFabric: (fabric) => void wires.push(new WireRecorder(fabric)) } : {}),
    });
    this.closeLater({ close: async () => lab[Symbol.asyncDispose]() });
    for (const wire of wires) this.#record(lab.cluster, wire);
    await this.#isReady(lab.cluster);
    return lab;
  }

  /** The real one. Throws MidplaneError LAB_START_FAILED where there is none. */
  async kubectl(): Promise<Kubectl> {
    if (this.#kubectl === null) {
      throw new MidplaneError('LAB_START_FAILED', 'this scenario runs kubectl, and was given none', {
        hint: 'midplane run finds the one on PATH; who plays it by a program of his own hands one over',
      });
    }
    return this.closeLater(await this.#kubectl());
  }

  /** What the apiserver of the last cluster has at these places, for an administrator. */
  async objects(places: readonly string[]): Promise<ReadObjects> {
    const admin = this.#clusters.at(-1)?.admin;
    const read: [string, ReadObject][] = [];
    for (const place of places) {
      const answer = await admin?.request('GET', place, { signal: this.signal });
      read.push([place, readObjectOf(answer)]);
    }
    return new Map(read);
  }

  /** Of each cluster, in the order of their starting. */
  records(): ClusterRecord[] {
    return this.#records.map(({ cluster, wire, events }) => ({
      events,
      wire: wire.read((connection) => cluster.lookout.isOwn(connection), [cluster.pki.caPem]),
    }));
  }

  #record(cluster: Cluster, wire: WireRecorder): void {
    const events: TimelineEvent[] = [];
    const { fabric, lookout } = cluster;
    wire.during('in the scenario');
    fabric.timeline.subscribe((event) => {
      if (!lookout.isOwn(event.connection) && events.length < MOST_EVENTS) events.push(event);
    });
    this.#records.push({ cluster, wire, events });
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
    traces.push(...this.cells.flatMap(({ evidence }) => evidence.traces ?? []));
    // Every path that is attacked leaves the same marks on the machines.
    return [...new Map(traces.map((trace) => [JSON.stringify(trace), trace])).values()];
  }

  async #watch({ lookout, attackerHost }: Cluster): Promise<void> {
    const before = await lookout.look({ nodes: true, requests: true });
    this.#watched.push({ lookout, stranger: attackerHost.addresses, before, recording: lookout.record() });
  }

  async #isReady(cluster: Cluster): Promise<void> {
    this.#clusters.push(cluster);
    if (this.#clusters.length === 1 && this.steps.length === 0)
      await this.#pace({ step: null, index: 0, cluster });
  }

  /** Whatever has to be closed when the scenario is over, last opened first. */
  closeLater<T extends { close(): Promise<void> }>(part: T): T {
    this.#opened.push(part);
    return part;
  }

  /** This comes next. */
  async before(coming: Omit<Coming, 'index'>): Promise<void> {
    await this.#beforeAction({ ...coming, index: this.steps.length });
    this.signal.throwIfAborted();
  }

  /** Somebody did something that belongs to the story, and it went as everybody expected. */
  async did(who: string, did: string, saw: string, text?: string): Promise<void> {
    await this.#add({ who, did, saw, outcome: 'went-well', ...(text === undefined ? {} : { text }) });
  }

  /** The attacker did something and got what it must not have. `gain` says what, as a clause. */
  async gained(who: string, did: string, saw: string, gain: string, text?: string): Promise<void> {
    this.gains.push(gain);
    await this.#add({ who, did, saw, outcome: 'gained', ...(text === undefined ? {} : { text }) });
  }

  /** The attacker did something and was turned away, in the words of whoever did. */
  async refused(who: string, did: string, saw: string, text?: string): Promise<void> {
    await this.#add({ who, did, saw, outcome: 'refused', ...(text === undefined ? {} : { text }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const part of this.#opened.splice(0).reverse()) {
      // One that cannot be closed must not leave the others open.
      await part.close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #add(step: ScenarioStep): Promise<void> {
    this.signal.throwIfAborted();
    this.steps.push(step);
    // In the last cluster that was started: there the story is.
    this.#records.at(-1)?.cluster.fabric.timeline.record(step.who, null, 'scenario-step', { ...step });
    this.#onStep(step);
    await this.#pace({ step, index: this.steps.length, cluster: this.#clusters.at(-1) ?? null });
    this.signal.throwIfAborted();
  }
}

function readObjectOf(answer: KubeResponse | undefined): ReadObject {
  if (answer === undefined) return { kind: 'unread', why: 'there was no cluster' };
  if (answer.ok) return { kind: 'object', object: answer.json() };
  return answer.status === 404 ? { kind: 'none' } : { kind: 'unread', why: answer.words };
}
