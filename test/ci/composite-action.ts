import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** As much of a GitHub composite Action as ours uses. What is not known here throws, and so has to be added. */
export interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

interface Step {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ActionPlaces {
  /** Where action.yml is. */
  readonly action: string;
  /** Where the workflow has been checked out. */
  readonly workspace: string;
  readonly temp: string;
}

export interface ActionOutcome {
  /** Of the first step that failed; 0 without one. */
  readonly code: number;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** The Actions of others that would have been run, with what they would have been given. */
  readonly used: readonly { readonly uses: string; readonly with: Readonly<Record<string, string>> }[];
}

export async function readAction(file: string): Promise<Action> {
  return parse(await readFile(file, 'utf8')) as Action;
}

/** Runs the steps as a runner does; those of others are told, and not run. */
export async function runAction(
  { inputs, outputs, runs }: Action,
  given: Readonly<Record<string, string>>,
  { action, workspace, temp }: ActionPlaces,
): Promise<ActionOutcome> {
  await mkdir(temp, { recursive: true });
  const known = new Map<string, string>([['runner.temp', temp]]);
  for (const [name, { default: value }] of Object.entries(inputs)) known.set(`inputs.${name}`, value);
  for (const [name, value] of Object.entries(given)) {
    if (!(name in inputs)) throw new Error(`action.yml has no input ${name}`);
    known.set(`inputs.${name}`, value);
  }
  const files = { GITHUB_OUTPUT: 'output', GITHUB_PATH: 'path', GITHUB_STEP_SUMMARY: 'summary' };
  const runnerEnv = Object.fromEntries(Object.entries(files).map(([name, it]) => [name, join(temp, it)]));
  for (const file of Object.values(runnerEnv)) await writeFile(file, '');
  const linesOf = async (name: keyof typeof files): Promise<string[]> =>
    (await readFile(runnerEnv[name] ?? '', 'utf8')).split('\n').filter((line) => line !== '');

  let code = 0;
  let log = '';
  const used: { uses: string; with: Record<string, string> }[] = [];
  for (const step of runs.steps) {
    const runsAnyway = step.if?.includes('always()') === true;
    if ((code !== 0 && !runsAnyway) || !holds(step.if ?? 'always()', known)) continue;
    if (step.uses !== undefined) {
      used.push({ uses: step.uses, with: filledIn(step.with ?? {}, known) });
      continue;
    }
    if (step.run === undefined || step.shell !== 'bash') throw new Error(`step ${step.name} is not for bash`);
    const path = [...(await linesOf('GITHUB_PATH')).toReversed(), process.env['PATH']].join(':');
    const env = { ...runnerEnv, ...filledIn(step.env ?? {}, known), GITHUB_ACTION_PATH: action, PATH: path };
    const ran = await runBash(step.run, workspace, env);
    log += ran.output;
    if (code === 0) code = ran.code;
    for (const line of await linesOf('GITHUB_OUTPUT')) {
      const [name = '', value = ''] = line.split(/=(.*)/s);
      known.set(`steps.${step.id}.outputs.${name}`, value);
    }
    await writeFile(runnerEnv['GITHUB_OUTPUT'] ?? '', '');
  }
  const values = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  return {
    code,
    log,
    used,
    outputs: filledIn(values, known),
    summary: await readFile(runnerEnv['GITHUB_STEP_SUMMARY'] ?? '', 'utf8'),
  };
}

/** With the options that a GitHub runner gives to `shell: bash`. */
export function runBash(
  script: string,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((done, failed) => {
    let output = '';
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (text: Buffer): void => {
      output += text.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', failed);
    child.on('close', (code) => done({ code: code ?? 1, output }));
  });
}

function filledIn(
  values: Readonly<Record<string, string>>,
  known: ReadonlyMap<string, string>,
): Record<string, string> {
  const fill = (text: string): string =>
    text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, name: string) => valueIn(name, known));
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(String(value))]));
}

/** An output that no step has set is empty; anything else has to be known. */
function valueIn(name: string, known: ReadonlyMap<string, string>): string {
  const value = known.get(name);
  if (value === undefined && !name.startsWith('steps.')) throw new Error(`nothing is known of ${name}`);
  return value ?? '';
}

function holds(condition: string, known: ReadonlyMap<string, string>): boolean {
  return condition.split(' && ').every((term) => {
    if (term === 'always()') return true;
    const [, name = '', operator, value] = /^([\w.-]+) (==|!=) '(.*)'$/.exec(term) ?? [];
    if (operator === undefined) throw new Error(`no such condition is understood: ${term}`);
    return (valueIn(name, known) === value) === (operator === '==');
  });
}
