import type { KubectlPlace } from './real-kubectl';

/** What a command may do to the world outside: said by main.ts, played by tests. */
export interface Terminal {
  /** Findings. */
  write(text: string): void;
  /** Errors, hints, logs, progress. */
  warn(text: string): void;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
  /** All of the standard input; '' when it is a terminal, where nobody would know what to type. */
  readonly readInput?: () => Promise<string>;
  readonly colour: boolean;
  /** Columns of the terminal; null when the output goes somewhere else. */
  readonly width: number | null;
  /** Whether to show progress while something runs. */
  readonly progress: boolean;
  /** Takes the whole terminal; absent where there is none, or where nobody sits before it. */
  readonly openScreen?: () => Screen;
  /** Takes the keys of the terminal; absent where nobody sits before it. */
  readonly openKeys?: () => Keys;
  /** The user's own shell, until it ends; absent where nobody sits before it. Throws MidplaneError USAGE without one. */
  readonly openShell?: (run: ShellRun) => Promise<void>;
  /** The running lab that the environment names (MIDPLANE_LAB): its descriptor's file. */
  readonly labDescriptor?: string | null;
  /** The folder in which `midplane up` leaves word of its lab (MIDPLANE_HOME). */
  readonly labHome?: string;
  /** The kubeconfig that the user's own kubectl would read. */
  readonly userKubeconfig?: string;
  /** Where the user's own kubectl is to be looked for. */
  readonly kubectl?: KubectlPlace;
}

/** Ended with the signal, however it ends by itself: that says nothing of the lab. */
export interface ShellRun {
  /** Beside the environment of the user's. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What is pressed on a terminal, until it is closed. */
export interface Keys {
  /**
   * The next key (a character, or a name such as `left`), or null when so much time is over. Null as time: waits for a key,
   * however long it takes.
   */
  next(ms: number | null, signal: AbortSignal): Promise<string | null>;
  close(): void;
}

/** A terminal that was taken whole, until it is closed. `resized` comes among its keys. */
export interface Screen extends Keys {
  size(): { readonly width: number; readonly height: number };
  /** As many lines as it is high. */
  show(lines: readonly string[]): void;
}

/** Exit codes of design §5, the same for every verb. */
export const exitCodes = {
  ok: 0,
  expectationFailed: 1,
  usage: 2,
  labCouldNotStart: 3,
  timeLimit: 4,
  /** As a shell counts Ctrl-C. */
  interrupted: 130,
} as const;

/**
 * Colour and progress, as the environment wants them. NO_COLOR outweighs everything (no-color.org); FORCE_COLOR asks for
 * colour wherever the output goes; a dumb terminal can move no cursor and shows escapes as they are.
 */
export function mannersOf(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: { readonly stdout: boolean; readonly stderr: boolean },
): Pick<Terminal, 'colour' | 'progress'> {
  const forced = (env['FORCE_COLOR'] ?? '0') !== '0';
  const dumb = env['TERM'] === 'dumb';
  return {
    colour: (env['NO_COLOR'] ?? '') === '' && (forced || (isTerminal.stdout && !dumb)),
    progress: isTerminal.stderr && !dumb && env['CI'] === undefined,
  };
}
