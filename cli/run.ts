import type { Terminal } from './terminal';

export interface RunArguments {
  readonly path?: string;
  readonly defence?: string;
  readonly technique?: string;
  readonly side?: string;
  readonly position?: string;
  readonly all?: boolean;
  readonly only?: readonly string[];
  /** Waits for keys. */
  readonly step?: boolean;
  readonly speed?: string;
  /** How many at the same time. */
  readonly parallel?: string;
  readonly twin?: string;
  readonly dryRun?: boolean;
  /** True: before the first step. */
  readonly shell?: string | true;
  readonly rules?: string;
  readonly rule?: readonly string[];
  readonly output?: readonly string[];
  readonly evidence?: string;
  /** The file of a recording. */
  readonly record?: string;
  readonly seed?: string;
  readonly timeLimit?: string;
  readonly verbose?: boolean;
}

/** Scenarios by their names or out of files, or one cell of the matrix. */
export async function run(
  names: readonly string[],
  given: RunArguments,
  terminal: Terminal,
): Promise<number> {
  // In `run --shell NAME` the name is no step.
  if (names.length === 0 && typeof given.shell === 'string')
    return run([given.shell], { ...given, shell: true }, terminal);
  if (names.length > 0 || given.all === true || given.only !== undefined)
    return (await import('./run-scenarios')).runScenarios(names, given, terminal);
  return (await import('./run-path')).runPath(given, terminal);
}
