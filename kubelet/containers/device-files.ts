import type { Randomness } from '../../randomness';
import type { FileSystem } from './file-system';
import { DISCARD, NOTHING, type Sink, type Source } from './pipe';
import { takeTurn } from './turns';

/** What one read of an endless device gives. */
const BLOCK_BYTES = 32 * 1024;

/** The devices that a container runtime puts into every container (OCI runtime-spec, config-linux.md, Default Devices). */
export function addDeviceFiles(files: FileSystem, random: Randomness): void {
  files.addDevice('/dev/null', { source: () => NOTHING, sink: () => DISCARD });
  files.addDevice('/dev/zero', {
    source: () => endless(() => Buffer.alloc(BLOCK_BYTES)),
    sink: () => DISCARD,
  });
  files.addDevice('/dev/full', { source: () => endless(() => Buffer.alloc(BLOCK_BYTES)), sink: () => FULL });
  for (const name of ['random', 'urandom']) {
    files.addDevice(`/dev/${name}`, {
      source: () => endless(() => random.bytes(BLOCK_BYTES)),
      sink: () => DISCARD,
    });
  }
}

function endless(make: () => Buffer): Source {
  return {
    read: async (signal) => {
      await takeTurn();
      return signal?.aborted ? null : make();
    },
    close: () => undefined,
  };
}

const FULL: Sink = {
  write: async () => false,
  end: () => undefined,
  problem: 'No space left on device',
};
