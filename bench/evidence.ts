import { matrixOf } from '../lab/run-matrix';
import { runScenario } from '../lab/run-scenario';
import { cellMaterial, evidenceFiles } from '../report/evidence-files';
import type { WireRecording } from '../report/wire-recording';
import { zip } from '../wire/zip';

/** What a bundle adds to a run: the run with everything recorded, the files and the archive made of it, and their size. */
export async function benchEvidence(rounds: number, progress: (text: string) => void) {
  const cell = { path: 'exec', defence: 'none', technique: 'relay' } as const;
  const plain: number[] = [];
  const recorded: number[] = [];
  const made: number[] = [];
  const folderKiB: number[] = [];
  const archiveKiB: number[] = [];
  // The first run in a process compiles what all others find compiled.
  await runScenario(cell);
  for (let round = 1; round <= rounds; round++) {
    progress(`evidence, round ${round}/${rounds}`);
    let began = performance.now();
    await runScenario(cell);
    plain.push(performance.now() - began);
    const wires: WireRecording[] = [];
    const startedAt = new Date();
    began = performance.now();
    const outcome = await runScenario({ ...cell, onWire: (wire) => wires.push(wire) });
    recorded.push(performance.now() - began);
    began = performance.now();
    const files = evidenceFiles(cellMaterial(outcome, matrixOf([outcome.cell], startedAt, {}), wires));
    const archive = zip(files);
    made.push(performance.now() - began);
    folderKiB.push(files.reduce((sum, { content }) => sum + content.length, 0) / 1024);
    archiveKiB.push(archive.length / 1024);
  }
  return [
    { what: 'one cell in a lab of its own', unit: 'ms', values: plain },
    {
      what: 'the same, with its network recorded',
      unit: 'ms',
      values: recorded,
      ratios: recorded.map((ms, index) => ms / (plain[index] ?? Number.NaN)),
    },
    { what: 'its evidence bundle made and packed', unit: 'ms', values: made },
    { what: 'its evidence bundle as a folder', unit: 'KiB', values: folderKiB },
    { what: 'its evidence bundle as an archive', unit: 'KiB', values: archiveKiB },
  ];
}
