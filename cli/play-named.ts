import { playTwins } from '../lab/scenarios/play-scenario';
import type { Scenario } from '../lab/scenarios/scenario';
import { randomnessOf } from '../randomness';
import { evidenceFiles, recordsOf, scenarioMaterial, type TwinRecord } from '../report/evidence-files';
import type { ScenarioReport, Twin } from '../report/scenario-outcome';
import { type RecordedRun, scenarioRecording } from '../report/write-recording';
import { componentLog } from './component-log';
import { type EvidencePlace, writeEvidence } from './evidence';
import type { Listeners } from './listeners';
import { nowhere, openKubectl } from './real-kubectl';
import { writeRecording } from './recording-file';
import type { Terminal } from './terminal';

export interface PlayWishes {
  readonly twins: readonly Twin[];
  readonly seed: string | null;
  readonly verbose: boolean;
  /** For each run of a path; null: the usual. */
  readonly timeLimitMs: number | null;
  readonly evidence: EvidencePlace | null;
  /** The file of a recording. */
  readonly record: string | null;
}

export interface PlayedScenario {
  readonly report: ScenarioReport;
  /** Writes the evidence and the recording that are wished for. */
  keep(): Promise<void>;
}

/** A scenario as the user wishes to have it. Throws MidplaneError when the lab fails. */
export async function playNamed(
  scenario: Scenario,
  { twins, seed, verbose, timeLimitMs, evidence, record }: PlayWishes,
  listeners: Listeners,
  terminal: Terminal,
): Promise<PlayedScenario> {
  const records: TwinRecord[] = [];
  const runs: RecordedRun[] = [];
  const report = await playTwins(scenario, twins, {
    ...listeners,
    signal: terminal.signal,
    random: randomnessOf(seed ?? undefined),
    kubectl: () => openKubectl(terminal.kubectl ?? nowhere),
    ...(timeLimitMs === null ? {} : { pathTimeLimitMs: timeLimitMs }),
    ...(verbose ? { log: componentLog(terminal) } : {}),
    ...(evidence === null && record === null
      ? {}
      : {
          onRecorded: (twin, clusters) => {
            records.push(...recordsOf(twin, clusters));
            runs.push({ twin, clusters });
          },
        }),
  });
  return {
    report,
    keep: async () => {
      if (evidence !== null)
        await writeEvidence(evidence, evidenceFiles(scenarioMaterial(report, records)), terminal);
      if (record !== null) await writeRecording(record, scenarioRecording(report, runs, seed), terminal);
    },
  };
}
