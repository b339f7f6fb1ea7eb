import { type ClientFlags, clientFlags, readClientFlags } from '../client/client-flags';
import { parseComponentFlags, renderComponentHelp } from '../pflag';

/** The scheduler's command line. Source: cmd/kube-scheduler/app/options/options.go; the port is ports.go's in pkg/cluster. */
const PROGRAM = 'kube-scheduler';
const table = clientFlags(PROGRAM, 10259);

/** Throws MidplaneError USAGE. */
export function parseSchedulerFlags(argv: readonly string[]): ClientFlags {
  return readClientFlags(PROGRAM, parseComponentFlags(PROGRAM, table, argv));
}

export function renderSchedulerHelp(): string {
  return renderComponentHelp(PROGRAM, table);
}
