import type { Terminal } from './terminal';

export interface RunArguments {
  readonly path?: string;
  readonly defence?: string;
  readonly technique?: string;
  readonly side?: string;
  readonly position?: string;
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
  readonly timeLimit: string;
  readonly verbose?: boolean;
}

/** A scenario by its name or out of a file, or one cell of the matrix. */
export async function run(
  name: string | undefined,
  given: RunArguments,
  terminal: Terminal,
): Promise<number> {
  // In `run --shell NAME` the name is no step.
  if (name === undefined && typeof given.shell === 'string')
    return run(given.shell, { ...given, shell: true }, terminal);
  if (name !== undefined) return (await import('./run-scenarios')).runScenarios(name, given, terminal);
  return (await import('./run-path')).runPath(given, terminal);
}
