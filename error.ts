/**
 * The codes of every mistake midplane reports to its user. Bugs are not in this list: they crash with a stack.
 *
 * | code | means |
 * |---|---|
 * | USAGE | an argument, flag or id is wrong |
 * | FILE_UNREADABLE | a file that a flag names cannot be read |
 * | PEM_INVALID | a file or string that should hold PEM certificates or keys does not |
 * | CERTIFICATE_UNUSABLE | a certificate is expired, not yet valid, or does not belong to its key |
 * | CONFIG_INVALID | a configuration file or a combination of flags is refused |
 * | SCENARIO_INVALID | a scenario file is not one |
 * | RECORDING_INVALID | a recording is not one, was cut off, or is of a newer format |
 * | DATA_DIR_UNUSABLE | a data directory is in use, damaged, full, of a newer format, or cannot be written |
 * | LISTEN_FAILED | an address or port cannot be listened on |
 * | LEASE_LOST | a component may not go on: somebody else may have its lease |
 * | LAB_START_FAILED | the lab could not start |
 * | PLAY_FAILED | the play of a scenario threw, or claims what it has no evidence for |
 * | TIME_LIMIT | something awaited did not happen before its deadline |
 */
export type ErrorCode =
  | 'USAGE'
  | 'FILE_UNREADABLE'
  | 'PEM_INVALID'
  | 'CERTIFICATE_UNUSABLE'
  | 'CONFIG_INVALID'
  | 'SCENARIO_INVALID'
  | 'RECORDING_INVALID'
  | 'DATA_DIR_UNUSABLE'
  | 'LISTEN_FAILED'
  | 'LEASE_LOST'
  | 'LAB_START_FAILED'
  | 'PLAY_FAILED'
  | 'TIME_LIMIT';

/**
 * A mistake the user can mend. The message is lower case, without a full stop, names the thing and quotes the value;
 * the hint says what to do. Printed by the command line as `error: …` and `hint: …`.
 */
export class MidplaneError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MidplaneError';
    this.code = code;
    this.hint = options.hint;
  }
}
