import type { LabFault } from './fault';
import type { ScenarioReport, ScenarioText } from './scenario-outcome';

/** What became of one of several scenarios. */
export type Played =
  | { readonly kind: 'report'; readonly report: ScenarioReport }
  /** Its lab failed: nothing is known of it. */
  | { readonly kind: 'fault'; readonly scenario: ScenarioText; readonly fault: LabFault }
  | {
      readonly kind: 'not-run';
      readonly scenario: ScenarioText;
      /** A clause that tells why. */
      readonly reason: string;
    };

/** The document of `midplane run` with several scenarios. Fields are added, never renamed. */
export interface ScenarioReportList {
  readonly apiVersion: 'midplane/v1';
  readonly kind: 'ScenarioReportList';
  readonly items: readonly ScenarioReport[];
  readonly faults: readonly {
    /** Its id. */
    readonly scenario: string;
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
  readonly notRun: readonly { readonly scenario: string; readonly reason: string }[];
}

export function reportListOf(all: readonly Played[]): ScenarioReportList {
  return {
    apiVersion: 'midplane/v1',
    kind: 'ScenarioReportList',
    items: all.flatMap((played) => (played.kind === 'report' ? [played.report] : [])),
    faults: all.flatMap((played) => {
      if (played.kind !== 'fault') return [];
      const { code, message, hint } = played.fault;
      return [{ scenario: played.scenario.id, code, message, hint }];
    }),
    notRun: all.flatMap((played) =>
      played.kind === 'not-run' ? [{ scenario: played.scenario.id, reason: played.reason }] : [],
    ),
  };
}

export function textOf(played: Played): ScenarioText {
  return played.kind === 'report' ? played.report.scenario : played.scenario;
}

export function isAsClaimed({ runs }: ScenarioReport): boolean {
  return runs.every(({ asClaimed }) => asClaimed);
}

/** `37 of 39 scenarios came out as claimed; 1 did not; the lab failed in 1`. */
export function countText(all: readonly Played[]): string {
  const reports = all.flatMap((played) => (played.kind === 'report' ? [played.report] : []));
  const good = reports.filter(isAsClaimed).length;
  const faults = all.filter(({ kind }) => kind === 'fault').length;
  const left = all.filter(({ kind }) => kind === 'not-run').length;
  return [
    `${good} of ${all.length} scenarios came out as claimed`,
    ...(good === reports.length ? [] : [`${reports.length - good} did not`]),
    ...(faults === 0 ? [] : [`the lab failed in ${faults}`]),
    ...(left === 0 ? [] : [`${left} not run`]),
  ].join('; ');
}
