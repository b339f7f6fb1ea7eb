import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openKeys } from './keys';
import { runProgram } from './program';
import { openScreen } from './screen';
import { exitCodes, mannersOf } from './terminal';
import { runUserShell } from './user-shell';

/**
 * The edge: the only file that knows process.argv and process.env, decides the exit code and listens for signals.
 * Everything that was opened is closed before the process ends, which it then does by itself.
 */
const interruption = new AbortController();
const signalCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
let interruptedWith: number | null = null;

function endAt(signal: keyof typeof signalCodes): void {
  const code = signalCodes[signal];
  process.on(signal, () => {
    // Whoever presses Ctrl-C twice wants out, tidy or not; a terminal that goes tells several times.
    if (interruptedWith !== null && signal !== 'SIGHUP') process.exit(code);
    if (interruptedWith !== null) return;
    interruptedWith = code;
    interruption.abort(new Error(`ended by ${signal}`));
  });
}
endAt('SIGINT');
endAt('SIGTERM');

/** A reader that has seen enough (`midplane list | head`) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`error: cannot write to stdout: ${error.message}\n`);
  process.stderr.write('hint: is the disk full, or may you not write there? -o json=FILE writes to a file\n');
  process.exit(exitCodes.usage);
});
/** There is nobody left to tell. */
process.stderr.on('error', () => undefined);

const { env, stdin, stdout, stderr } = process;

void runProgram(process.argv.slice(2), {
  write: (said) => stdout.write(said),
  warn: (said) => stderr.write(said),
  signal: interruption.signal,
  readInput: async () => (process.stdin.isTTY ? '' : text(process.stdin)),
  width: stdout.isTTY ? stdout.columns || 100 : null,
  ...mannersOf(env, { stdout: stdout.isTTY === true, stderr: stderr.isTTY === true }),
  ...(stdin.isTTY && stdout.isTTY && env['TERM'] !== 'dumb'
    ? { openScreen: () => openScreen(stdin, stdout) }
    : {}),
  ...(stdin.isTTY && stdout.isTTY
    ? {
        openKeys: () => openKeys(stdin),
        openShell: (run) => {
          // Only now: what was started with nohup is to outlive its terminal.
          if (process.listenerCount('SIGHUP') === 0) endAt('SIGHUP');
          return runUserShell(env, run);
        },
      }
    : {}),
  labDescriptor: env['MIDPLANE_LAB'] || null,
  labHome:
    env['MIDPLANE_HOME'] || join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'midplane'),
  // As kubectl reads and writes it: the first of the list.
  userKubeconfig:
    env['KUBECONFIG']?.split(delimiter).find((it) => it !== '') ?? join(homedir(), '.kube', 'config'),
  kubectl: { named: env['MIDPLANE_KUBECTL'] || null, folders: (env['PATH'] ?? '').split(delimiter) },
}).then((code) => {
  process.exitCode = interruptedWith ?? code;
});
