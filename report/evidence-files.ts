import type { TimelineEvent } from '../network/timeline';
import { midplaneVersion } from '../version';
import { asciicast } from './asciicast';
import { attackerCapture, type CaptureFile, LAB_KEYS_ONLY, legCaptures } from './capture-files';
import { cellVerdict, renderEvidenceHtml } from './evidence-html';
import { matrixBody } from './matrix-html';
import { type InterceptionMatrix, positionOf } from './outcome';
import { scenarioBody } from './scenario-html';
import type { ScenarioReport, Twin } from './scenario-outcome';
import { cellScreens, type Screens, scenarioScreens } from './screens';
import { cellSequence, type Sequence, scenarioSequence } from './sequence';
import { renderMermaid } from './sequence-mermaid';
import { renderSequenceSvg } from './sequence-svg';
import type { StoryMaterial } from './story';
import type { WireRecording } from './wire-recording';

/** What a run is proved with, as files: pure, so that whoever has the material has the same bundle. */
export interface EvidenceMaterial {
  /** `midplane 0.1.0` */
  readonly application: string;
  /** What was run, for people. */
  readonly title: string;
  /** The document of the verdict, as `-o json` prints it. */
  readonly verdict: object;
  /** The same for the page: HTML. */
  readonly verdictHtml: readonly string[];
  readonly acts: readonly EvidenceAct[];
}

/** One run of one lab: a cell has one, a scenario one for each twin. */
export interface EvidenceAct {
  /** Where its files are; '' for the bundle's own folder. */
  readonly folder: string;
  /** What came of it, where the verdict of the bundle is about several. */
  readonly outcome?: StoryMaterial;
  readonly events: readonly TimelineEvent[];
  readonly wire: WireRecording;
  readonly screens: Screens;
  readonly sequence: Sequence;
}

/** What was recorded of one cluster of a twin. */
export interface TwinRecord extends Pick<EvidenceAct, 'folder' | 'events' | 'wire'> {
  readonly twin: Twin;
}

export type EvidenceFile = CaptureFile;

export function evidenceFiles(material: EvidenceMaterial): EvidenceFile[] {
  const files = [
    text('verdict.json', `${JSON.stringify(material.verdict, null, 2)}\n`),
    ...material.acts.flatMap((act) => actFiles(act, material)),
  ];
  const page = text(
    'report.html',
    renderEvidenceHtml(material.title, material.verdictHtml, material.acts, files),
  );
  return [text('README.md', contents(material, [page, ...files])), page, ...files];
}

export function cellMaterial(
  outcome: StoryMaterial,
  verdict: InterceptionMatrix,
  wires: readonly WireRecording[],
): EvidenceMaterial {
  const { cell, command } = outcome;
  const words = [cell.path, cell.defence, cell.technique, positionOf(cell)];
  return {
    application: `midplane ${midplaneVersion}`,
    title: `${words.join(' · ')}: ${cell.verdict} (${command})`,
    verdict,
    verdictHtml: cellVerdict(cell, command),
    acts: wires.map((wire) => cellAct('', outcome, wire)),
  };
}

/** One path after another, each as it was attacked once more. */
export function matrixMaterial(
  matrix: InterceptionMatrix,
  recorded: readonly RecordedCell[],
): EvidenceMaterial {
  return {
    application: `midplane ${midplaneVersion}`,
    title: 'midplane check: what each path came to',
    verdict: matrix,
    verdictHtml: matrixBody(matrix),
    acts: recorded.map(({ outcome, wire }) => ({ ...cellAct(outcome.cell.path, outcome, wire), outcome })),
  };
}

export interface RecordedCell {
  readonly outcome: StoryMaterial;
  readonly wire: WireRecording;
}

function cellAct(folder: string, outcome: StoryMaterial, wire: WireRecording): EvidenceAct {
  const { events } = outcome;
  return { folder, events, wire, screens: cellScreens(outcome), sequence: cellSequence(outcome) };
}

export function scenarioMaterial(report: ScenarioReport, records: readonly TwinRecord[]): EvidenceMaterial {
  const { id, title } = report.scenario;
  const acts = report.runs.flatMap((run) =>
    records
      .filter(({ twin }) => twin === run.twin)
      .map(({ folder, events, wire }) => ({
        folder,
        events,
        wire,
        screens: scenarioScreens(run, events),
        sequence: scenarioSequence(run, events),
      })),
  );
  return {
    application: `midplane ${midplaneVersion}`,
    title: `${id}: ${title}`,
    verdict: report,
    verdictHtml: scenarioBody(report),
    acts,
  };
}

/** One folder a twin, and one a cluster where a twin has several. */
export function recordsOf(
  twin: Twin,
  clusters: readonly Pick<TwinRecord, 'events' | 'wire'>[],
): TwinRecord[] {
  return clusters.map(({ events, wire }, index) => ({
    twin,
    folder: clusters.length === 1 ? twin : `${twin}/cluster-${index + 1}`,
    events,
    wire,
  }));
}

function actFiles(
  { folder, outcome, events, wire, screens, sequence }: EvidenceAct,
  { application }: EvidenceMaterial,
): EvidenceFile[] {
  const attackers = attackerCapture(wire, application);
  const captures = [...legCaptures(wire, application), ...(attackers === null ? [] : [attackers])];
  const files = [
    ...(outcome === undefined ? [] : [text('verdict.json', `${JSON.stringify(outcome.cell, null, 2)}\n`)]),
    text('user.cast', asciicast(screens.user, wire.beganAt)),
    text('attacker.cast', asciicast(screens.attacker, wire.beganAt)),
    text('sequence.mmd', renderMermaid(sequence)),
    text('sequence.svg', renderSequenceSvg(sequence)),
    text('timeline.ndjson', events.map(line).join('')),
    ...captures.map(({ name, content }) => ({ name: `captures/${name}`, content })),
  ];
  return files.map(({ name, content }) => ({ name: folder === '' ? name : `${folder}/${name}`, content }));
}

/** To the microsecond: more is noise. */
function line(event: TimelineEvent): string {
  return `${JSON.stringify({ ...event, at: Math.round(event.at * 1000) / 1000 })}\n`;
}

function contents({ application, title, acts }: EvidenceMaterial, files: readonly EvidenceFile[]): string {
  const rows = files.map(({ name, content }) => `| ${name} | ${content.length} | ${describe(name)} |`);
  const missing = acts.flatMap(({ folder, wire: { dropped } }) =>
    dropped.connections + dropped.bytes === 0
      ? []
      : [
          `There was no room for ${dropped.connections} connections and ${dropped.bytes} bytes of ${folder || 'the run'}.`,
        ],
  );
  const lines = [
    `# Evidence: ${title}`,
    '',
    `Made by ${application}. ${LAB_KEYS_ONLY}`,
    ...missing.flatMap((said) => ['', said]),
    '',
    '| file | bytes | what it is |',
    '| --- | --- | --- |',
    ...rows,
    '',
    'Look at what is inside TLS, without any setting:',
    '',
    '    tshark -r captures/FILE.pcapng -Y http -V',
  ];
  return `${lines.join('\n')}\n`;
}

function describe(name: string): string {
  if (name.endsWith('verdict.json')) return 'the verdict, as `-o json` prints it';
  if (name.endsWith('timeline.ndjson')) return 'every event, one JSON object a line';
  if (name.endsWith('.html')) return 'all of this on one page: begin here';
  if (name.endsWith('user.cast')) return 'what the user saw, for asciinema play';
  if (name.endsWith('attacker.cast')) return 'what the attacker saw, for asciinema play';
  if (name.endsWith('.mmd')) return 'who said what to whom, for Markdown with Mermaid';
  if (name.endsWith('.svg')) return 'the same as a picture';
  if (name.endsWith('captures/attacker.pcapng'))
    return 'what came to the attacker, with only the keys that it had';
  return 'one leg, with the keys of both its ends';
}

function text(name: string, content: string): EvidenceFile {
  return { name, content: Buffer.from(content) };
}
