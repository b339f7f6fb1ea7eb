import type { TimelineEvent } from '../network/timeline';
import { emulatedKubernetes, midplaneVersion } from '../version';
import { parseCertificate } from '../wire/certificate';
import type { DistinguishedName } from '../wire/certificate-name';
import { pemBlocks, pemText } from '../wire/pem';
import { positionOf } from './outcome';
import { recordedWire, type WireLine } from './recorded-wire';
import type {
  OutcomeDocument,
  Ran,
  RecordedCertificate,
  RecordedLine,
  Recording,
  RecordingHeader,
} from './recording';
import type { ScenarioReport, Twin } from './scenario-outcome';
import type { StoryMaterial } from './story';
import type { WireRecording } from './wire-recording';

export interface RecordingMaterial {
  readonly ran: Ran;
  readonly seed: string | null;
  readonly made: RecordingHeader['made'];
  readonly runs: readonly RecordedRun[];
  readonly document: OutcomeDocument;
}

/** One run: of a cell its only one, of a scenario one for each twin. */
export interface RecordedRun {
  readonly twin: Twin | null;
  /** In the order of their starting. */
  readonly clusters: readonly {
    readonly events: readonly TimelineEvent[];
    /** Null: not to be had. */
    readonly wire: WireRecording | null;
  }[];
}

export function cellRecording(
  { events, ...document }: StoryMaterial,
  wires: readonly WireRecording[],
  seed: string | null,
): Omit<RecordingMaterial, 'made'> {
  const { path, defence, technique, side } = document.cell;
  return {
    ran: {
      kind: 'cell',
      path,
      defence,
      technique,
      position: positionOf(document.cell),
      ...(side === undefined ? {} : { side }),
    },
    seed,
    runs: [{ twin: null, clusters: [{ events, wire: wires[0] ?? null }] }],
    document,
  };
}

export function scenarioRecording(
  report: ScenarioReport,
  runs: readonly RecordedRun[],
  seed: string | null,
): Omit<RecordingMaterial, 'made'> {
  const twins = report.runs.map(({ twin }) => twin);
  return { ran: { kind: 'scenario', name: report.scenario.id, twins }, seed, runs, document: report };
}

export const RECORDING_NOTE =
  'Every key, token and certificate in here was made for this lab, is named LAB and opens nothing else.';

export function makeRecording({ ran, seed, made, runs, document }: RecordingMaterial): Recording {
  const read = runs.map(linesOf);
  const lines = read.flatMap((each) => each.lines);
  return {
    header: {
      apiVersion: 'midplane/v1',
      kind: 'Recording',
      midplaneVersion,
      emulates: emulatedKubernetes,
      ran,
      seed,
      note: RECORDING_NOTE,
      certificates: certificatesOf(read.flatMap((each) => each.certificates)),
      made,
    },
    lines,
    outcome: { type: 'outcome', lines: lines.length, document },
  };
}

/** The file: newline-delimited JSON. */
export function recordingText({ header, lines, outcome }: Recording): string {
  return [header, ...lines, outcome].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** All of its clusters in one order, on the clock of the first. */
function linesOf({ twin, clusters }: RecordedRun): { lines: RecordedLine[]; certificates: Buffer[] } {
  const began = clusters[0]?.wire?.beganAt;
  const certificates: Buffer[] = [];
  const lines: RecordedLine[] = [];
  for (const [index, { events, wire }] of clusters.entries()) {
    const late = wire === null || began === undefined ? 0 : wire.beganAt - began;
    const where = { twin, cluster: index + 1 };
    lines.push(
      ...events.map((event): RecordedLine => {
        const { at, host, connection, kind, data } = event;
        return { type: 'event', ...where, at: at + late, host, connection, kind, data };
      }),
    );
    if (wire === null) continue;
    const opened = recordedWire(wire);
    lines.push(...opened.lines.map((line): RecordedLine => placed(line, where, late)));
    const authorities = (wire.authorities ?? []).flatMap((pem) => pemBlocks(pem).map(({ der }) => der));
    certificates.push(...authorities, ...opened.certificates);
  }
  // Keeps the order of what happened at once; events of one cluster stay as they were told.
  lines.sort((a, b) => a.at - b.at);
  return { lines, certificates };
}

/** The common fields first. */
function placed(line: WireLine, where: Pick<RecordedLine, 'twin' | 'cluster'>, late: number): RecordedLine {
  const { type, at, ...rest } = line;
  return { type, ...where, at: at + late, ...rest } as RecordedLine;
}

/** Each once, in the order in which they were first seen. */
function certificatesOf(all: readonly Buffer[]): RecordedCertificate[] {
  const once = new Map(all.map((der) => [der.toString('base64'), der]));
  return [...once.values()].map((der) => {
    const parsed = parseCertificate(der);
    const name = (of: DistinguishedName): string =>
      [...of.organizations.map((each) => `O=${each}`), `CN=${of.commonName}`].join(',');
    const isRead = parsed.kind === 'certificate';
    return {
      subject: isRead ? name(parsed.subject) : parsed.text,
      issuer: isRead ? name(parsed.issuer) : '',
      pem: pemText('CERTIFICATE', der),
    };
  });
}
