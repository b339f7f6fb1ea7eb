import type { TimelineEvent } from '../network/timeline';
import type { RecordedEvent, RecordedLine, Recording } from './recording';
import type { ScenarioReport, ScenarioStep } from './scenario-outcome';
import { type StoryLook, scenarioTeller } from './scenario-story';
import { type StoryMaterial, storyParts } from './story';

/** What is shown at once. The texts of all frames, one after the other, are what the live run printed. */
export interface Frame {
  /** Milliseconds since the recording began: its runs stand one behind the other. */
  readonly at: number;
  /** How many of the recording's events are over by then. */
  readonly event: number;
  /** Which run: the twin; null of a cell. */
  readonly twin: string | null;
  /** Whole lines. */
  readonly text: string;
}

export interface Replay {
  readonly frames: readonly Frame[];
  readonly events: number;
  readonly lastsMs: number;
}

export function replayOf(recording: Recording, look: StoryLook): Replay {
  const clock = new ReplayClock(recording.lines);
  const told = isScenario(recording)
    ? scenarioFrames(recording, clock, look)
    : cellFrames(recording, clock, look);
  const frames: Frame[] = [];
  for (const { at, twin, text } of told) {
    const time = Math.max(at, frames.at(-1)?.at ?? 0);
    frames.push({ at: time, event: clock.eventsUntil(time), twin, text });
  }
  return { frames, events: clock.events, lastsMs: clock.lastsMs };
}

/** What the live run made its story from. */
export function storyMaterialOf({ lines, outcome: { document } }: Recording): StoryMaterial {
  const { cell, command, transcript } = document as StoryMaterial;
  const events = lines.flatMap((line) => (line.type === 'event' ? [timelineEvent(line)] : []));
  return { cell, command, events, ...(transcript === undefined ? {} : { transcript }) };
}

export function isScenario({ header }: Pick<Recording, 'header'>): boolean {
  return header.ran.kind === 'scenario';
}

function timelineEvent({ at, host, connection, kind, data }: RecordedEvent): TimelineEvent {
  return { at, host, connection, kind, data };
}

type Told = Omit<Frame, 'event'>;

function cellFrames(recording: Recording, clock: ReplayClock, look: StoryLook): Told[] {
  const { opening, told, ending } = storyParts(storyMaterialOf(recording), look);
  const frame = (at: number, lines: readonly string[]): Told => ({
    at,
    twin: null,
    text: lines.map((line) => `${line}\n`).join(''),
  });
  return [
    frame(0, opening),
    ...told.map(({ at, lines }) => frame(clock.timeOf(null, at), lines)),
    frame(clock.lastsMs, ending),
  ];
}

function scenarioFrames({ lines, outcome }: Recording, clock: ReplayClock, look: StoryLook): Told[] {
  const { scenario, runs } = outcome.document as ScenarioReport;
  const teller = scenarioTeller(scenario, look);
  return [
    { at: 0, twin: null, text: teller.opening() },
    ...runs.flatMap((run): Told[] => {
      const { twin, steps } = run;
      const times = stepTimes(
        steps,
        lines.filter((line) => line.twin === twin),
      );
      return [
        { at: clock.timeOf(twin, 0), twin, text: teller.twin(twin) },
        ...steps.map((step, index) => ({
          at: clock.timeOf(twin, times[index] ?? 0),
          twin,
          text: teller.step(step, index + 1),
        })),
        { at: clock.endOf(twin), twin, text: teller.ending(run) },
      ];
    }),
    { at: clock.lastsMs, twin: null, text: teller.closing(runs) },
  ];
}

/** Of those that left no event (no cluster was there yet, or there was no room) that of the one before. */
function stepTimes(steps: readonly ScenarioStep[], lines: readonly RecordedLine[]): number[] {
  const events = lines.flatMap((line) =>
    line.type === 'event' && line.kind === 'scenario-step' ? [line] : [],
  );
  let next = 0;
  let at = 0;
  return steps.map(({ did, saw }) => {
    const found = events.findIndex(
      ({ data }, index) => index >= next && data['did'] === did && data['saw'] === saw,
    );
    if (found >= 0) {
      next = found + 1;
      at = events[found]?.at ?? at;
    }
    return at;
  });
}

/** The clock of a whole recording. */
class ReplayClock {
  readonly lastsMs: number;
  readonly #runs = new Map<string | null, { readonly began: number; lasted: number }>();
  readonly #eventTimes: readonly number[];

  constructor(lines: readonly RecordedLine[]) {
    let end = 0;
    for (const { twin, at } of lines) {
      let run = this.#runs.get(twin);
      if (run === undefined) {
        run = { began: end, lasted: 0 };
        this.#runs.set(twin, run);
      }
      run.lasted = Math.max(run.lasted, at);
      end = run.began + run.lasted;
    }
    this.lastsMs = end;
    this.#eventTimes = lines.flatMap((line) =>
      line.type === 'event' ? [this.timeOf(line.twin, line.at)] : [],
    );
  }

  get events(): number {
    return this.#eventTimes.length;
  }

  /** `at`: on the clock of that run. */
  timeOf(twin: string | null, at: number): number {
    return (this.#runs.get(twin)?.began ?? 0) + at;
  }

  endOf(twin: string | null): number {
    return this.timeOf(twin, this.#runs.get(twin)?.lasted ?? 0);
  }

  eventsUntil(time: number): number {
    let low = 0;
    let high = this.#eventTimes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#eventTimes[middle] ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
