import { defenceSettings } from '../lab/defences';
import { mintLabPki } from '../lab/lab-pki';
import { startLab } from '../lab/run-matrix';

/** A process that holds a lab at rest and prints its resident memory in bytes. */
async function main(): Promise<void> {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence "none" is always run');
  await using _lab = await startLab(await mintLabPki(), settings);
  globalThis.gc?.();
  process.stdout.write(`${process.memoryUsage().rss}\n`);
}

void main();
