import { MidplaneError } from '../error';
import { misfit } from './fits-schema';

/** A document of ours that was saved. Throws MidplaneError CONFIG_INVALID, which says what is wrong in it. */
export function readDocument<Document>(
  text: string,
  file: string,
  { schema, name, hint }: { readonly schema: object; readonly name: string; readonly hint: string },
): Document {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MidplaneError('CONFIG_INVALID', `"${file}" is no JSON: ${why}`, { hint, cause });
  }
  const fault = misfit(schema, document);
  if (fault !== null)
    throw new MidplaneError('CONFIG_INVALID', `"${file}" is no ${name}: ${fault}`, { hint });
  return document as Document;
}
