import { MidplaneError } from '../error';
import { misfit } from './fits-schema';
import type { InterceptionMatrix } from './outcome';
import { interceptionMatrixSchema } from './schema';

/** A document that `midplane matrix -o json` has written. Throws MidplaneError CONFIG_INVALID, which says what is wrong in it. */
export function readMatrix(text: string, file: string): InterceptionMatrix {
  const hint = 'midplane matrix -o json=FILE writes one';
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MidplaneError('CONFIG_INVALID', `"${file}" is no JSON: ${why}`, { hint, cause });
  }
  const fault = misfit(interceptionMatrixSchema, document);
  if (fault !== null)
    throw new MidplaneError('CONFIG_INVALID', `"${file}" is no interception matrix: ${fault}`, { hint });
  return document as InterceptionMatrix;
}
