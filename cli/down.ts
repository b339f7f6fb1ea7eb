import { setTimeout as pause } from 'node:timers/promises';
import { MidplaneError } from '../error';
import { isLabProcess, labState } from './lab-process';
import { exitCodes, type Terminal } from './terminal';
import { homeOf, showSummary, tidyUp } from './up';

const END_WITHIN_MS = 10_000;
const LOOK_MS = 50;

/** In the workstation of the lab in containers this is `midplane lab status`. */
export async function standingStatus(
  given: { readonly output: string },
  terminal: Terminal,
): Promise<number> {
  if ((terminal.labDescriptor ?? null) !== null) {
    const { status } = await import('./lab');
    return status({ output: given.output === 'json' ? 'json' : 'table' }, terminal);
  }
  const home = homeOf(terminal);
  const state = await labState(home);
  if (given.output === 'json') {
    const { kind, ...facts } = state;
    terminal.write(`${JSON.stringify({ state: kind, home: home.folder, ...facts }, null, 2)}\n`);
    return state.kind === 'running' ? exitCodes.ok : exitCodes.expectationFailed;
  }
  switch (state.kind) {
    case 'none':
      terminal.write('no lab is running: midplane up starts one\n');
      return exitCodes.expectationFailed;
    case 'dead':
      terminal.write(
        `the lab of ${state.record.startedAt} was killed: midplane down tidies up, midplane up starts another\n`,
      );
      return exitCodes.expectationFailed;
    case 'silent':
      terminal.write(`the lab runs as process ${state.record.pid} and does not answer: ${state.says}\n`);
      return exitCodes.expectationFailed;
    case 'running':
      await showSummary(home, state.record, terminal);
      return exitCodes.ok;
  }
}

/** Resolves when nothing of the lab is left. */
export async function down(given: { readonly force?: boolean }, terminal: Terminal): Promise<number> {
  const home = homeOf(terminal);
  const state = await labState(home);
  if (state.kind === 'none') {
    terminal.write('no lab is running\n');
    return exitCodes.ok;
  }
  const { pid } = state.record;
  if (state.kind !== 'dead') {
    process.kill(pid, 'SIGTERM');
    if (!(await gone(pid, END_WITHIN_MS))) {
      if (given.force !== true) {
        throw new MidplaneError(
          'TIME_LIMIT',
          `the lab, process ${pid}, did not end within ${END_WITHIN_MS / 1000} s`,
          {
            hint: 'midplane down --force kills it',
          },
        );
      }
      process.kill(pid, 'SIGKILL');
      await gone(pid, END_WITHIN_MS);
    }
  }
  // A lab that ended by itself has done this; one that was killed has not.
  await tidyUp(home, state.record.merged, terminal);
  terminal.write('the lab is down\n');
  return exitCodes.ok;
}

async function gone(pid: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (await isLabProcess(pid)) {
    if (performance.now() > until) return false;
    await pause(LOOK_MS);
  }
  return true;
}
