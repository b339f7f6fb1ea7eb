import { runMatrix } from '../lab/run-matrix';

/** Twenty matrices in one process: what is open and how much memory is held after the first and after the last. */
export interface Steadiness {
  readonly handles: readonly [first: number, last: number];
  readonly heapMiB: readonly [first: number, last: number];
  readonly residentMiB: readonly [first: number, last: number];
  readonly sameVerdicts: boolean;
}

const RUNS = 20;

async function main(): Promise<void> {
  const first = await once();
  const before = measured();
  let sameVerdicts = true;
  for (let run = 2; run <= RUNS; run++) sameVerdicts = (await once()) === first && sameVerdicts;
  const after = measured();
  const result: Steadiness = {
    handles: [before.handles, after.handles],
    heapMiB: [before.heapMiB, after.heapMiB],
    residentMiB: [before.residentMiB, after.residentMiB],
    sameVerdicts,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function once(): Promise<string> {
  const { cells } = await runMatrix();
  return cells.map((cell) => cell.verdict).join(' ');
}

function measured(): { handles: number; heapMiB: number; residentMiB: number } {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().filter((it) => /TCP|TLS/.test(it)).length;
  return { handles, heapMiB: Math.round(heapUsed / 1048576), residentMiB: Math.round(rss / 1048576) };
}

void main();
