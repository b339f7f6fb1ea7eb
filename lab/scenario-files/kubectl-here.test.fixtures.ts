import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { KubectlPlace } from '../../cli/real-kubectl';
import type { ScenarioFile } from './scenario-file';

/** As the command line looks for it. */
export const kubectlPlace: KubectlPlace = {
  named: process.env['MIDPLANE_KUBECTL'] || null,
  folders: (process.env['PATH'] ?? '').split(delimiter),
};

export const hasKubectl =
  kubectlPlace.named !== null || kubectlPlace.folders.some((folder) => existsSync(join(folder, 'kubectl')));

export function needsKubectl({ open, fixed }: ScenarioFile): boolean {
  return [open, fixed].some(
    (setup) => setup.kind === 'paths' && setup.user.some(({ kubectl }) => kubectl !== undefined),
  );
}
