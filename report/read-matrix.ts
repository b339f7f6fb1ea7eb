import type { InterceptionMatrix } from './outcome';
import { readDocument } from './read-document';
import { interceptionMatrixSchema } from './schema';

/** A document that `midplane matrix -o json` has written. Throws MidplaneError CONFIG_INVALID, which says what is wrong in it. */
export function readMatrix(text: string, file: string): InterceptionMatrix {
  return readDocument(text, file, {
    schema: interceptionMatrixSchema,
    name: 'interception matrix',
    hint: 'midplane matrix -o json=FILE writes one',
  });
}
