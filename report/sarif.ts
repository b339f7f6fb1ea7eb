import { createHash } from 'node:crypto';
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
  /** The connection or scenario, for those who have no file to look at. */
  readonly logicalName: string;
  readonly at: SarifPlace | null;
  /** `accepted`: known before, and no reason to fail. Absent: there was nothing to compare with. */
  readonly baseline?: 'new' | 'accepted' | 'absent';
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A place in a file; the file as a path from the root of what is scanned. */
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

export function renderSarif({ rules, results, faults, startedAt }: SarifRun): string {
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
        results: results.map((result) => resultObject(result, rules, compared)),
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

function resultObject(result: SarifResult, rules: readonly SarifRule[], compared: boolean) {
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
        ...(at === null ? {} : { physicalLocation: physical(at) }),
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

function physical({ file, line, column }: SarifPlace) {
  return {
    artifactLocation: { uri: uriOf(file) },
    region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) },
  };
}

/** A URI reference: relative paths stay relative, and what a URI cannot say is escaped (RFC 3986 §2.1). */
function uriOf(file: string): string {
  const path = file.replace(/^\.\//, '').split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${path}` : path;
}

function clean(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
