import { certificatesInWords } from './certificates-in-words';
import { type Comparing, comparable } from './comparable';
import { flatLines } from './flat-lines';
import { happenedParts } from './happened-parts';
import { type Cell, keyOf } from './outcome';
import type { Ran, Recording } from './recording';
import { isScenario } from './replay-frames';
import type { ScenarioReport, ScenarioRun, Twin } from './scenario-outcome';
import type { StoryMaterial } from './story';

/** One thing that can be compared: what it is of, and what is said of it. */
export interface Part {
  /** Of which run; null: a cell, a matrix, and what all runs share. */
  readonly twin: Twin | null;
  readonly kind: PartKind;
  /** Of a cell, machine or connection its name; empty otherwise. */
  readonly name: string;
  readonly lines: readonly string[];
}

export type PartKind = 'run' | 'outcome' | 'steps' | 'traces' | 'cell' | 'machine' | 'connection';

/** A recording in lines that can be compared. */
export function recordingParts(recording: Recording, comparing: Comparing): Part[] {
  const { header, lines, outcome } = recording;
  const told = isScenario(recording)
    ? reportParts(outcome.document as ScenarioReport, comparing)
    : cellRunParts(header.ran, outcome.document as StoryMaterial, comparing);
  const twins = [...new Set(told.map(({ twin }) => twin))];
  const reading = { ...comparing, certificates: certificatesInWords(header, comparing) };
  return [...told, ...twins.flatMap((twin) => happenedParts(twin, lines, reading))];
}

/** `position: arp` of a cell is said in its key only where it is another. */
export function cellPart(twin: Twin | null, cell: Cell, comparing: Comparing): Part {
  const { path: _path, defence: _defence, technique: _technique, position: _position, ...rest } = cell;
  return { twin, kind: 'cell', name: keyOf(cell), lines: flatLines(comparable(rest, comparing)) };
}

function cellRunParts(ran: Ran, { cell, command }: StoryMaterial, comparing: Comparing): Part[] {
  const { kind: _kind, ...which } = ran;
  return [
    { twin: null, kind: 'run', name: '', lines: flatLines({ ...which, command }) },
    { ...cellPart(null, cell, comparing), kind: 'outcome', name: '' },
  ];
}

/** What a scenario came to, without what happened meanwhile. */
export function reportParts({ scenario, runs }: ScenarioReport, comparing: Comparing): Part[] {
  return runs.flatMap((run) => runParts(scenario.id, run, comparing));
}

function runParts(scenario: string, run: ScenarioRun, comparing: Comparing): Part[] {
  const { twin, setting, steps, gains, traces, outcome, asClaimed, unmet, hints, cells = [] } = run;
  const lines = (value: unknown): string[] => flatLines(comparable(value, comparing));
  return [
    {
      twin,
      kind: 'run',
      name: '',
      lines: flatLines({ scenario, twin, setting }),
    },
    { twin, kind: 'outcome', name: '', lines: lines({ outcome, asClaimed, gains, unmet, hints }) },
    {
      twin,
      kind: 'steps',
      name: '',
      lines: steps.flatMap(({ who, did, saw, outcome: came }) => [
        ...lines(`${who}: ${did}`),
        ...lines(`${who} saw: ${saw} (${came})`),
      ]),
    },
    {
      twin,
      kind: 'traces',
      name: '',
      lines: traces.flatMap(({ kind, where, text }) => lines(`${kind} on ${where}: ${text}`)),
    },
    ...cells.map((cell) => cellPart(twin, cell, comparing)),
  ];
}
