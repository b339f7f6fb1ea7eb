import { createHash } from 'node:crypto';
import { relative, resolve } from 'node:path';
import { midplaneVersion } from '../version';
import { printable } from './text';

/**
 * SARIF 2.1.0. Rule: a result is about the cluster's settings, a notification is about the lab. A lab that failed says
 * `executionSuccessful: false`, so that nobody reads an empty list of results as "nothing is open".
 */
export interface SarifRule {
  /** Stable: they are added, never renamed. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly help: string;
}

export interface SarifResult {
  readonly ruleId: string;
  readonly level: 'error' | 'warning' | 'note' | 'none';
  readonly message: string;
  /** What the finding is, without anything that changes from run to run. */
  readonly fingerprint: string;
  /** The connection or scenario. */
  readonly logicalName: string;
  /** Null: it stands in no file, and the logical name is shown as one. */
  readonly at: SarifPlace | null;
  /** `accepted`: known before, and no reason to fail. Absent: there was nothing to compare with. */
  readonly baseline?: 'new' | 'accepted' | 'absent';
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A place in a file. */
export interface SarifPlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

export interface SarifRun {
  readonly rules: readonly SarifRule[];
  readonly results: readonly SarifResult[];
  /** What went wrong with the lab itself. */
  readonly faults: readonly { readonly id: string; readonly text: string }[];
  readonly startedAt?: string;
}

export interface SarifOptions {
  /** Where midplane was started, absolute: files below it are named from there. Without it they keep their names. */
  readonly folder?: string;
}

export function renderSarif(
  { rules, results, faults, startedAt }: SarifRun,
  { folder }: SarifOptions = {},
): string {
  // GitHub and the specification want one and the same state of comparison on all results, or none (§3.27.24).
  const compared = results.some(({ baseline }) => baseline !== undefined);
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'midplane',
            semanticVersion: midplaneVersion,
            rules: rules.map(ruleObject),
          },
        },
        invocations: [
          {
            executionSuccessful: faults.length === 0,
            ...(startedAt === undefined ? {} : { startTimeUtc: startedAt }),
            toolExecutionNotifications: faults.map(({ id, text }) => ({
              descriptor: { id },
              level: 'error',
              message: { text: clean(text) },
            })),
          },
        ],
        columnKind: 'unicodeCodePoints',
        originalUriBaseIds: { [root]: { description: { text: 'the folder in which midplane was started' } } },
        results: results.map((result) => resultObject(result, { rules, compared, folder })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleObject({ id, title, text, help }: SarifRule) {
  return {
    id,
    name: id.replace(/(^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, __, letter: string) => letter.toUpperCase()),
    shortDescription: { text: clean(title) },
    fullDescription: { text: clean(text) },
    help: { text: clean(help) },
    defaultConfiguration: { level: 'warning' },
  };
}

function resultObject(
  result: SarifResult,
  { rules, compared, folder }: { rules: readonly SarifRule[]; compared: boolean; folder: string | undefined },
) {
  const { ruleId, level, message, fingerprint, logicalName, at, baseline, properties } = result;
  return {
    ruleId,
    ruleIndex: rules.findIndex(({ id }) => id === ruleId),
    // What passed is no problem, and no level goes with it (§3.27.10).
    kind: level === 'none' ? 'pass' : 'fail',
    level,
    message: { text: clean(message) },
    locations: [
      {
        physicalLocation: at === null ? nowhere(logicalName) : physical(at, folder),
        logicalLocations: [{ fullyQualifiedName: logicalName, kind: 'resource' }],
      },
    ],
    partialFingerprints: { 'midplane/v1': fingerprint, primaryLocationLineHash: lineHash(fingerprint) },
    ...(compared ? { baselineState: baselineState(baseline) } : {}),
    ...(baseline === 'accepted'
      ? { suppressions: [{ kind: 'external', justification: 'accepted by the baseline' }] }
      : {}),
    properties,
  };
}

/**
 * The one fingerprint that GitHub reads, together with the rule and the file; without it, whatever stands at one line would be
 * one alert. Source: docs.github.com, "SARIF support for code scanning".
 */
function lineHash(fingerprint: string): string {
  return `${createHash('sha256').update(fingerprint).digest('hex').slice(0, 16)}:1`;
}

function baselineState(baseline: SarifResult['baseline']): string {
  if (baseline === 'accepted') return 'unchanged';
  return baseline ?? 'new';
}

/** What relative names begin from, as GitHub calls it; elsewhere it is said where that is. */
const root = '%SRCROOT%';

function physical({ file, line, column }: SarifPlace, folder: string | undefined) {
  return {
    artifactLocation: artifact(folder === undefined ? file : seenFrom(folder, file)),
    region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) },
  };
}

/** Files elsewhere keep their whole path. */
function seenFrom(folder: string, file: string): string {
  const path = relative(folder, resolve(folder, file));
  return path === '..' || path.startsWith('../') ? resolve(folder, file) : path;
}

/** A URI reference, in which a URI cannot say everything as it is (RFC 3986 §2.1); only a relative one has a base (§3.4.4). */
function artifact(file: string) {
  const path = file.replace(/^\.\//, '').split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? { uri: `file://${path}` } : { uri: path, uriBaseId: root };
}

/** GitHub refuses a whole log of which one result is in no file. Source: github/codeql-action issue 1738. */
function nowhere(logicalName: string) {
  return { artifactLocation: { uri: encodeURI(logicalName) }, region: { startLine: 1 } };
}

function clean(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
