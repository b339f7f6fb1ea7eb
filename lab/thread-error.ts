import { MidplaneError } from '../error';

/** What is left of an error on its way between threads, where it loses its class. */
export interface ThreadError {
  readonly code: MidplaneError['code'] | null;
  /** Of a bug its stack. */
  readonly text: string;
  readonly hint: string | undefined;
}

export function describeError(error: unknown): ThreadError {
  if (error instanceof MidplaneError) return { code: error.code, text: error.message, hint: error.hint };
  return {
    code: null,
    text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: undefined,
  };
}

export function errorOf({ code, text, hint }: ThreadError): Error {
  return code === null ? new Error(text) : new MidplaneError(code, text, hint === undefined ? {} : { hint });
}
