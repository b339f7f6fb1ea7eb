import { escapeXml } from './xml';

/**
 * JUnit XML as the common schema has it (junit-10.xsd of Jenkins' xUnit plugin, which surefire, GitLab and GitHub's
 * actions read). Rule: `failure` is an expectation that was not met; `error` is a fault of the lab, which proves nothing
 * either way; `skipped` is what there was nothing to try.
 */
export interface JUnitSuite {
  readonly name: string;
  /** RFC 3339. */
  readonly startedAt?: string;
  readonly seconds?: number;
  readonly properties?: Readonly<Record<string, string>>;
  readonly cases: readonly JUnitCase[];
}

export interface JUnitCase {
  readonly className: string;
  readonly name: string;
  readonly seconds?: number;
  readonly result: JUnitResult;
  /** What was seen, for whoever opens the case. */
  readonly output: string;
}

export type JUnitResult =
  | { readonly kind: 'passed' }
  | {
      readonly kind: 'failed' | 'fault' | 'skipped';
      readonly type: string;
      readonly message: string;
      readonly text: string;
    };

export function renderJUnit(name: string, suites: readonly JUnitSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...counts(all) })}>`,
    ...suites.flatMap(suiteLines),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function suiteLines({ name, startedAt, seconds, properties = {}, cases }: JUnitSuite): string[] {
  const skipped = String(cases.filter(({ result }) => result.kind === 'skipped').length);
  return [
    `  <testsuite${attributes({ name, ...counts(cases), skipped, time: time(seconds), timestamp: timestamp(startedAt) })}>`,
    ...propertyLines(properties),
    ...cases.flatMap(caseLines),
    '  </testsuite>',
  ];
}

function propertyLines(properties: Readonly<Record<string, string>>): string[] {
  const each = Object.entries(properties);
  if (each.length === 0) return [];
  return [
    '    <properties>',
    ...each.map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
  ];
}

function caseLines({ className, name, seconds, result, output }: JUnitCase): string[] {
  return [
    `    <testcase${attributes({ classname: className, name, time: time(seconds) })}>`,
    ...resultLines(result),
    ...(output === '' ? [] : [`      <system-out>${escapeXml(output)}</system-out>`]),
    '    </testcase>',
  ];
}

function resultLines(result: JUnitResult): string[] {
  if (result.kind === 'passed') return [];
  const { type, message, text } = result;
  const element = { failed: 'failure', fault: 'error', skipped: 'skipped' }[result.kind];
  return [`      <${element}${attributes({ type, message })}>${escapeXml(text)}</${element}>`];
}

function counts(cases: readonly JUnitCase[]): Record<'tests' | 'failures' | 'errors', string> {
  const count = (kind: JUnitResult['kind']): string =>
    String(cases.filter(({ result }) => result.kind === kind).length);
  return { tests: String(cases.length), failures: count('failed'), errors: count('fault') };
}

/** The schema's SUREFIRE_TIME: at most three digits behind the point, and no exponent. */
function time(seconds: number | undefined): string | undefined {
  return seconds?.toFixed(3);
}

/** ISO 8601 without a zone, as surefire writes it; ours are UTC. */
function timestamp(startedAt: string | undefined): string | undefined {
  return startedAt?.replace(/(\.\d+)?Z$/, '');
}

function attributes(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${escapeXml(value)}"`]))
    .join('');
}
