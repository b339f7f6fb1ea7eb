import { MidplaneError } from '../error';
import { unknownId } from '../scenarios/unknown-id';

/** Test runners print the message of an error and nothing else: so the hint stands there as well. */
export function told(error: unknown): unknown {
  if (!(error instanceof MidplaneError) || error.hint === undefined) return error;
  const { code, message, hint } = error;
  return new MidplaneError(code, `${message}\nhint: ${hint}`, { hint, cause: error.cause });
}

export async function telling<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw told(error);
  }
}

/** A misspelt option would leave the lab as it is by itself, and a test could pass for that. Throws MidplaneError USAGE. */
export function refuseUnknown(options: object, known: readonly string[]): void {
  const strange = Object.keys(options).find((name) => !known.includes(name));
  if (strange !== undefined) throw unknownId('option', strange, known, 'docs/testing.md');
}
