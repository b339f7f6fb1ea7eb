import { type ErrorCode, MidplaneError } from '../error';
import { isAsClaimed, type Played } from '../report/played';
import { exitCodes, type Terminal } from './terminal';

/** Prints a mistake as `error:` and `hint:` lines and returns its exit code. Anything else is a bug, and crashes. */
export function reportError(error: unknown, terminal: Terminal): number {
  if (terminal.signal.aborted) {
    terminal.warn('interrupted: everything is closed\n');
    return exitCodes.expectationFailed;
  }
  if (!(error instanceof MidplaneError)) throw error;
  terminal.warn(`error: ${error.message}\n`);
  if (error.hint !== undefined) terminal.warn(`hint: ${error.hint}\n`);
  return exitCodeOf(error.code);
}

/** Of several scenarios the highest. */
export function exitCodeOfAll(all: readonly Played[]): number {
  return Math.max(exitCodes.ok, ...all.map(exitCodeOfOne));
}

function exitCodeOfOne(played: Played): number {
  switch (played.kind) {
    case 'report':
      return isAsClaimed(played.report) ? exitCodes.ok : exitCodes.expectationFailed;
    case 'fault':
      return exitCodeOf(played.fault.code);
    case 'not-run':
      return exitCodes.ok;
  }
}

function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'USAGE':
    case 'FILE_UNREADABLE':
    case 'PEM_INVALID':
    case 'CERTIFICATE_UNUSABLE':
    case 'CONFIG_INVALID':
    case 'SCENARIO_INVALID':
    case 'RECORDING_INVALID':
      return exitCodes.usage;
    case 'DATA_DIR_UNUSABLE':
    case 'LISTEN_FAILED':
    case 'LAB_START_FAILED':
    case 'PLAY_FAILED':
      return exitCodes.labCouldNotStart;
    // As upstream's components then.
    case 'LEASE_LOST':
      return exitCodes.expectationFailed;
    case 'TIME_LIMIT':
      return exitCodes.timeLimit;
  }
}
