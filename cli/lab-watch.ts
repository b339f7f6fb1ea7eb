import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MidplaneError } from '../error';
import type { RemoteLab } from '../lab/remote-lab';
import { defenceIds } from '../scenarios/vocabulary';
import { componentLog } from './component-log';
import { parseId } from './ids';
import { type LabArguments, labFiles, openLab } from './lab';
import { exitCodes, type Terminal } from './terminal';

const RETRY_MS = 500;

/**
 * The workstation's own process. The first defence is written once: whoever switched a running lab to another one keeps
 * it when this container is restarted, and loses it when the lab is asked to begin with another.
 */
export async function watch(
  given: LabArguments & { readonly defence: string },
  terminal: Terminal,
): Promise<number> {
  const defence = parseId('defence', given.defence, defenceIds);
  const log = componentLog(terminal).child({ component: 'workstation' });
  const { signal } = terminal;
  await using lab = await openLab(given, terminal);
  const asked = join(lab.settings, 'asked-for');
  const before = await labFiles.read(asked).catch(() => null);
  if (before?.trim() !== defence) {
    log.info({ defence }, 'giving the lab its first defence');
    await lab.writeFlags(defence);
    await labFiles.replace(asked, `${defence}\n`);
  }
  while (!signal.aborted) {
    try {
      const { created } = await lab.populate(signal);
      await lab.whenReady({ signal });
      log.info({ created, defence: await lab.defence().catch(() => null) }, 'the lab is ready');
      await untilApiserverEnds(lab, signal);
      if (!signal.aborted) log.warn('the apiserver is gone: waiting until it is back');
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof MidplaneError)) throw error;
      log.warn({ problem: error.message }, 'the lab is not ready');
    }
    await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
  return exitCodes.ok;
}

/** Its storage is its memory: when a watch breaks off, everything that it was told may be lost. */
async function untilApiserverEnds(lab: RemoteLab, signal: AbortSignal): Promise<void> {
  for (;;) {
    const watching = lab.admin.watch('/api/v1/namespaces', () => undefined, { signal });
    const { kind } = await watching.ended;
    // In good order after the server's own time limit.
    if (kind !== 'ended' || signal.aborted) return;
    if (!(await lab.admin.request('GET', '/readyz', { signal })).ok) return;
    await lab.populate(signal);
  }
}
