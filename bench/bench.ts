import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runMatrix } from '../lab/run-matrix';
import { techniquesRun } from '../scenarios/vocabulary';
import { benchApi } from './api';
import { benchNodes } from './nodes';
import { benchRelay } from './relay';
import type { Steadiness } from './steady';
import { benchStreams } from './streams';

/**
 * `npm run bench [-- --rounds N] [-- --json FILE]`: what midplane promises about speed, measured in one run. Medians
 * are the result where the machine is noisy; ratios compare rows of the same run.
 */
interface Row {
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** Against the row of the same kind that it is compared with. */
  readonly ratio?: number;
  readonly goal?: string;
}

const run = promisify(execFile);
const cli = join(__dirname, '..', 'cli', 'main.js');

async function main(): Promise<void> {
  const rounds = Number(flag('--rounds') ?? 5);
  const progress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  };
  const rows: Row[] = [];
  rows.push(
    await wholeProcess('npm start: process start to printed matrix', ['matrix'], rounds, progress, '< 3 s'),
  );
  rows.push(
    await wholeProcess(
      'matrix --all: every technique of this release',
      ['matrix', '--all'],
      rounds,
      progress,
      '< 10 s',
    ),
  );
  rows.push(await cellsPerSecond(rounds, progress));
  rows.push(await memoryAtRest(rounds));
  rows.push(...(await steadiness(progress)));
  rows.push(...(await relayRows(rounds, progress)));
  rows.push(...(await benchApi(rounds, progress)));
  rows.push(...(await streamRows(rounds, progress)));
  rows.push(...(await nodeRows(progress)));
  progress('');
  const json = flag('--json');
  if (json !== undefined) {
    const machine = { node: process.version, platform: process.platform, arch: process.arch };
    writeFileSync(json, `${JSON.stringify({ machine, rows: rows.map(summed) }, null, 2)}\n`);
  }
  process.stdout.write(table(rows));
}

function flag(name: string): string | undefined {
  const index = process.argv.indexOf(name);
  return index < 0 ? undefined : process.argv[index + 1];
}

async function wholeProcess(
  what: string,
  args: string[],
  rounds: number,
  progress: (text: string) => void,
  goal: string,
): Promise<Row> {
  const values: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`${what}, round ${round}/${rounds}`);
    const began = performance.now();
    await run(process.execPath, [cli, ...args], { maxBuffer: 16 * 1024 * 1024 });
    values.push((performance.now() - began) / 1000);
  }
  return { what, unit: 's', values, goal };
}

async function cellsPerSecond(rounds: number, progress: (text: string) => void): Promise<Row> {
  const values: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`cells a second, round ${round}/${rounds}`);
    const matrix = await runMatrix({ techniques: techniquesRun });
    const ran = matrix.cells.filter((cell) => cell.verdict !== 'not-applicable').length;
    values.push(ran / ((matrix.metadata?.durationMs ?? Number.NaN) / 1000));
  }
  return { what: 'cells (control run and attack), one lab a defence', unit: 'cells/s', values };
}

async function memoryAtRest(rounds: number): Promise<Row> {
  const values: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const { stdout } = await run(process.execPath, ['--expose-gc', join(__dirname, 'rest.js')]);
    values.push(Number(stdout) / 1024 / 1024);
  }
  return { what: 'a lab at rest, resident', unit: 'MiB', values, goal: '< 150 MiB' };
}

async function steadiness(progress: (text: string) => void): Promise<Row[]> {
  progress('twenty matrices in one process');
  const { stdout } = await run(process.execPath, ['--expose-gc', join(__dirname, 'steady.js')]);
  const { handles, heapMiB, residentMiB, sameVerdicts } = JSON.parse(stdout) as Steadiness;
  const what = `20 matrices in one process${sameVerdicts ? '' : ' (VERDICTS DIFFERED)'}`;
  return [
    {
      what: `${what}: sockets and listeners left, after the 1st and the 20th`,
      unit: '',
      values: handles,
      goal: 'none',
    },
    { what: `${what}: heap after the 1st and the 20th`, unit: 'MiB', values: heapMiB },
    { what: `${what}: resident after the 1st and the 20th`, unit: 'MiB', values: residentMiB },
  ];
}

async function relayRows(rounds: number, progress: (text: string) => void): Promise<Row[]> {
  const figures = await benchRelay(rounds, progress);
  const direct = figures.find((figure) => figure.way === 'direct');
  const names = {
    direct: 'direct',
    'tcp-relay': 'through a plain TCP relay',
    'tls-relay': 'through the attacker’s terminating relay',
  };
  const goals = { connectionsPerSecond: '>= 0.50 of direct', megabytesPerSecond: '>= 0.45 of direct' };
  return (['connectionsPerSecond', 'megabytesPerSecond'] as const).flatMap((measure) =>
    figures.map((figure) => ({
      what: `TLS ${names[figure.way]}`,
      unit: measure === 'connectionsPerSecond' ? 'connections/s' : 'MB/s',
      values: figure[measure],
      ...(figure.way === 'direct' ? {} : { ratio: pairedRatio(figure[measure], direct?.[measure] ?? []) }),
      ...(figure.way === 'tls-relay' ? { goal: goals[measure] } : {}),
    })),
  );
}

async function streamRows(rounds: number, progress: (text: string) => void): Promise<Row[]> {
  const { execMs, logsMegabytesPerSecond, forwardMegabytesPerSecond } = await benchStreams(rounds, progress);
  const { bare } = forwardMegabytesPerSecond;
  const forwarded = (way: 'spdy' | 'websocket', name: string): Row => ({
    what: `port-forward by ${name}, everything in one process`,
    unit: 'MB/s',
    values: forwardMegabytesPerSecond[way],
    ratio: pairedRatio(forwardMegabytesPerSecond[way], bare),
    goal: '>= 0.50 of the bare relay',
  });
  return [
    { what: 'exec of true, round trip (median of 50)', unit: 'ms', values: execMs },
    {
      what: 'logs -f of 100-byte lines, everything in one process',
      unit: 'MB/s',
      values: logsMegabytesPerSecond,
    },
    { what: 'a bare TLS relay, everything in one process', unit: 'MB/s', values: bare },
    forwarded('spdy', 'SPDY'),
    forwarded('websocket', 'WebSocket'),
  ];
}

const NODES = 500;

async function nodeRows(progress: (text: string) => void): Promise<Row[]> {
  progress(`${NODES} nodes join at once`);
  const { seconds, processorSeconds, residentMiB } = await benchNodes(NODES);
  const what = `${NODES} nodes join at once, each with a key, a certificate and a port of its own`;
  return [
    { what: `${what}: until all are Ready`, unit: 's', values: [seconds], goal: '< 30 s' },
    { what: `${what}: processor time, of two processes`, unit: 's', values: [processorSeconds] },
    {
      what: `${what}: resident, apiserver and controllers included`,
      unit: 'MiB',
      values: [residentMiB],
      goal: '< 600 MiB',
    },
  ];
}

/** The median of the rounds' own ratios: both sides of a pair had the same machine. */
function pairedRatio(values: readonly number[], against: readonly number[]): number {
  return median(values.map((value, index) => value / (against[index] ?? Number.NaN)));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function summed({ what, unit, values, ratio, goal }: Row) {
  return {
    what,
    unit,
    median: round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
    ...(ratio === undefined ? {} : { ratio: round(ratio) }),
    ...(goal === undefined ? {} : { goal }),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

function table(rows: readonly Row[]): string {
  const lines = rows
    .map(summed)
    .map((row) => [
      row.what,
      `${row.median} ${row.unit}`,
      `${row.min} … ${row.max}`,
      'ratio' in row ? `${row.ratio}` : '',
      row.goal ?? '',
    ]);
  const all = [['', 'median', 'min … max', 'ratio', 'goal'], ...lines];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((line) => (line[column] ?? '').length)));
  return `${all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}

void main();
