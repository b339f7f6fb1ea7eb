/** What a kubectl command came to. */
export interface CommandOutcome {
  readonly kind: 'outcome';
  readonly ok: boolean;
  /** kubectl's: the command's own for exec and attach, 1 for a failure, 130 after an abort. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** What the command wrote; kubectl's own complaint is in `words`. */
  readonly stderr: Buffer;
  /** What kubectl 1.33 prints to the user's stderr for a failure, without the line break; '' when it prints nothing. */
  readonly words: string;
}

/** 128 + SIGINT: what a shell sees of a command that was interrupted. */
const INTERRUPTED = 130;

const NOTHING = Buffer.alloc(0);

interface Output {
  readonly stdout?: Buffer;
  readonly stderr?: Buffer;
}

export function succeeded({ stdout = NOTHING, stderr = NOTHING }: Output = {}): CommandOutcome {
  return { kind: 'outcome', ok: true, exitCode: 0, stdout, stderr, words: '' };
}

export function failed(words: string, output: Output = {}, exitCode = 1): CommandOutcome {
  const { stdout = NOTHING, stderr = NOTHING } = output;
  return { kind: 'outcome', ok: false, exitCode, stdout, stderr, words };
}

export function interrupted(output: Output = {}): CommandOutcome {
  return failed('', output, INTERRUPTED);
}
