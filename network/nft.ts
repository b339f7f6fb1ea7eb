import { type ExecFileException, execFile } from 'node:child_process';
import { MidplaneError } from '../error';

/**
 * The only place that changes this machine's own network: runs nft(8) and ip(8), of fixed names and without a shell.
 * What they are told is decided elsewhere (attacker/nft-rules.ts).
 */
export interface NetworkTools {
  /** Applies a script as one transaction, as `nft -f -` does: all of it or nothing. */
  nft(script: string): Promise<void>;
  /** `ip` with these arguments; what it prints. */
  ip(args: readonly string[]): Promise<string>;
}

/** A netlink exchange takes milliseconds; what takes longer hangs. */
const TIME_LIMIT_MS = 1500;

/** Throws MidplaneError LAB_START_FAILED with what the tool said. `commands` is for tests. */
export function networkTools(commands: { nft: string; ip: string } = { nft: 'nft', ip: 'ip' }): NetworkTools {
  return {
    nft: async (script) => {
      await run(commands.nft, ['-f', '-'], script);
    },
    ip: (args) => run(commands.ip, args, ''),
  };
}

function run(command: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' },
      (cause, printed, said) => {
        if (cause === null) resolve(printed);
        else reject(failure([command, ...args].join(' '), cause, said));
      },
    );
    // A tool that ends before it has read everything says why by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

function failure(commandLine: string, cause: ExecFileException, said: string): MidplaneError {
  const words = said.trim().replace(/\s*\n\s*/g, '; ');
  if (cause.code === 'ENOENT') {
    return new MidplaneError('LAB_START_FAILED', `${commandLine}: command not found`, {
      hint: 'install nftables and iproute2 on this machine',
      cause,
    });
  }
  if (cause.killed === true) {
    return new MidplaneError('LAB_START_FAILED', `${commandLine}: no answer within ${TIME_LIMIT_MS} ms`, {
      cause,
    });
  }
  const forbidden = /not permitted|permission denied/i.test(words);
  return new MidplaneError(
    'LAB_START_FAILED',
    `${commandLine}: ${words === '' ? `exit code ${cause.code}` : words}`,
    {
      ...(forbidden ? { hint: 'it needs root with the capability NET_ADMIN (cap_add: [NET_ADMIN])' } : {}),
      cause,
    },
  );
}
