import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runMatrix } from '../lab/run-matrix';
import { techniquesRun } from '../scenarios/vocabulary';
import { benchApi } from './api';
import { benchEvidence } from './evidence';
import { benchNodes } from './nodes';
import { benchRelay, type RelayFigure, type Way } from './relay';
import { benchReplay } from './replay';
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
  /** Round by round against the row of the same kind that it is compared with. */
  readonly ratios?: readonly number[];
  readonly goal?: string;
}

const run = promisify(execFile);
const cli = join(__dirname, '..', 'cli', 'main.js');

async function main(): Promise<void> {
  const rounds = Number(flag('--rounds') ?? 5);
  const progress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  };
  const sections: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
    matrix: () => matrixRows(rounds, progress),
    memory: async () => [await memoryAtRest(rounds), ...(await steadiness(progress))],
    relay: () => relayRows(rounds, progress),
    api: () => benchApi(rounds, progress),
    streams: () => streamRows(rounds, progress),
    nodes: () => nodeRows(progress),
    evidence: () => benchEvidence(rounds, progress),
    replay: () => benchReplay(rounds, progress),
  };
  const wanted = flag('--only')?.split(',') ?? Object.keys(sections);
  const rows: Row[] = [];
  for (const name of wanted) {
    const section = sections[name];
    if (section === undefined) {
      throw new Error(`--only: no section "${name}"; there are ${Object.keys(sections).join(', ')}`);
    }
    rows.push(...(await section()));
  }
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

async function matrixRows(rounds: number, progress: (text: string) => void): Promise<Row[]> {
  const inOrder = [];
  for (const [what, args, goal] of [
    ['npm start: process start to printed matrix', ['matrix'], '< 3 s'],
    ['matrix --all: every technique of this release', ['matrix', '--all'], '< 10 s'],
    ['matrix --full: every path, every defence, every technique', ['matrix', '--full'], '< 20 s'],
  ] as const) {
    inOrder.push(await wholeProcess(what, [...args], rounds, progress, goal));
  }
  return [...inOrder, await cellsPerSecond(rounds, progress)];
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

const WAYS: Readonly<Record<Way, string>> = {
  direct: 'direct',
  'tcp-relay': 'through a plain TCP relay',
  'tls-relay': 'through the attacker’s bare TLS relay',
  attacker: 'through the attacker, decoded and kept',
  haproxy: 'through HAProxy as a TLS bridge',
  mitmproxy: 'through mitmproxy',
};

const MEASURES: Readonly<Record<RelayFigure['measure'], string>> = {
  connections: 'TLS connections with one request each',
  requests: 'requests on connections that stay',
  raw: 'bytes without a protocol',
  http: 'one answer of HTTP',
  websocket: 'stdout on WebSocket channels',
  spdy: 'stdout on SPDY',
};

/** Against whom a way is measured, and what for. */
function comparedTo({ way, measure }: RelayFigure): readonly { readonly way: Way; readonly goal: string }[] {
  if (way === 'tls-relay' && measure === 'connections') {
    return [
      { way: 'direct', goal: '>= 0.50 of direct' },
      { way: 'haproxy', goal: '>= 0.95 of HAProxy' },
    ];
  }
  if (way === 'tls-relay' && measure === 'raw') return [{ way: 'direct', goal: '>= 0.45 of direct' }];
  if (way !== 'attacker') return [];
  switch (measure) {
    case 'connections':
      return [
        { way: 'haproxy', goal: '>= 0.95 of HAProxy' },
        { way: 'mitmproxy', goal: '>= 2.5 of mitmproxy' },
      ];
    case 'requests':
      return [{ way: 'mitmproxy', goal: '>= 5 of mitmproxy' }];
    default:
      return [{ way: 'tls-relay', goal: '>= 0.80 of the bare relay' }];
  }
}

async function relayRows(rounds: number, progress: (text: string) => void): Promise<Row[]> {
  const { figures, others } = await benchRelay(rounds, progress);
  process.stdout.write(`${others.join('\n')}\n`);
  const valuesOf = (way: Way, measure: RelayFigure['measure']): readonly number[] | undefined =>
    figures.find((it) => it.way === way && it.measure === measure)?.values;
  return figures.flatMap((figure): Row[] => {
    const { way, measure, unit, values } = figure;
    const row = { what: `${MEASURES[measure]}: ${WAYS[way]}`, unit, values };
    const compared = comparedTo(figure).flatMap((it): Row[] => {
      const against = valuesOf(it.way, measure);
      return against === undefined ? [] : [{ ...row, ratios: ratiosOf(values, against), goal: it.goal }];
    });
    return compared.length === 0 ? [row] : compared;
  });
}

async function streamRows(rounds: number, progress: (text: string) => void): Promise<Row[]> {
  const { execMs, logsMegabytesPerSecond, forwardMegabytesPerSecond } = await benchStreams(rounds, progress);
  const { bare } = forwardMegabytesPerSecond;
  const forwarded = (way: 'spdy' | 'websocket', name: string): Row => ({
    what: `port-forward by ${name}, everything in one process`,
    unit: 'MB/s',
    values: forwardMegabytesPerSecond[way],
    ratios: ratiosOf(forwardMegabytesPerSecond[way], bare),
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

/** The rounds' own ratios: both sides of a pair had the same machine. */
function ratiosOf(values: readonly number[], against: readonly number[]): number[] {
  return values.map((value, index) => value / (against[index] ?? Number.NaN));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function summed({ what, unit, values, ratios, goal }: Row) {
  return {
    what,
    unit,
    median: round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
    ...(ratios === undefined
      ? {}
      : {
          ratio: round(median(ratios)),
          ratioMin: round(Math.min(...ratios)),
          ratioMax: round(Math.max(...ratios)),
        }),
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
      row.ratio === undefined ? '' : `${row.ratio} (${row.ratioMin} … ${row.ratioMax})`,
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
