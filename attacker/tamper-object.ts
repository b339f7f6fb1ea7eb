import { fieldsIn, formatFields, parseFields } from './fields';

/**
 * A Kubernetes object on its way to the apiserver, with an annotation of the attacker's, which every kind can carry and
 * which is stored without anybody having to know it. Null for what is no object in JSON, and for what is nested too deep
 * to be one: that is passed on as it is.
 */
export function tamperObject(body: Buffer, text: string): Buffer | null {
  const object = parseFields(body.toString('utf8'));
  if (object === null) return null;
  const metadata = fieldsIn(object, 'metadata');
  const annotations = { ...fieldsIn(metadata, 'annotations'), injected: text };
  const changed = formatFields({ ...object, metadata: { ...metadata, annotations } });
  return changed === null ? null : Buffer.from(changed);
}
