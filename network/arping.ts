import { spawn } from 'node:child_process';
import { MidplaneError } from '../error';

/** What a neighbour is told again and again: that `claimed` is to be found at this machine's hardware address. */
export interface ArpClaim {
  readonly interface: string;
  readonly claimed: string;
  readonly told: string;
}

export interface ArpAnnouncer {
  /** Kept when it ends without being asked to. */
  readonly failed: Promise<MidplaneError>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Runs arping(8), which sends a request a second in the name of `claimed`: whoever knows the sender takes over its new
 * hardware address, and the one asked for does so even if it never heard of it (RFC 826). `command` is for tests.
 */
export function announceArp(claim: ArpClaim, command = 'arping'): ArpAnnouncer {
  const args = ['-q', '-U', '-I', claim.interface, '-s', claim.claimed, claim.told];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  let asked = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-1000);
  });
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const failed = new Promise<MidplaneError>((resolve) => {
    const fail = (why: string, cause?: Error): void => {
      end();
      if (!asked) resolve(failure([command, ...args].join(' '), why, cause));
    };
    child.on('error', (cause: NodeJS.ErrnoException) =>
      fail(cause.code === 'ENOENT' ? 'command not found' : cause.message, cause),
    );
    child.on('close', (code, signal) =>
      fail(said.trim().replace(/\s*\n\s*/g, '; ') || `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
  return {
    failed,
    close() {
      asked = true;
      child.kill('SIGKILL');
      return ended;
    },
  };
}

function failure(commandLine: string, why: string, cause: Error | undefined): MidplaneError {
  return new MidplaneError('LAB_START_FAILED', `${commandLine}: ${why}`, {
    hint: 'forged ARP needs iputils-arping, the capability NET_RAW and the sysctl net.ipv4.ip_nonlocal_bind=1',
    ...(cause === undefined ? {} : { cause }),
  });
}
