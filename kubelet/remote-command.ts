import { exitStatus, internalErrorStatus, readExitStatus } from '../wire/remote-command';
import { DISCARD } from './containers/pipe';
import type { SessionOutcome, SimulatedContainer } from './containers/simulated-container';
import { Terminal } from './containers/terminal';
import {
  openSession,
  readResizes,
  type SessionRequest,
  type SessionTransport,
} from './remote-command-streams';

/** Serves one exec or attach after the request was found good: upgrade, streams, command, status. */
export async function serveExec(
  container: SimulatedContainer,
  command: readonly string[],
  from: SessionRequest,
): Promise<void> {
  const transport = await openSession(from);
  if (transport === null) return;
  const terminal = from.asked.tty ? new Terminal(transport.stdout ?? DISCARD) : null;
  if (terminal !== null) followSize(transport, (size) => terminal.resize(size));
  const { stdin, stdout, stderr, signal } = transport;
  const outcome = await container.exec(command, { stdin, stdout, stderr, terminal, signal });
  await transport.finish(statusOf(outcome, 'error executing command in container', transport.statusAsJson));
}

export async function serveAttach(container: SimulatedContainer, from: SessionRequest): Promise<void> {
  const transport = await openSession(from);
  if (transport === null) return;
  followSize(transport, (size) => container.resizeMain(size));
  const { stdin, stdout, stderr, signal } = transport;
  const outcome = await container.attach({ stdin, stdout, stderr, terminal: null, signal });
  await transport.finish(statusOf(outcome, 'error attaching to container', transport.statusAsJson));
}

function followSize(
  { resizes, signal }: SessionTransport,
  onSize: (size: { width: number; height: number }) => void,
): void {
  if (resizes !== null) void readResizes(resizes, signal, onSize);
}

/** What goes on the error stream: a Status from v4 on, before that a text, or nothing for success. */
function statusOf(outcome: SessionOutcome, prefix: string, asJson: boolean): string {
  const json =
    outcome.kind === 'exited' ? exitStatus(outcome.code) : internalErrorStatus(`${prefix}: ${outcome.text}`);
  if (asJson) return json;
  const read = readExitStatus(json);
  if (read.kind === 'failed') return read.message;
  return read.code === 0 ? '' : `command terminated with non-zero exit code: exit status ${read.code}`;
}
